import ChatServer

/// A disk as the server's writer sees it: what loops hand in becomes durable later, a batch at once. A crash keeps what was durable, and of
/// what was not a part from the front, tick by tick.
final class ModelDisk {
    /// What one tick of a loop has to store.
    struct Unit {
        var number: UInt64
        var loop: Int
        var writes: [StoreWrite]
        /// When it was handed in, by a clock that nobody sets.
        var time: UInt64
    }

    /// What a restart finds.
    private(set) var durable = ServerRecords()
    private var queue: [Unit] = []
    private var batch: [Unit] = []
    private var lastNumber: UInt64 = 0
    private let fault: Fault?
    /// Before the latest batch.
    private var before = ServerRecords()

    init(fault: Fault?) {
        self.fault = fault
    }

    private(set) var readCount = 0

    func find(_ load: StoreLoad) -> StoreLoaded {
        readCount += 1
        return durable.find(load)
    }

    var isWriting: Bool { !batch.isEmpty }
    var isIdle: Bool { batch.isEmpty && queue.isEmpty }

    func submit(_ writes: [StoreWrite], from loop: Int, at time: UInt64) -> UInt64 {
        lastNumber += 1
        queue.append(Unit(number: lastNumber, loop: loop, writes: writes, time: time))
        return lastNumber
    }

    /// Begins to write all that waits.
    func begin() {
        (batch, queue) = (queue, [])
    }

    /// What was being written is durable.
    func finish() -> [Unit] {
        if fault == .losesStored { before = durable }
        defer { batch = [] }
        for unit in batch { durable.carryOut(unit.writes) }
        return batch
    }

    /// - Parameter count: of how many ticks, of as many as are not durable, all is kept.
    /// - Returns: those.
    func crash(keeping count: (Int) -> Int) -> [Unit] {
        let pending = batch + queue
        var kept = Array(pending.prefix(count(pending.count)))
        (batch, queue) = ([], [])
        if fault == .losesStored {
            durable = before
            return []
        }
        if fault == .cutsTicks, let last = kept.indices.last {
            kept[last].writes.removeLast(kept[last].writes.count / 2)
        }
        for unit in kept { durable.carryOut(unit.writes) }
        return kept
    }
}
