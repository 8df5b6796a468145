package import Chat

/// Looks through an audit log for what was edited, deleted, moved, cut off or rewritten.
///
/// It takes the records in their order, and each stored checkpoint after the record that it is about. What somebody can do who has the
/// database and not the key is found by the stored checkpoints, but for the records since the last one; what somebody does who has the key too is
/// found with one checkpoint that was kept elsewhere, up to that.
package struct AuditVerifier {
    private let keys: [AuditPublicKey]?
    /// Those that are still to be compared, by size.
    private var given: [AuditStatement]
    private let allGiven: [AuditStatement]
    /// The largest given one that fits.
    private var goodGiven: UInt64 = 0
    private var cut: AuditStatement?

    private var count: UInt64 = 0
    private var first: UInt64?
    private var last: UInt64 = 0
    private var head = AuditHash.start
    private var times: ClosedRange<Timestamp>?
    private var checkpoints = 0
    private var latest: AuditStatement?
    /// The largest checkpoint that fits.
    private var good: UInt64 = 0
    /// Of the checkpoints that count more than there is: the largest.
    private var ahead: AuditStatement?
    private var findings: [AuditFinding] = []
    private var findingCount = 0

    /// Findings that are kept; more are counted.
    private static let maximumFindings = 100

    /// - Parameters:
    ///   - keys: the public keys that may have signed; `nil`: signatures are not looked at.
    ///   - cut: what is stored about dropped records.
    ///   - given: checkpoints that were kept elsewhere.
    package init(keys: [AuditPublicKey]?, cut: AuditStatement?, given: [AuditStatement] = []) {
        self.keys = keys
        allGiven = given.sorted { $0.size < $1.size }
        self.given = []
        if let cut, check(cut, .stored) {
            self.cut = cut
            last = cut.size
            head = cut.head
            good = cut.size
        }
        self.given = allGiven.filter { check($0, .given) }
        compareGiven()
    }

    /// A statement in the database that is none.
    package mutating func takeUnreadable() { note(.unreadable(after: last)) }

    /// The next record.
    package mutating func take(_ record: AuditRecord) {
        count += 1
        let isFirst = first == nil
        if isFirst { first = record.number }
        guard record.number > last else {
            return isFirst ? takeUndead(record) : note(.changed(record.number...record.number))
        }
        if record.number - last > 1 {
            note(.missing(last + 1...record.number - 1))
        } else if AuditRecord.hash(of: record.event, number: record.number, after: head) != record.hash {
            noteChanged(record.number)
        }
        last = record.number
        head = record.hash
        if let time = record.time {
            times = times.map { min($0.lowerBound, time)...max($0.upperBound, time) } ?? time...time
        }
        compareGiven()
    }

    private mutating func takeUndead(_ record: AuditRecord) {
        note(.undead(through: last))
        last = record.number
        head = record.hash
    }

    /// A stored checkpoint.
    package mutating func take(_ checkpoint: AuditStatement) {
        guard checkpoint.subject == .checkpoint else { return note(.forged(checkpoint, .stored)) }
        guard check(checkpoint, .stored) else { return }
        checkpoints += 1
        guard checkpoint.size <= last else {
            if checkpoint.size > ahead?.size ?? 0 { ahead = checkpoint }
            return
        }
        // Of another record nothing is known any more.
        guard checkpoint.size == last else { return }
        if checkpoint.head == head {
            good = checkpoint.size
            latest = checkpoint
        } else {
            note(.rewritten(good: good, checkpoint, .stored))
        }
    }

    /// There is no more.
    package mutating func finish() -> AuditReport {
        if let ahead, ahead.size > last { note(.endsEarly(last: last, ahead, .stored)) }
        if let given = given.last, given.size > last { note(.endsEarly(last: last, given, .given)) }
        return AuditReport(
            count: count, first: first, last: last, head: head, times: times, checkpoints: checkpoints, latest: latest,
            given: allGiven, cut: cut, keys: keys?.map(\.fingerprint) ?? [], findings: findings,
            findingCount: findingCount)
    }

    // MARK: Rules

    private mutating func compareGiven() {
        while let next = given.first, next.size <= last {
            given.removeFirst()
            if next.size < last {
                // Either it is older than what is kept, or its record is missing, which was said.
                if first == nil || next.size < first ?? 0 { note(.notKept(next, first: first ?? last + 1)) }
            } else if next.head == head {
                goodGiven = next.size
            } else {
                // The stored checkpoints count for nothing now: whoever has the key has made them.
                note(.rewritten(good: goodGiven, next, .given))
            }
        }
    }

    /// - Returns: whether it is signed by a key that may.
    private mutating func check(_ statement: AuditStatement, _ source: AuditFinding.Source) -> Bool {
        guard let keys else { return true }
        guard let key = keys.first(where: { $0.fingerprint == statement.key }) else {
            note(.unknownKey(statement, source))
            return false
        }
        guard statement.isSigned(by: key) else {
            note(.forged(statement, source))
            return false
        }
        return true
    }

    private mutating func noteChanged(_ number: UInt64) {
        if case .changed(let range)? = findings.last, range.upperBound + 1 == number {
            findings[findings.count - 1] = .changed(range.lowerBound...number)
        } else {
            note(.changed(number...number))
        }
    }

    private mutating func note(_ finding: AuditFinding) {
        findingCount += 1
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }
}

/// What an ``AuditVerifier`` has found.
package struct AuditReport: Hashable, Sendable {
    package var count: UInt64
    package var first: UInt64?
    package var last: UInt64
    package var head: AuditHash
    package var times: ClosedRange<Timestamp>?
    /// Stored ones with a good signature.
    package var checkpoints: Int
    /// The latest that fits.
    package var latest: AuditStatement?
    package var given: [AuditStatement]
    package var cut: AuditStatement?
    package var keys: [String]
    /// The first hundred; in the order in which they were found.
    package var findings: [AuditFinding]
    package var findingCount: Int

    package var isIntact: Bool { findingCount == 0 }
}
