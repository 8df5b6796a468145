import ChatServer
import Foundation
import NIOCore

@testable import ServerStore

/// A folder of its own for a test, gone with the value.
final class Folder: Sendable {
    let path: String
    var database: String { path + "/conclave.db" }
    var log: String { database + "-wal" }

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(of path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }

    /// The database and its log as they are now, elsewhere.
    func copy() throws -> Folder {
        let other = try Folder()
        for name in try names {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: other.path + "/" + name)
        }
        return other
    }
}

struct StoredRecord: Hashable {
    var table: StoreTable
    var key: [UInt8]
    var value: [UInt8]
}

extension ServerStore {
    func records() throws -> [StoredRecord] {
        var records: [StoredRecord] = []
        try forEachRecord { table, key, value in
            records.append(StoredRecord(table: table, key: key, value: Array(value.readableBytesView)))
        }
        return records
    }
}

extension StoreWrite {
    static func put(_ table: StoreTable, _ key: [UInt8], _ value: [UInt8]) -> StoreWrite {
        .put(table, key: key, value: ByteBuffer(bytes: value))
    }
}
