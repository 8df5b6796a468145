import ChatClient

/// The statements on the records, for the tree of the small ones and that of the large ones.
struct RecordSQL: Sendable {
    let put: String
    let delete: String
    let value: String
    /// All of a kind, ascending; parameters: kind, lowest key, limit.
    let from: String
    /// Parameters: kind, lowest key, the key above the highest, limit.
    let between: String
    /// The same, descending.
    let betweenDown: String

    static func of(_ table: RecordTable) -> RecordSQL {
        switch table {
        case .epochs, .ratchets, .staged, .commits: large
        case .settings, .rooms, .messages, .chain, .outbox, .keyPackages, .devices, .lost, .marks, .sent: small
        }
    }

    static let small = RecordSQL(
        put: """
            INSERT INTO records (kind, key, value) VALUES (?, ?, ?)
            ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value
            """,
        delete: "DELETE FROM records WHERE kind = ? AND key = ?",
        value: "SELECT value FROM records WHERE kind = ? AND key = ?",
        from: "SELECT key, value FROM records WHERE kind = ? AND key >= ? ORDER BY key LIMIT ?",
        between: "SELECT key, value FROM records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
        betweenDown: "SELECT key, value FROM records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key DESC LIMIT ?")

    static let large = RecordSQL(
        put: """
            INSERT INTO large_records (kind, key, value) VALUES (?, ?, ?)
            ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value
            """,
        delete: "DELETE FROM large_records WHERE kind = ? AND key = ?",
        value: "SELECT value FROM large_records WHERE kind = ? AND key = ?",
        from: "SELECT key, value FROM large_records WHERE kind = ? AND key >= ? ORDER BY key LIMIT ?",
        between: "SELECT key, value FROM large_records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?",
        betweenDown: """
            SELECT key, value FROM large_records WHERE kind = ? AND key >= ? AND key < ? ORDER BY key DESC LIMIT ?
            """)
}

/// The keys that a read is about: from `low` on, below `high`.
struct KeyRange {
    let low: [UInt8]
    /// Nil: no end.
    let high: [UInt8]?

    init(prefix: [UInt8], after: [UInt8]?, before: [UInt8]?) {
        // The least key above `after` is `after` and a zero.
        let next = after.map { $0 + [0] } ?? []
        low = next.lexicographicallyPrecedes(prefix) ? prefix : next
        let end = Self.end(of: prefix)
        guard let before else {
            high = end
            return
        }
        high = end.map { before.lexicographicallyPrecedes($0) ? before : $0 } ?? before
    }

    /// The least key above all that begin with `prefix`: nil if there is none.
    private static func end(of prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 < .max }) else { return nil }
        return prefix[..<last] + [prefix[last] + 1]
    }
}
