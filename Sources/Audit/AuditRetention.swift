/// How much of the audit log is kept.
package struct AuditRetention: Hashable, Sendable {
    /// Records.
    package var records: UInt64
    /// Seconds for which servers have run since. Nobody can set that clock, so a jump of the time drops nothing.
    package var age: UInt64

    /// A million records (some 200 MB), and a year.
    package init(records: UInt64 = 1_000_000, age: UInt64 = 365 * 86_400) {
        self.records = records
        self.age = age
    }

    /// Records that are dropped at once, so that it takes no time that anybody would notice.
    package static let step: UInt64 = 10_000

    /// The last record that is to be dropped now.
    /// - Parameters:
    ///   - first: the first record that is kept.
    ///   - last: the last.
    ///   - expired: the largest checkpoint that is too old (see ``isExpired(_:at:)``); 0 for none.
    /// - Returns: `nil` if there is nothing, or not enough to be worth a cut. The last record is always kept.
    package func cut(first: UInt64, last: UInt64, expired: UInt64) -> UInt64? {
        guard last > first else { return nil }
        let count = last - first + 1
        // A little more than the most, so that there is not a cut for each record.
        let slack = min(Self.step, max(1, records / 16))
        let excess = count > records && count - records >= slack ? last - records : 0
        let through = min(max(excess, expired), last - 1, first - 1 + Self.step)
        return through >= first ? through : nil
    }

    /// - Parameters:
    ///   - running: when the checkpoint was made, by ``AuditStatement/running``.
    ///   - now: the same now.
    package func isExpired(_ running: UInt64, at now: UInt64) -> Bool {
        now > running && now - running > age
    }
}
