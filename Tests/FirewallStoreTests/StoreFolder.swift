import Firewall
import FirewallStore
import Foundation
import GRDB
import Synchronization

/// A folder of a test, with a store in it, a clock that the test sets, and what the store told.
final class StoreFolder: Sendable {
    let folder: String
    private let clock = Mutex<Int64>(StoreFolder.start)
    private let told = Mutex<[StoreNotice]>([])

    static let start: Int64 = 1_800_000_000_000
    static let day: Int64 = 86_400_000

    init(_ folder: String? = nil) throws {
        self.folder =
            folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    var path: String { folder + "/" + FirewallStore.fileName }
    var notices: [StoreNotice] { told.withLock { $0 } }
    var now: Int64 { clock.withLock { $0 } }

    func setClock(_ time: Int64) { clock.withLock { $0 = time } }

    func open(_ limits: StoreLimits = StoreLimits()) throws -> FirewallStore {
        try FirewallStore(path: path, limits: limits, now: { [self] in now }) { [self] notice in
            told.withLock { $0.append(notice) }
        }
    }

    /// What sqlite3 would say.
    func ask<Value: DatabaseValueConvertible>(_ sql: String) throws -> [Value] {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration).read { try Value.fetchAll($0, sql: sql) }
    }

    func change(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// While another program is in the midst of reading.
    func whileReading(_ body: () throws -> Void) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.read { db in
            _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM blocked_packets")
            try body()
        }
        try queue.close()
    }

    func openReader() throws -> FirewallLogReader { try FirewallLogReader(path: path) }

    func size(_ suffix: String = "") -> Int {
        ((try? FileManager.default.attributesOfItem(atPath: path + suffix))?[.size] as? Int) ?? 0
    }
}

/// A packet that was blocked, or with the prefix `cfw:pass` one that passed.
func packet(
    _ prefix: String = "cfw:ban", source: String = "192.0.2.1", port: UInt16? = 23, time: Int64 = StoreFolder.start
) -> LoggedPacket {
    LoggedPacket(
        prefix: prefix, time: time, source: IPAddress(source), destination: IPAddress("198.51.100.9"), transport: 6,
        sourcePort: 50_000, destinationPort: port, flags: 2, length: 60, inputInterface: 2)
}

func prefix(_ text: String) throws -> IPPrefix {
    let parts = text.split(separator: "/")
    guard let address = IPAddress(parts[0]) else { throw CancellationError() }
    return parts.count == 1 ? IPPrefix(address) : IPPrefix(address, length: Int(parts[1]) ?? 0)
}

extension StoreFolder {
    /// How SQLite would answer a question.
    func plan(_ sql: String) throws -> [String] {
        try DatabaseQueue(path: path).read { db in
            try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] }
        }
    }
}
