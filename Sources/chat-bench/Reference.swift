import ChatClient
import Crypto
import Foundation
import MLS
import MLSWire
import SQLiteStore

/// What cannot be saved: sealing, opening, and writing to the disk, each alone, on one thread. Microseconds of elapsed time.
struct Reference {
    private(set) var sealing = 0.0
    private(set) var opening = 0.0
    /// A transaction of one record.
    private(set) var writing = 0.0

    /// - Parameters:
    ///   - certs: a folder of `scripts/certs` with alice and bob.
    ///   - bytes: of a message.
    init(certs: String, bytes: Int, folder: String) throws {
        try measureMessages(certs, bytes)
        writing = try Self.transaction(of: 1, folder)
        let large = try Self.transaction(of: 64, folder)
        Output.heading("References, each alone on one thread")
        Output.row("MLS: seal, suite 2, padded to 256 bytes", sealing, "µs", digits: 1)
        Output.row("MLS: open", opening, "µs", digits: 1)
        Output.row("store: a transaction of one record, on the disk", writing, "µs")
        Output.row("store: a transaction of 64 records of 300 bytes", large, "µs")
    }

    private mutating func measureMessages(_ certs: String, _ bytes: Int) throws {
        let clock: @Sendable () -> UInt64 = { UInt64(Date.now.timeIntervalSince1970) }
        let (one, two) = (try BenchDevice("alice/default", in: certs), try BenchDevice("bob/default", in: certs))
        let (alice, bob) = (one.device.client(clock: clock), two.device.client(clock: clock))
        let secrets = try bob.makeKeyPackage(for: two.device.suite)
        var group = try MLSGroup(GroupID(bytes: Array("bench".utf8)), suite: one.device.suite, client: alice)
        let outbound = try group.commit([.add(secrets.keyPackage)])
        let welcome = outbound.welcome
        group.adopt(outbound.take())
        guard let welcome else { throw BenchError("there was no welcome") }
        var other = try MLSGroup.join(welcome, with: secrets, client: bob)
        let data = [UInt8](repeating: 0x78, count: bytes + 70)
        let count = 500
        var (seals, opens): ([Double], [Double]) = ([], [])
        for _ in 0..<10 {
            var messages: [[UInt8]] = []
            let start = ContinuousClock.now
            for _ in 0..<count { messages.append(try group.seal(data, padding: max(0, 256 - data.count)).encoded) }
            let middle = ContinuousClock.now
            for bytes in messages {
                switch try other.receive(try MLSMessage(decoding: bytes)) {
                case .application: break
                default: throw BenchError("a message was not opened")
                }
            }
            seals.append((middle - start) / .microseconds(1) / Double(count))
            opens.append((ContinuousClock.now - middle) / .microseconds(1) / Double(count))
        }
        (sealing, opening) = (seals.min() ?? 0, opens.min() ?? 0)
    }

    private static func transaction(of size: Int, _ folder: String) throws -> Double {
        let path = folder + "/reference-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try SQLiteRecordStore.open(folder: path, unlock: .keyFile)
        let value = SymmetricKey(data: [UInt8](repeating: 7, count: 300))
        var next: UInt64 = 0
        var times: [Double] = []
        for _ in 0..<300 {
            let batch = (0..<size).map { _ in
                next += 1
                return RecordWrite(.messages, withUnsafeBytes(of: next.bigEndian) { Array($0) }, value)
            }
            let start = ContinuousClock.now
            try store.write(batch)
            times.append((ContinuousClock.now - start) / .microseconds(1))
        }
        return times.median
    }
}
