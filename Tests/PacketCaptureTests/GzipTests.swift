import Foundation
import PacketCapture
import TLSMonitor
import Testing

@Suite("Packed captures") struct GzipTests {
    private static let packets: [[UInt8]] = (0..<200).map { number in
        (0..<97).map { UInt8(truncatingIfNeeded: $0 * number) }
    }

    private static let plain: [UInt8] = {
        var file = CaptureBytes.pcap()
        for packet in packets { file.record(packet) }
        return file.bytes
    }()

    /// By gzip itself.
    static func pack(_ bytes: [UInt8]) throws -> [UInt8] {
        let file = try TemporaryFile(bytes)
        try #require(try Program.run(["-n", file.path], program: "/usr/bin/gzip").status == 0)
        defer { try? FileManager.default.removeItem(atPath: file.path + ".gz") }
        return Array(try Data(contentsOf: URL(fileURLWithPath: file.path + ".gz")))
    }

    private func read(_ bytes: [UInt8]) throws -> ReadCapture {
        let file = try TemporaryFile(bytes)
        return try withExtendedLifetime(file) { try ReadCapture(file.path) }
    }

    @Test("are unpacked, with one member or several, and zeros behind them") func members() throws {
        let half = Self.plain.count / 2
        let one = try Self.pack(Self.plain)
        let two = try Self.pack(Array(Self.plain[..<half])) + Self.pack([]) + Self.pack(Array(Self.plain[half...]))
        for bytes in [one, two, one + [UInt8](repeating: 0, count: 512)] {
            let capture = try read(bytes)
            #expect(capture.packets.map(\.1) == Self.packets)
            #expect(capture.error == nil && capture.damage == nil && !capture.endsEarly)
        }
        // pcapng as well, and longer than what is unpacked at once.
        var long = CaptureBytes.pcapng()
        long.interface()
        let packet = [UInt8](repeating: 7, count: 100_000)
        for _ in 0..<60 { long.enhanced(packet) }
        let capture = try read(try Self.pack(long.bytes))
        #expect(capture.packets.count == 60 && capture.packets.allSatisfy { $0.1 == packet } && capture.damage == nil)
    }

    @Test("have the digest of the file as it lies there") func digest() throws {
        let packed = try Self.pack(Self.plain)
        let file = try TemporaryFile(packed)
        let outcome = try Program.run([file.path], program: "/usr/bin/sha256sum")
        #expect(outcome.output.hasPrefix(try ReadCapture(file.path).digest))
        let unread = try CaptureFile(path: file.path)
        #expect(outcome.output.hasPrefix(unread.digest()))
    }

    @Test("that are cut off give what is whole, and say so") func cut() throws {
        let packed = try Self.pack(Self.plain)
        for count in stride(from: 4, to: packed.count, by: 7) {
            let bytes = Array(packed[..<count])
            guard let capture = try? read(bytes) else { continue }
            #expect(zip(capture.packets, Self.packets).allSatisfy { $0.1 == $1 })
            if capture.packets.isEmpty {
                #expect(capture.error.map { "\($0)".contains("cut off") } == true)
            } else {
                #expect(capture.damage?.contains("the compressed data is cut off") == true && capture.endsEarly)
            }
        }
    }

    @Test("whose checksum is wrong, or that have something else behind them, are damaged") func damaged() throws {
        let packed = try Self.pack(Self.plain)
        for place in [packed.count - 8, packed.count - 1] {
            var bytes = packed
            bytes[place] ^= 1
            let capture = try read(bytes)
            #expect(capture.packets.count == Self.packets.count)
            #expect(capture.damage?.contains("the compressed data is damaged (incorrect") == true)
        }
        let more = try read(packed + Array("tail".utf8))
        #expect(more.packets.count == Self.packets.count)
        #expect(more.damage?.contains("something else lies behind") == true)
    }

    @Test("that are none, or empty, are refused") func strangers() throws {
        #expect(throws: CaptureError.self) { try read([0x1F, 0x8B, 8, 0, 0, 0, 0, 0]) }
        #expect(throws: CaptureError.self) { try read([0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 1, 2, 3]) }
        #expect(throws: CaptureError.self) { try read(try Self.pack([])) }
        #expect(throws: CaptureError.self) { try read(try Self.pack(Array("no capture, but packed".utf8))) }
    }

    @Test("with bytes changed anywhere are read without a crash", arguments: [false, true])
    func random(isPacked: Bool) throws {
        var generator = SystemRandomNumberGenerator()
        var section = CaptureBytes.pcapng(isBig: true)
        section.interface(resolution: 9)
        for packet in Self.packets { section.enhanced(packet) }
        for file in [Self.plain, section.bytes] {
            let whole = isPacked ? try Self.pack(file) : file
            for _ in 0..<Effort.rounds(100) {
                var bytes = whole
                for _ in 0..<3 {
                    // Mostly where the heads are.
                    let end = Bool.random(using: &generator) ? bytes.count : min(bytes.count, 400)
                    bytes[Int.random(in: 0..<end, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
                }
                guard let capture = try? read(bytes) else { continue }
                #expect(capture.packets.count <= Self.packets.count * 40)
                #expect(capture.error == nil || capture.packets.isEmpty)
            }
        }
    }
}
