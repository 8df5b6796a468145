/// What happened in a span of time, by the kernel's counters: the totals, of which log lines are but a limited part.
package struct StatisticsRecord: Hashable, Sendable {
    /// Its end, in milliseconds since 1970.
    package var time: Int64
    /// How long it is, in milliseconds.
    package var span: Int64
    /// By how much each counter has grown; those that have not are left out.
    package var counters: [String: CounterAmount]
    /// Bans in force at its end.
    package var bans: Int
    /// Packets of which the kernel told.
    package var logged: UInt64
    /// Packets of which it could not tell, or that could not be written down.
    package var lost: UInt64
    /// The daemon's own time on the processor, in milliseconds.
    package var processorTime: UInt64
    /// The daemon's memory at its end, in KiB.
    package var residentKiB: UInt64

    package init(
        time: Int64, span: Int64, counters: [String: CounterAmount] = [:], bans: Int = 0, logged: UInt64 = 0,
        lost: UInt64 = 0, processorTime: UInt64 = 0, residentKiB: UInt64 = 0
    ) {
        self.time = time
        self.span = span
        self.counters = counters
        self.bans = bans
        self.logged = logged
        self.lost = lost
        self.processorTime = processorTime
        self.residentKiB = residentKiB
    }
}
