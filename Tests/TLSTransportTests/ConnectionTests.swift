import Foundation
import NIOCore
import Synchronization
import Testing

@testable import TLSTransport

/// Numbers that are the same in every run (SplitMix64).
final class Dice: Sendable {
    private let state: Mutex<UInt64>

    init(seed: UInt64) { state = Mutex(seed) }

    func roll(_ range: ClosedRange<Int>) -> Int {
        state.withLock {
            $0 &+= 0x9E37_79B9_7F4A_7C15
            var value = $0
            value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
            return range.lowerBound + Int((value ^ (value >> 31)) % UInt64(range.count))
        }
    }
}

@Suite("A connection", .timeLimit(.minutes(2)))
struct ConnectionTests {
    /// Runs `work` with a client that is connected and greeted.
    private static func withPeer<Value: Sendable>(
        piece: @escaping @Sendable () -> Int = { .max },
        _ work: @escaping @Sendable (RawPeer) throws -> Value
    ) async throws -> (value: Value, port: Int, journal: Journal) {
        let world = try await ClientWorld.shared.value
        let settings = RawSettings(identity: try world.client(), piece: piece)
        let port = world.server.port
        let result = try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, settings)
            let start = peer.handshake()
            guard start == .handshakeDone, peer.read(count: Desk.greeting.count) == .bytes(Desk.greeting) else {
                throw NoGreeting()
            }
            let local = peer.socket.localPort
            return (try work(peer), local)
        }
        return (result.0, result.1, world.server.journal)
    }

    private struct NoGreeting: Error {}

    @Test("puts frames together however they are cut", arguments: 0..<6 as Range<UInt64>)
    func reassembles(seed: UInt64) async throws {
        let dice = Dice(seed: seed)
        let frames = (0..<40).map { _ in
            Wish.frame(
                Wish.echo,
                (0..<dice.roll(0...(dice.roll(0...9) == 0 ? 30_000 : 300))).map { UInt8(truncatingIfNeeded: $0) })
        }
        let all = frames.flatMap { $0 }
        let largest = dice.roll(0...1) == 0 ? 90 : 5_000
        let seen = try await Self.withPeer(piece: { dice.roll(1...largest) }) { peer in
            var rest = all[...]
            while !rest.isEmpty {
                let part = rest.prefix(dice.roll(1...largest))
                _ = peer.write(Array(part))
                rest = rest.dropFirst(part.count)
            }
            let echo = peer.read(count: all.count)
            peer.sayGoodbye()
            return echo
        }
        #expect(seen.value == .bytes(all))
    }

    @Test("shakes hands with a peer that sends byte by byte")
    func takesSingleBytes() async throws {
        let dice = Dice(seed: 3)
        let seen = try await Self.withPeer(piece: {
            // Long enough for most bytes to arrive alone.
            usleep(UInt32(dice.roll(0...400)))
            return 1
        }) { peer in
            _ = peer.write(Wish.frame(Wish.echo, [2]))
            return peer.read(count: 6)
        }
        #expect(seen.value == .bytes(Wish.frame(Wish.echo, [2])))
    }

    @Test("carries frames of the greatest length both ways")
    func carriesLargeFrames() async throws {
        let frame = Wish.frame(Wish.echo, (0..<65_536 + 1_023).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let seen = try await Self.withPeer { peer in
            _ = peer.write(frame)
            return peer.read(count: frame.count)
        }
        #expect(seen.value == .bytes(frame))
    }

    @Test("gathers what one tick says into few records")
    func gathers() async throws {
        let seen = try await Self.withPeer { peer in
            let start = peer.received.count
            _ = peer.write(Wish.frame(Wish.smallFrames, count: 4_000))
            guard case .bytes = peer.read(count: 4_000 * 8) else { return 0 }
            var records = 0
            var rest = peer.received[start...]
            while rest.count >= 5 {
                records += 1
                rest = rest.dropFirst(5 + Int(rest[rest.startIndex + 3]) << 8 + Int(rest[rest.startIndex + 4]))
            }
            return records
        }
        // 32,000 bytes in records of up to 16 KiB.
        #expect((2...3).contains(seen.value))
    }

    @Test(
        "ends for a frame that is empty or too long, and says so",
        arguments: [[0, 0, 0, 0], [0, 1, 16, 1, 1], [255, 255, 255, 255, 1]] as [[UInt8]])
    func refusesLength(bytes: [UInt8]) async throws {
        let seen = try await Self.withPeer { peer in
            _ = peer.write(Wish.frame(Wish.echo, [5]) + bytes + Wish.frame(Wish.echo, [6]))
            return peer.readToEnd()
        }
        #expect(seen.value.bytes == Wish.frame(Wish.echo, [5]))
        #expect(seen.value.end == .closed)
        guard case .framing = await seen.journal.reason(seen.port) else {
            Issue.record("not framing")
            return
        }
        #expect(seen.journal.frames(seen.port) == 1)
    }

    @Test("does not hear a peer that broke the framing, and says what is still to be said to it before it ends")
    func isDeafAfterwards() async throws {
        let seen = try await Self.withPeer { peer in
            _ = peer.write(Wish.frame(Wish.slowFarewell) + [0, 0, 0, 0] + Wish.frame(Wish.echo, [6]))
            for _ in 0..<20 { _ = peer.write(Wish.frame(Wish.echo, [7])) }
            return peer.readToEnd()
        }
        #expect(seen.value.bytes == Desk.farewell)
        #expect(seen.value.end == .closed)
        guard case .framing = await seen.journal.reason(seen.port) else {
            Issue.record("not framing")
            return
        }
        #expect(seen.journal.frames(seen.port) == 1)
    }

    @Test("answers a goodbye with a goodbye")
    func endsInOrder() async throws {
        let seen = try await Self.withPeer { peer in
            peer.sayGoodbye()
            return peer.read()
        }
        #expect(seen.value == .closed)
        let reason = await seen.journal.reason(seen.port)
        guard case .peer = reason else {
            Issue.record("\(reason)")
            return
        }
        #expect(!reason.isLoss)
    }

    @Test("tells a stream that was cut off from one that ended", arguments: [false, true])
    func tellsTruncation(isReset: Bool) async throws {
        let seen = try await Self.withPeer { peer in
            if isReset { peer.socket.reset() } else { peer.socket.close() }
            return true
        }
        let reason = await seen.journal.reason(seen.port)
        #expect(reason.isLoss)
        switch reason {
        case .truncated: #expect("\(reason)".contains("without a TLS close_notify"))
        case .socket: #expect(isReset)
        default: Issue.record("\(reason)")
        }
    }

    @Test("sends all that waits before it closes in order")
    func sendsAllBeforeTheEnd() async throws {
        // 8 MiB, more than the socket takes at once.
        let count = 128
        let seen = try await Self.withPeer { peer in
            _ = peer.write(Wish.frame(Wish.largeFramesAndEnd, count: UInt32(count)))
            let (bytes, end) = peer.readToEnd()
            return (bytes.count, end)
        }
        #expect(seen.value.0 == count * (65_536 + 5))
        #expect(seen.value.1 == .closed)
        guard case .local = await seen.journal.reason(seen.port) else {
            Issue.record("not ours")
            return
        }
    }

    @Test("is cut off when it does not read, while others are served")
    func cutsOffSlowReader() async throws {
        let slow = try await Self.withPeer { peer in
            // 64 MiB, far more than the system's buffers take.
            _ = peer.write(Wish.frame(Wish.largeFrames, count: 1_024))
            return peer
        }
        let other = try await Self.withPeer { peer in
            _ = peer.write(Wish.frame(Wish.echo, [1]))
            return peer.read(count: 6)
        }
        #expect(other.value == .bytes(Wish.frame(Wish.echo, [1])))
        let reason = await slow.journal.reason(slow.port)
        guard case .tooSlow(let bytes) = reason else {
            Issue.record("\(reason)")
            return
        }
        #expect(bytes > TLSConnection.sendLimit)
        let end = try await Machine.blocking { slow.value.readToEnd().end }
        #expect(end != .closed, "a stream that was cut off must not look whole")
    }

    @Test("reads no more from a peer that does not read, and goes on when it does")
    func pausesReading() async throws {
        let frame = Wish.frame(Wish.echo, [UInt8](repeating: 3, count: 1_019))
        // 24 MiB, more than the system's buffers take in both directions.
        let count = 24 << 10
        let (value:flood, port:port, journal:journal) = try await Self.withPeer { peer in
            (peer: peer, ciphertext: (0..<count / 16).flatMap { _ in peer.encrypt((0..<16).flatMap { _ in frame }) })
        }
        async let sent: Void = Machine.blocking { try flood.peer.socket.send(flood.ciphertext) }
        var before = 0
        var still = 0
        let hasStopped = await Machine.eventually {
            let now = journal.frames(port)
            still = now == before && now > 0 ? still + 1 : 0
            before = now
            return still == 40
        }
        #expect(hasStopped)
        #expect(before < count, "it must have stopped reading")
        let echo = try await Machine.blocking { flood.peer.read(count: count * frame.count) }
        try await sent
        #expect(echo == .bytes((0..<count).flatMap { _ in frame }))
    }

    @Test(
        "refuses what is no TLS",
        arguments: [
            ("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "does not speak TLS; check the address and the port"),
            ("CONNECT localhost:443 HTTP/1.1\r\n\r\n", "does not speak TLS; check the address and the port"),
            ("SSH-2.0-OpenSSH_9.2p1\r\n", "does not speak TLS; check the address and the port"),
            ("\u{16}\u{3}\u{1}\u{0}\u{5}hello", "is it a Conclave program"),
        ])
    func refusesNoise(noise: String, words: String) async throws {
        let world = try await ClientWorld.shared.value
        let port = world.server.port
        let local = try await Machine.blocking {
            let socket = try RawSocket(connectingTo: port)
            try socket.send(noise.utf8)
            let local = socket.localPort
            do { while try !socket.receive().isEmpty {} } catch let failure as SocketFailure where failure.isReset {}
            return local
        }
        let reason = "\(await world.server.journal.reason(local))"
        #expect(reason.contains(words))
    }

    @Test("survives random bytes", arguments: 0..<20 as Range<UInt64>)
    func survivesNoise(seed: UInt64) async throws {
        let dice = Dice(seed: seed)
        let bytes = (0..<dice.roll(1...400)).map { _ in UInt8(truncatingIfNeeded: dice.roll(0...255)) }
        let world = try await ClientWorld.shared.value
        let port = world.server.port
        let local = try await Machine.blocking {
            let socket = try RawSocket(connectingTo: port)
            try socket.send([22, 3, 1] + bytes)
            let local = socket.localPort
            shutdown(socket.descriptor, Int32(SHUT_WR))
            do { while try !socket.receive().isEmpty {} } catch let failure as SocketFailure where failure.isReset {}
            return local
        }
        #expect(await world.server.journal.reason(local).isLoss)
        #expect(world.server.journal.frames(local) == 0)
    }
}
