import Chat

/// What is wrong with an audit log, and at which record.
package enum AuditFinding: Hashable, Sendable {
    /// Where a checkpoint was found.
    package enum Source: Hashable, Sendable {
        /// In the database with the log.
        case stored
        /// Kept elsewhere, and given to compare with.
        case given
    }

    /// These records do not follow from those before them.
    case changed(ClosedRange<UInt64>)
    /// There are no records with these numbers.
    case missing(ClosedRange<UInt64>)
    /// There are records that a signed cut says were dropped.
    case undead(through: UInt64)
    /// The log ends with record `last`, and a checkpoint counts more.
    case endsEarly(last: UInt64, AuditStatement, Source)
    /// The log fits together, and is another one than the checkpoint vouches for: something behind record `good` was rewritten.
    case rewritten(good: UInt64, AuditStatement, Source)
    /// The record of the checkpoint that was given is not kept any more.
    case notKept(AuditStatement, first: UInt64)
    /// The signature does not fit.
    case forged(AuditStatement, Source)
    /// It is signed by a key that nobody has given.
    case unknownKey(AuditStatement, Source)
    /// A statement in the database is none.
    case unreadable(after: UInt64)
}

extension AuditFinding: CustomStringConvertible {
    /// What was found and what it means.
    package var description: String {
        switch self {
        case .changed(let range):
            range.count == 1
                ? "record \(range.lowerBound) was changed, moved or put in: it does not follow from the one before"
                : "records \(Self.words(range)) were changed, moved or put in: they do not follow from those before"
        case .missing(let range):
            range.count == 1
                ? "record \(range.lowerBound) is missing: it was deleted"
                : "records \(Self.words(range)) are missing: they were deleted"
        case .undead(let through):
            "records up to \(through) are there, though a signed statement says that they were dropped"
        case .endsEarly(let last, let checkpoint, let source):
            "the log ends with record \(last), and \(Self.words(checkpoint, source)) counts \(checkpoint.size): its end was "
                + "cut off, or it was restored from an older backup"
        case .rewritten(let good, let checkpoint, let source):
            "one or more of the records \(Self.words(good + 1...max(good + 1, checkpoint.size))) were rewritten: "
                + "\(Self.words(checkpoint, source)) vouches for another record \(checkpoint.size)"
        case .notKept(let checkpoint, let first):
            "\(Self.words(checkpoint, .given)) is about record \(checkpoint.size), and the log begins with \(first) by now: "
                + "nothing can be said about it; compare with a later checkpoint"
        case .forged(let statement, let source): "the signature of \(Self.words(statement, source)) is wrong"
        case .unknownKey(let statement, let source):
            "\(Self.words(statement, source)) is signed by the key \(statement.key), which is not known here; if it is a "
                + "former key of this server, give it by --key as well"
        case .unreadable(let after): "a checkpoint or cut behind record \(after) cannot be read"
        }
    }

    private static func words(_ range: ClosedRange<UInt64>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)–\(range.upperBound)"
    }

    private static func words(_ statement: AuditStatement, _ source: Source) -> String {
        let what = source == .given ? "the given \(statement.subject.rawValue)" : "the \(statement.subject.rawValue)"
        return "\(what) of \(AuditTime.text(statement.time))"
    }

    /// For programs.
    package var name: String {
        switch self {
        case .changed: "changed"
        case .missing: "missing"
        case .undead: "not-dropped"
        case .endsEarly: "truncated"
        case .rewritten: "rewritten"
        case .notKept: "not-kept"
        case .forged: "forged"
        case .unknownKey: "unknown-key"
        case .unreadable: "unreadable"
        }
    }

    /// The records that it is about.
    package var records: ClosedRange<UInt64>? {
        switch self {
        case .changed(let range), .missing(let range): range
        case .undead(let through): 1...max(1, through)
        case .endsEarly(let last, let checkpoint, _): last + 1...max(last + 1, checkpoint.size)
        case .rewritten(let good, let checkpoint, _): good + 1...max(good + 1, checkpoint.size)
        case .notKept, .forged, .unknownKey, .unreadable: nil
        }
    }
}
