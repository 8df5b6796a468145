import Dispatch
import Firewall
import Synchronization

/// A change that waits to be written.
enum StoreChange: Sendable {
    case statistics(StatisticsRecord)
    case ban(Ban)
    case lift([IPPrefix], Int64)
    case offenders([BanState.Offender])
    case threats(ThreatList)
}

/// What a feed lists now, or that there is no such feed any more.
struct ThreatList: Sendable {
    let feed: String
    var isRemoval = false
    /// Seconds since 1970.
    let time: Int64
    let entries: @Sendable () -> AnyIterator<ClosedRange<IPAddress>>

    init(feed: String, time: Int64, entries: @escaping @Sendable () -> AnyIterator<ClosedRange<IPAddress>>) {
        self.feed = feed
        self.time = time
        self.entries = entries
    }
}

/// A packet that waits to be written.
struct WaitingPacket: Sendable {
    let packet: LoggedPacket
    let weight: Int
}

/// Somebody who waits for the writer.
struct StoreBarrier: Sendable {
    enum Kind: Sendable { case flush, trim }

    let kind: Kind
    let done = DispatchSemaphore(value: 0)
}

/// What waits to be written: bounded, and filled by any thread without waiting.
final class StoreInbox: Sendable {
    struct Batch: Sendable {
        var packets: [WaitingPacket] = []
        var changes: [StoreChange] = []
        var barriers: [StoreBarrier] = []
        var isClosing = false

        var isEmpty: Bool { packets.isEmpty && changes.isEmpty }
    }

    private struct State {
        var waiting = Batch()
        var limits: StoreLimits
        var status = StoreStatus()
        /// The second, by the steady clock, in which ``taken`` packets were taken.
        var second: Int64 = 0
        var taken = 0
    }

    private let state: Mutex<State>
    private let wakeup: Wakeup

    /// Packets that make a transaction before its second is over.
    static let fullBatch = 500
    /// Changes other than packets that wait; a program that makes more without end is wrong.
    static let maximumChanges = 100_000

    init(limits: StoreLimits, wakeup: Wakeup) {
        state = Mutex(State(limits: limits))
        self.wakeup = wakeup
    }

    func append(_ packets: [LoggedPacket], weight: Int) {
        guard !packets.isEmpty else { return }
        let second = steadyMilliseconds() / 1_000
        let wakes = state.withLock { state in
            if second != state.second {
                state.second = second
                state.taken = 0
            }
            let before = state.waiting.packets.count
            let room =
                state.waiting.isClosing
                ? 0 : min(state.limits.waitingPackets - before, state.limits.packetsPerSecond - state.taken)
            let taken = packets.prefix(max(0, room))
            state.waiting.packets += taken.lazy.map { WaitingPacket(packet: $0, weight: weight) }
            state.taken += taken.count
            state.status.dropped += UInt64(packets.count - taken.count)
            let now = state.waiting.packets.count
            return before == 0 && now > 0 || before < Self.fullBatch && now >= Self.fullBatch
        }
        if wakes { wakeup.signal() }
    }

    func append(_ change: StoreChange) {
        state.withLock { state in
            guard !state.waiting.isClosing, state.waiting.changes.count < Self.maximumChanges else { return }
            state.waiting.changes.append(change)
        }
        wakeup.signal()
    }

    func barrier(_ kind: StoreBarrier.Kind) {
        let barrier = StoreBarrier(kind: kind)
        let waits = state.withLock { state in
            guard !state.waiting.isClosing else { return false }
            state.waiting.barriers.append(barrier)
            return true
        }
        guard waits else { return }
        wakeup.signal()
        barrier.done.wait()
    }

    func close() {
        state.withLock { $0.waiting.isClosing = true }
        wakeup.signal()
    }

    var limits: StoreLimits { state.withLock { $0.limits } }

    func setLimits(_ limits: StoreLimits) {
        state.withLock { $0.limits = limits }
        wakeup.signal()
    }

    var status: StoreStatus {
        state.withLock { state in
            var status = state.status
            status.waiting = state.waiting.packets.count + state.waiting.changes.count
            return status
        }
    }

    // MARK: For the writer

    func update(_ body: @Sendable (inout StoreStatus) -> Void) { state.withLock { body(&$0.status) } }

    /// Whether something waits, and whether it should be written at once.
    var need: (isSome: Bool, isUrgent: Bool, isClosing: Bool) {
        state.withLock { state in
            let waiting = state.waiting
            return (
                !waiting.isEmpty || !waiting.barriers.isEmpty,
                waiting.packets.count >= Self.fullBatch || !waiting.barriers.isEmpty || waiting.isClosing,
                waiting.isClosing
            )
        }
    }

    func take() -> Batch {
        state.withLock { state in
            let batch = state.waiting
            state.waiting = Batch()
            state.waiting.isClosing = batch.isClosing
            return batch
        }
    }
}
