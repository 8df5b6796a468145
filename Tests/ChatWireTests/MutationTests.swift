import NIOCore
import Testing

@testable import ChatWire

/// SplitMix64: small, and the same everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Suite("hostile bytes")
struct MutationTests {
    @Test(
        "changed frames are read or refused, never more; what is read is written again as the same bytes",
        arguments: 1...4)
    func mutations(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let frames =
            try Samples.clientFrames().map { try Samples.encode($0) }
            + Samples.serverFrames().map { try Samples.encode($0) }
        let short = frames.filter { $0.readableBytes < 2_000 }
        var (accepted, refused) = (0, 0)
        for _ in 0..<5_000 {
            var bytes = Array(short[Int.random(in: short.indices, using: &random)].readableBytesView)
            for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&bytes, using: &random) }
            var buffer = ByteBuffer(bytes: bytes)
            do {
                guard let frame = try Frame.next(from: &buffer) else { continue }
                try roundTrip(frame)
                accepted += 1
            } catch is FrameError {
                refused += 1
            }
        }
        #expect(accepted > 100)
        #expect(refused > 100)
    }

    @Test("noise is read or refused, never more", arguments: 1...4)
    func noise(seed: UInt64) {
        var random = SeededRandom(state: seed &+ 1_000)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...120, using: &random)
            let body = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let frame = Frame(type: UInt8.random(in: 0...100, using: &random), body: ByteBuffer(bytes: body))
            _ = try? ClientFrame(frame)
            _ = try? ServerFrame(frame)
        }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededRandom) {
        guard let place = bytes.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 2: bytes.remove(at: place)
        case 3: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default: bytes.removeSubrange(place...)
        }
    }

    /// A value has one form only.
    private func roundTrip(_ frame: Frame) throws {
        var buffer = ByteBuffer()
        if let client = try? ClientFrame(frame) {
            try client.write(to: &buffer)
        } else {
            try ServerFrame(frame).write(to: &buffer)
        }
        let copy = try #require(try Frame.next(from: &buffer))
        #expect(copy == frame)
    }
}
