import Firewall
import Glibc
import NFTables
import Synchronization

/// The threat lists: read from the cache, checked, and filled into sets of the kernel by a thread of its own, which the service's thread then lets the rules ask.
final class FeedDesk: Sendable {
    /// What the lists depend on besides themselves.
    struct Request: Hashable, Sendable {
        var sources: [FeedSource]
        var whitelist: [ListEntry]
        /// The number that the new sets get.
        var number: Int
        /// Seconds since 1970.
        var now: Int64
    }

    enum Need {
        case always
        /// Only when a list is another than the one that was read last.
        case changed
    }

    /// What came of a request.
    struct Outcome: Sendable {
        var request: Request
        var reading: FeedReading
        /// Filled, and asked by nobody yet; `nil` where ``failure`` says why.
        var generation: FeedGeneration?
        var failure: NFTablesError?
        /// Milliseconds that reading and filling took.
        var duration: Int64 = 0
    }

    /// Milliseconds between two looks at the cache.
    static let pause: Int64 = 5_000
    /// Milliseconds until what failed is tried again; longer every time, up to the second.
    private static let retry: ClosedRange<Int64> = 5_000...600_000

    private struct State {
        var waiting: Request?
        var isBusy = false
        var hasEnded = false
        var outcome: Outcome?
        /// Of what was read last, or is being read.
        var stamp: FeedStamp?
        /// Of the newest request.
        var newest = 0
        /// How often in a row it failed, and when it is tried again, by the steady clock.
        var failures = 0
        var retryAt = Int64.max
        /// What counts.
        var reading = FeedReading()
    }

    private let kernel: NFTables
    private let folder: String
    private let wake: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter wake: is called on another thread when there is something to take.
    init(_ kernel: NFTables, folder: String, wake: @escaping @Sendable () -> Void) {
        self.kernel = kernel
        self.folder = folder
        self.wake = wake
    }

    /// Entries that count.
    var entries: Int { state.withLock { $0.reading.feeds.feeds.reduce(0) { $0 + $1.list.count } } }

    /// The feeds that list an address.
    func names(listing address: IPAddress) -> String? {
        let names = state.withLock { $0.reading.feeds }.listing(address).map(\.name)
        return names.isEmpty ? nil : names.joined(separator: ", ")
    }

    // MARK: Loading

    /// Reads the lists and fills them into the kernel, beside all else.
    func load(
        _ request: @autoclosure () -> Request, if need: Need, sources: [FeedSource], whitelist: [ListEntry], now: Int64
    ) {
        let steady = ServiceClock.steady
        let stamp = FeedStamp(folder, sources, whitelist, now: now)
        let isNeeded = state.withLock { state in
            guard need == .always || stamp != state.stamp || state.retryAt <= steady else { return false }
            state.stamp = stamp
            state.retryAt = .max
            return true
        }
        guard isNeeded else { return }
        let request = request()
        let begins = state.withLock { state in
            state.waiting = request
            state.newest = request.number
            guard !state.isBusy, !state.hasEnded else { return false }
            state.isBusy = true
            return true
        }
        if begins { begin() }
    }

    /// What was filled since the last time.
    func take() -> Outcome? {
        state.withLock { state in
            defer { state.outcome = nil }
            return state.outcome
        }
    }

    /// What was taken counts now.
    func count(_ reading: FeedReading) {
        state.withLock {
            $0.reading = reading
            $0.failures = 0
        }
    }

    /// It has to be read again although nothing changed, after a while.
    func retryLater() {
        state.withLock {
            let pause = min(Self.retry.lowerBound << Int64(min($0.failures, 16)), Self.retry.upperBound)
            $0.failures += 1
            $0.retryAt = ServiceClock.steady + pause
        }
    }

    /// Whether nothing was asked for since: sets that went with our table are no failure then.
    func isNewest(_ request: Request) -> Bool { state.withLock { $0.newest == request.number } }

    func end() {
        state.withLock {
            $0.hasEnded = true
            $0.waiting = nil
        }
    }

    private var hasEnded: Bool { state.withLock { $0.hasEnded } }

    private func begin() {
        let box = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<FeedDesk>.fromOpaque(context).takeRetainedValue().work()
                return nil
            }, box.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            box.release()
            state.withLock { $0.isBusy = false }
        }
    }

    private func work() {
        while let request = next() {
            let begin = ServiceClock.steady
            var outcome = run(request)
            outcome.duration = ServiceClock.steady - begin
            // What was read and never taken gives its sets back.
            let stale = state.withLock { state in
                let stale = state.outcome
                state.outcome = outcome
                return stale
            }
            if let sets = stale?.generation { discard(sets) }
            wake()
        }
    }

    private func next() -> Request? {
        state.withLock { state in
            defer { state.waiting = nil }
            if state.waiting == nil { state.isBusy = false }
            return state.waiting
        }
    }

    private func run(_ request: Request) -> Outcome {
        let reading = FeedReading(
            request.sources, folder: folder, whitelist: request.whitelist, previous: state.withLock { $0.reading },
            now: request.now)
        let lists = reading.feeds.unions
        let generation = FeedGeneration(number: request.number, lists: lists)
        do throws(NFTablesError) {
            if !generation.counts.isEmpty {
                try kernel.commit(RulesetPlan.prepareFeeds(generation))
                try fill(generation, lists)
            }
            return Outcome(request: request, reading: reading, generation: generation)
        } catch {
            discard(generation)
            return Outcome(request: request, reading: reading, failure: error)
        }
    }

    private func fill(
        _ generation: FeedGeneration, _ lists: [(direction: FirewallRule.Direction, list: FeedList)]
    ) throws(NFTablesError) {
        let loader = FeedLoader(kernel)
        let goesOn: (Int) -> Bool = { _ in !self.hasEnded }
        for (direction, list) in lists {
            func set(_ kind: FeedSetKey.Kind) -> NamedSet { generation.set(FeedSetKey(direction, kind)) }
            if !list.hosts4.isEmpty { try loader.load(list.hosts4, into: set(.hosts4), goesOn: goesOn) }
            if !list.ranges4.isEmpty { try loader.load(list.ranges4, into: set(.ranges4), goesOn: goesOn) }
            if !list.hosts6.isEmpty { try loader.load(list.hosts6, into: set(.hosts6), goesOn: goesOn) }
            if !list.ranges6.isEmpty { try loader.load(list.ranges6, into: set(.ranges6), goesOn: goesOn) }
        }
    }

    /// Sets that nobody asks; those that are not there are no error.
    private func discard(_ generation: FeedGeneration) {
        for set in generation.sets { try? kernel.commit(KernelTransaction([.deleteSet(set.name)])) }
    }

    // MARK: What is told of them

    func rows(_ sources: [FeedSource], _ now: BanTime) -> [FeedRow] {
        let reading = state.withLock { $0.reading }
        return sources.map {
            FeedRow($0, reading.facts[$0.name], FeedCache.meta($0, in: folder), now: now.wall / 1_000)
        }
    }

    func problems(_ sources: [FeedSource], _ now: BanTime) -> [String] {
        rows(sources, now).compactMap { row in
            switch row.state {
            case .ok, .off: nil
            case .missing: "The feed \(row.name) was never fetched; is conclave-feeds running?"
            case .failing: "The feed \(row.name) could not be fetched: \(row.detail)"
            case .held:
                "The feed \(row.name) waits for a yes: \(row.detail); conclave-firewall threats accept \(row.name)"
            case .expired: "The feed \(row.name) is too old to count: \(row.detail)"
            }
        }
    }
}
