import ChatServer
import Foundation
import GRDB
import NIOCore
import Testing

@testable import ServerStore

@Suite("the store's log is brought into the database, when nobody waits")
struct LogLengthTests {
    private static let page = 4_096
    private let folder: Folder
    private let store: ServerStore

    init() throws {
        folder = try Folder()
        store = try ServerStore(folder: folder.path)
    }

    /// Writes a record that takes so many pages of the log, and few more.
    private func write(pages: Int, as key: UInt8 = 1) throws {
        try store.write([[.put(.rooms, [key], [UInt8](repeating: key, count: pages * Self.page))]])
    }

    private func size(of path: String) throws -> Int {
        try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int)
    }

    @Test("not by writing, not when it is short, and not when it is of some length and somebody waits")
    func waits() throws {
        try write(pages: LogGauge.idleLength - 200)
        try store.shortenLog(isIdle: true)
        try write(pages: 3_000, as: 2)
        try store.shortenLog(isIdle: false)
        #expect(try size(of: folder.database) < 100 * Self.page)
        #expect(try store.records().count == 2)
    }

    @Test("when it is of some length and nobody waits, and when it is long", arguments: [true, false])
    func brings(isIdle: Bool) throws {
        let pages = isIdle ? LogGauge.idleLength : LogGauge.busyLength
        try write(pages: pages)
        try store.shortenLog(isIdle: isIdle)
        #expect(try size(of: folder.database) >= pages * Self.page)
        // Then it begins anew, in the same space.
        let length = try size(of: folder.log)
        for key in 2...4 as ClosedRange<UInt8> {
            try write(pages: pages - 100, as: key)
            try store.shortenLog(isIdle: isIdle)
        }
        try #expect(size(of: folder.log) < 3 * length)
        #expect(try store.records().map(\.key) == [[1], [2], [3], [4]])
    }

    @Test("as far as nobody reads in it, and the rest later")
    func leavesReaders() throws {
        try write(pages: 10)
        var configuration = Configuration()
        configuration.readonly = true
        let reader = try DatabaseQueue(path: folder.database, configuration: configuration)
        try reader.writeWithoutTransaction { db in
            try db.execute(sql: "BEGIN")
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM records") == 1)
            try write(pages: LogGauge.idleLength, as: 2)
            try store.shortenLog(isIdle: true)
            #expect(try size(of: folder.database) < 100 * Self.page)
            #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM records") == 1)
            try db.execute(sql: "COMMIT")
        }
        try write(pages: LogGauge.idleLength, as: 3)
        try store.shortenLog(isIdle: true)
        #expect(try size(of: folder.database) >= 2 * LogGauge.idleLength * Self.page)
    }

    @Test("and what could not be carried out is not there in part, and nothing follows it")
    func rollsBack() throws {
        try store.write([[.put(.rooms, [1], [1])]])
        let entry = StoreWrite.append(room: 1, sequence: 1, value: ByteBuffer(bytes: [1]))
        #expect(throws: ServerStoreError.self) { try store.write([[.put(.rooms, [2], [2]), entry], [entry]]) }
        #expect(throws: ServerStoreError.self) { try store.write([[.put(.rooms, [3], [3])]]) }
        #expect(try store.records().map(\.key) == [[1]])
        store.close()
        #expect(try ServerStore(folder: folder.path).records().map(\.key) == [[1]])
    }
}
