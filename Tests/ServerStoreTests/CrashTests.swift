import ChatServer
import Foundation
import NIOCore
import Testing

@testable import ServerStore

@Suite("a crash of the server")
struct CrashTests {
    /// Batch n, in two units: two records, and one that replaces that of the batch before.
    private static func batch(_ number: Int) -> [[StoreWrite]] {
        let key = withUnsafeBytes(of: UInt32(number).bigEndian) { [UInt8]($0) }
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 10 + number % 700)
        return [
            [
                .put(.senders, key, value), .put(.rooms, [1], key),
                .append(room: 1, sequence: UInt64(number), value: ByteBuffer(bytes: value)),
            ], [.put(.segments, key, value)],
        ]
    }

    /// How many batches a store holds, if it holds the first ones, whole, and nothing else.
    private static func whole(_ store: ServerStore) throws -> Int {
        var tables: [StoreTable: [StoredRecord]] = [:]
        for record in try store.records() { tables[record.table, default: []].append(record) }
        let entries = tables[.senders] ?? []
        for (number, record) in entries.enumerated() {
            let number = number + 1
            try #require(record.key == withUnsafeBytes(of: UInt32(number).bigEndian) { [UInt8]($0) })
            try #require(
                record.value == [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 10 + number % 700))
        }
        #expect((tables[.segments] ?? []).map(\.key) == entries.map(\.key))
        var logged: [[UInt8]] = []
        try store.forEachEntry(ofRoom: 1, after: 0) { logged.append(Array($0.readableBytesView)) }
        #expect(logged == entries.map(\.value))
        #expect(tables[.rooms]?.map(\.value) == entries.last.map { [$0.key] })
        return entries.count
    }

    @Test("by kill -9 in the middle of writing loses no batch that was acknowledged, and leaves none in part")
    func kill() async throws {
        // More rounds where they are asked for.
        let rounds = ProcessInfo.processInfo.environment["CONCLAVE_CRASH_ROUNDS"].flatMap { Int($0) } ?? 12
        var total = 0
        for round in 0..<rounds {
            let folder = try Folder()
            let delay = 3_000 + round * 7_919 % 90_000
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = folder.path as String, delay = delay as Int] in
                try FileManager.default.createDirectory(atPath: path + "/store", withIntermediateDirectories: false)
                let store = try ServerStore(folder: path + "/store")
                let acknowledged = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
                Thread {
                    usleep(UInt32(delay))
                    Glibc.kill(getpid(), SIGKILL)
                }.start()
                for number in 1... {
                    try store.write(Self.batch(number))
                    _ = [UInt8(1)].withUnsafeBytes { Glibc.write(acknowledged, $0.baseAddress, 1) }
                }
            }
            let acknowledged = try folder.bytes(of: folder.path + "/acknowledged").count
            let found = try Self.whole(ServerStore(folder: folder.path + "/store"))
            #expect(found == acknowledged || found == acknowledged + 1, "round \(round)")
            total += acknowledged
        }
        #expect(total > rounds, "hardly anything was written before it was killed")
    }

    @Test("that cuts the log off anywhere leaves the batches before it, whole, and writing goes on")
    func cutLog() throws {
        let folder = try Folder()
        let store = try ServerStore(folder: folder.path)
        var ends: [Int] = [0]
        for number in 1...30 {
            try store.write(Self.batch(number))
            ends.append(try folder.bytes(of: folder.log).count)
        }
        let log = try folder.bytes(of: folder.log)
        for cut in stride(from: 0, through: log.count, by: max(1, log.count / 50)) + [1, 31, 32, 33, log.count - 1] {
            let copy = try folder.copy()
            try copy.write(Array(log.prefix(cut)), to: copy.log)
            let wanted = ends.lastIndex { $0 <= cut } ?? 0
            let again = try ServerStore(folder: copy.path)
            #expect(try Self.whole(again) == wanted, "cut at \(cut)")
            try again.write(Self.batch(wanted + 1))
            #expect(try Self.whole(again) == wanted + 1)
        }
    }
}
