import Foundation
import NIOCore
import Testing

@testable import TLSTransport

@Suite("A connection that is paused", .timeLimit(.minutes(2)))
struct PauseTests {
    private static func server() async throws -> (TestServer, RawSettings) {
        let world = try await ClientWorld.shared.value
        return (try await TestServer.start(world.server.context), RawSettings(identity: try world.client()))
    }

    private static func connect(_ port: Int, _ settings: RawSettings) throws -> RawPeer {
        let peer = try RawPeer(connectingTo: port, settings)
        #expect(peer.handshake() == .handshakeDone && peer.read(count: Desk.greeting.count) == .bytes(Desk.greeting))
        return peer
    }

    private static let echoes = (0..<40 as Range<UInt8>).map {
        Wish.frame(Wish.echo, [UInt8](repeating: $0, count: 1_000))
    }

    @Test("hands on no frame more, whatever comes; then all of them, in their order")
    func pauses() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        try await Machine.blocking {
            let peer = try Self.connect(port, settings)
            let local = peer.socket.localPort
            let pause = Wish.frame(Wish.pause, count: 1_500)
            // In one record with the pause, in others right behind it, and later; one of them is cut in two.
            let begin = ContinuousClock.now
            let rest = Self.echoes.dropFirst(10).flatMap { $0 }
            #expect(peer.write(pause + Self.echoes.prefix(10).flatMap { $0 }) == nil)
            #expect(peer.write(Array(rest.prefix(10_500))) == nil)
            usleep(300_000)
            #expect(peer.write(Array(rest.dropFirst(10_500))) == nil)
            usleep(300_000)
            #expect(server.journal.frames(local) == 1, "nothing but the pause")
            let expected = pause + Self.echoes.flatMap { $0 }
            #expect(peer.read(count: expected.count) == .bytes(expected))
            #expect(begin.duration(to: .now) >= .milliseconds(1_500))
            #expect(server.journal.frames(local) == 41)
        }
        await server.listener.stop()
    }

    @Test("is paused again and again, and loses nothing")
    func pausesAgain() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        try await Machine.blocking {
            let peer = try Self.connect(port, settings)
            let words = (0..<200).flatMap { number in
                Wish.frame(Wish.pause, count: UInt32(number % 3 * 2)) + Self.echoes[number % 40]
            }
            #expect(peer.write(words) == nil)
            #expect(peer.read(count: words.count) == .bytes(words))
        }
        await server.listener.stop()
    }

    @Test("does not take more than a few reads of what a peer sends meanwhile")
    func leavesItInTheNetwork() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        let frames = 32 << 10
        let frame = Wish.frame(Wish.nothing, [UInt8](repeating: 5, count: 1_019))
        let (peer, ciphertext) = try await Machine.blocking {
            let peer = try Self.connect(port, settings)
            let pause = peer.encrypt(Wish.frame(Wish.pause, count: 1_500))
            return (peer, pause + (0..<frames / 16).flatMap { _ in peer.encrypt((0..<16).flatMap { _ in frame }) })
        }
        let sent = Progress()
        async let all: Void = Machine.blocking {
            var rest = ciphertext[...]
            while !rest.isEmpty {
                try peer.socket.send(rest.prefix(65_536))
                rest = rest.dropFirst(65_536)
                sent.add(65_536)
            }
        }
        try await Task.sleep(for: .seconds(1))
        // The system's buffers on both sides take some MiB.
        #expect(sent.count < 24 << 20, "of 32 MiB")
        #expect(server.journal.frames(peer.socket.localPort) == 1)
        try await all
        #expect(await Machine.eventually { server.journal.frames(peer.socket.localPort) == 1 + frames })
        await server.listener.stop()
    }

    enum Departure: CaseIterable {
        case goodbye
        case end
        case reset
    }

    /// Pauses the connection for so long, sends as much more, and goes.
    private static func go(
        _ departure: Departure, _ port: Int, _ settings: RawSettings, pause: UInt32, unread: Int
    ) throws -> Int {
        let peer = try connect(port, settings)
        #expect(peer.write(Wish.frame(Wish.pause, count: pause)) == nil)
        // As much as the system takes without anybody reading.
        var timeout = timeval(tv_sec: 0, tv_usec: 300_000)
        setsockopt(peer.socket.descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if unread > 0 { try? peer.socket.send(peer.encrypt([UInt8](repeating: 0, count: unread))) }
        usleep(100_000)
        let local = peer.socket.localPort
        if departure == .goodbye { peer.sayGoodbye() }
        if departure == .reset { peer.socket.reset() } else { peer.socket.close() }
        return local
    }

    @Test(
        "notices at once that the peer has gone, also behind what was not read, and keeps nothing of it",
        arguments: Departure.allCases, [0, 40_000])
    func noticesTheEnd(_ departure: Departure, unread: Int) async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        let local = try await Machine.blocking {
            try Self.go(departure, port, settings, pause: 60_000, unread: unread)
        }
        let begin = ContinuousClock.now
        _ = await server.journal.reason(local)
        #expect(begin.duration(to: .now) < .seconds(10))
        #expect(await Machine.eventually { server.listener.connectionCount == 0 && server.journal.survivors == 0 })
        await server.listener.stop()
    }

    /// Then the end of the stream has not arrived, as it comes behind what nobody reads; a reset has.
    @Test(
        "notices it behind more than the network takes: a reset at once, an end when the pause is over",
        arguments: [(Departure.reset, 60_000), (.end, 1_000), (.goodbye, 1_000)] as [(Departure, UInt32)])
    func noticesTheEndBehindMuch(_ departure: Departure, pause: UInt32) async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        let local = try await Machine.blocking {
            try Self.go(departure, port, settings, pause: pause, unread: 8 << 20)
        }
        let begin = ContinuousClock.now
        _ = await server.journal.reason(local)
        #expect(begin.duration(to: .now) < .seconds(10))
        #expect(await Machine.eventually { server.listener.connectionCount == 0 && server.journal.survivors == 0 })
        await server.listener.stop()
    }

    @Test("can be closed while it is paused")
    func closes() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        try await Machine.blocking {
            let peer = try Self.connect(port, settings)
            let words = Wish.frame(Wish.pauseAndEnd, count: 200)
            #expect(peer.write(words + Self.echoes[0]) == nil)
            let (bytes, end) = peer.readToEnd()
            #expect(bytes == words && end == .closed, "what came after the pause was not looked at")
            peer.socket.close()
        }
        #expect(await Machine.eventually { server.listener.connectionCount == 0 && server.journal.survivors == 0 })
        await server.listener.stop()
    }
}
