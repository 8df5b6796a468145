import Crypto

/// What a device keeps over a crash: a table that changes by transactions, each of which is written as a whole or not at all.
/// The process may be ended before any write, or after it.
final class CrashStore {
    private(set) var records: [String: [UInt8]] = [:]
    /// Says at each place where a process can end whether it does.
    var ends: () -> Bool = { false }

    /// Places at which the process could have ended.
    private(set) var places = 0

    subscript(name: String) -> [UInt8]? { records[name] }

    func secret(_ name: String) -> SymmetricKey? { records[name].map { SymmetricKey(data: $0) } }

    /// The records whose names begin so, in the order of their names.
    func all(_ prefix: String) -> [(name: String, bytes: [UInt8])] {
        records.filter { $0.key.hasPrefix(prefix) }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Writes all of a transaction; nil deletes a record.
    func write(_ changes: [String: [UInt8]?]) throws {
        try place()
        for (name, bytes) in changes { records[name] = bytes }
        try place()
    }

    /// A place where the process can end.
    func place() throws {
        places += 1
        if ends() { throw Crash() }
    }

    struct Crash: Error {}
}
