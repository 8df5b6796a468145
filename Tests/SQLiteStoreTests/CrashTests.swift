import ChatClient
import Crypto
import Foundation
import Testing

@testable import SQLiteStore

@Suite("a crash")
struct CrashTests {
    /// Batch n: three records, the third of which replaces that of the batch before.
    private static func batch(_ number: Int) -> [RecordWrite] {
        let key = withUnsafeBytes(of: UInt32(number).bigEndian) { [UInt8]($0) }
        let value = SymmetricKey.filled(UInt8(truncatingIfNeeded: number), 10 + number % 700)
        return [
            RecordWrite(.messages, key, value), RecordWrite(.chain, key, value),
            RecordWrite(.ratchets, [1], SymmetricKey(data: key)),
        ]
    }

    /// How many batches a store holds, if it holds the first ones, whole, and nothing else.
    private static func whole(_ store: SQLiteRecordStore) throws -> Int {
        let messages = try store.records(in: .messages)
        for (number, record) in messages.enumerated() {
            let wanted = batch(number + 1)[0]
            try #require(record.key == wanted.key)
            try #require(record.value == wanted.value)
        }
        #expect(try store.records(in: .chain).map(\.key) == messages.map(\.key))
        #expect(try store.value(in: .ratchets, at: [1]) == messages.last.map { SymmetricKey(data: $0.key) })
        #expect(try store.verify() == messages.count * 2 + (messages.isEmpty ? 0 : 1))
        return messages.count
    }

    @Test("with kill -9 in the middle of writing loses no batch that was acknowledged, and leaves none in part")
    func kill() async throws {
        // More rounds where they are asked for.
        let rounds = ProcessInfo.processInfo.environment["CONCLAVE_CRASH_ROUNDS"].flatMap { Int($0) } ?? 12
        var total = 0
        for round in 0..<rounds {
            let folder = try TemporaryFolder()
            let delay = 3_000 + round * 7_919 % 90_000
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = folder.path as String, delay = delay as Int] in
                let store = try SQLiteRecordStore.open(folder: path + "/store", unlock: .keyFile)
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
            let found = try Self.whole(folder.open())
            #expect(found == acknowledged || found == acknowledged + 1, "round \(round)")
            total += acknowledged
        }
        #expect(total > 0, "something was written before the ends")
    }

    @Test("that cuts the log off anywhere leaves the batches before it, whole")
    func cutLog() throws {
        var random = SeededRandom(seed: 5)
        let folder = try TemporaryFolder()
        let store = try folder.open()
        var ends: [Int] = [0]
        for number in 1...40 {
            try store.write(Self.batch(number))
            ends.append(try folder.bytes(of: folder.log).count)
        }
        let log = try folder.bytes(of: folder.log)
        var cuts = (0..<60).map { _ in Int.random(in: 0...log.count, using: &random) }
        cuts += [0, 1, 31, 32, 33, log.count - 1, log.count]
        for cut in cuts {
            let copy = try folder.copy()
            try copy.write(Array(log.prefix(cut)), to: copy.log)
            let wanted = ends.lastIndex { $0 <= cut } ?? 0
            #expect(try Self.whole(copy.open()) == wanted, "cut at \(cut)")
            // It goes on from there.
            let again = try copy.open()
            try again.write(Self.batch(wanted + 1))
            #expect(try Self.whole(again) == wanted + 1)
        }
    }

    @Test("whose disk kept garbage at the end of the log leaves the batches before it, whole")
    func garbledLog() throws {
        let folder = try TemporaryFolder()
        let store = try folder.open()
        for number in 1...10 { try store.write(Self.batch(number)) }
        let end = try folder.bytes(of: folder.log).count
        for number in 11...12 { try store.write(Self.batch(number)) }
        var log = try folder.bytes(of: folder.log)
        for place in end..<min(end + 600, log.count) { log[place] = 0x5A }
        let copy = try folder.copy()
        try copy.write(log, to: copy.log)
        #expect(try Self.whole(copy.open()) == 10)
    }

    @Test("whose disk changed a byte of the log leaves whole batches only")
    func flippedLog() throws {
        var random = SeededRandom(seed: 9)
        let folder = try TemporaryFolder()
        let store = try folder.open()
        for number in 1...20 { try store.write(Self.batch(number)) }
        let log = try folder.bytes(of: folder.log)
        for _ in 0..<60 {
            var flipped = log
            flipped[Int.random(in: 0..<log.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            let copy = try folder.copy()
            try copy.write(flipped, to: copy.log)
            #expect(try Self.whole(copy.open()) <= 20)
        }
    }
}
