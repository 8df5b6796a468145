import Firewall

/// What the counters say over time.
struct StatisticsDesk {
    private(set) var lost: UInt64 = 0
    private(set) var logged: UInt64 = 0
    /// Since when the counters count, as far as is known; milliseconds since 1970.
    private(set) var since: Int64?

    private var growth = CounterGrowth()
    private var last: (time: BanTime, counters: [String: CounterAmount])?
    private var lastProcessorTime: UInt64 = 0
    private var lastLost: UInt64 = 0
    private var lastLogged: UInt64 = 0

    mutating func note(logged more: Int, lost: UInt64) {
        logged &+= UInt64(more)
        self.lost &+= lost
    }

    /// The table was made anew.
    mutating func countersBeganAnew() {
        since = nil
        last = nil
    }

    func wait(_ now: BanTime, seconds: Int) -> Int64 {
        guard let last else { return 0 }
        return max(0, last.time.steady + Int64(seconds) * 1_000 - now.steady)
    }

    func isDue(_ now: BanTime, seconds: Int) -> Bool { wait(now, seconds: seconds) == 0 }

    /// Packets a second since the last record.
    func rate(of name: String, _ amount: CounterAmount, _ now: BanTime) -> Double {
        guard let last, let before = last.counters[name], amount.packets >= before.packets,
            now.steady > last.time.steady
        else { return 0 }
        return Double(amount.packets - before.packets) * 1_000 / Double(now.steady - last.time.steady)
    }

    /// The record of the time since the last one; `nil` the first time.
    mutating func record(_ counters: [String: CounterAmount], bans: Int, dropped: UInt64, _ now: BanTime)
        -> StatisticsRecord?
    {
        let grown = growth.growth(to: counters)
        let time = ProcessFacts.processorTime
        let lost = lost &+ dropped
        defer {
            last = (now, counters)
            lastProcessorTime = time
            lastLost = lost
            lastLogged = logged
            since = since ?? now.wall
        }
        guard let last else { return nil }
        return StatisticsRecord(
            time: now.wall, span: now.steady - last.time.steady, counters: grown, bans: bans,
            logged: logged &- lastLogged,
            lost: lost &- min(lost, lastLost), processorTime: (time &- lastProcessorTime) / 1_000,
            residentKiB: UInt64(ProcessFacts.residentBytes / 1_024))
    }
}

extension Engine {
    /// Writes down what was counted.
    func record(_ now: BanTime) {
        let counters = (try? enforcement.counters()) ?? [:]
        let record = statistics.record(
            counters, bans: bans.active(now).count, dropped: store.status.dropped, now)
        if let record { store.append(record) }
    }
}
