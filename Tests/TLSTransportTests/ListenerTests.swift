import COpenSSL
import Foundation
import Testing

@testable import TLSTransport

@Suite("A listener", .timeLimit(.minutes(2)))
struct ListenerTests {
    private static func server(deadlineSeconds: Int64 = 20, maximumConnections: Int = 1_000) async throws -> (
        TestServer, RawSettings
    ) {
        let world = try await ClientWorld.shared.value
        let server = try await TestServer.start(
            world.server.context, deadline: .seconds(deadlineSeconds), maximumConnections: maximumConnections)
        return (server, RawSettings(identity: try world.client()))
    }

    /// A client that has been greeted.
    private static func connect(_ port: Int, _ settings: RawSettings) throws -> RawPeer? {
        let peer = try RawPeer(connectingTo: port, settings)
        guard peer.handshake() == .handshakeDone, peer.read(count: Desk.greeting.count) == .bytes(Desk.greeting) else {
            return nil
        }
        return peer
    }

    @Test("ends handshakes that are silent or trickle")
    func endsSlowHandshakes() async throws {
        let (server, settings) = try await Self.server(deadlineSeconds: 1)
        let port = server.port
        async let silent = Machine.blocking {
            let socket = try RawSocket(connectingTo: port)
            return (socket.localPort, try socket.receive())
        }
        async let trickling = Machine.blocking {
            let hello = try RawPeer(connectingTo: port, settings).firstFlight()
            let socket = try RawSocket(connectingTo: port)
            for byte in hello.prefix(100) {
                do { try socket.send([byte]) } catch { break }
                // The pace of the trickle: 100 bytes take longer than the deadline.
                usleep(20_000)
            }
            return socket.localPort
        }
        for local in [try await silent.0, try await trickling] {
            let reason = await server.journal.reason(local)
            guard case .handshakeTimeout(seconds: 1) = reason else {
                Issue.record("\(reason)")
                continue
            }
        }
        #expect(try await silent.1.isEmpty)
        await server.listener.stop()
    }

    @Test("survives two hundred peers that vanish in the handshake")
    func survivesVanishing() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        let dice = Dice(seed: 1)
        try await Machine.blocking {
            let hello = try RawPeer(connectingTo: port, settings).firstFlight()
            for number in 0..<200 {
                let socket = try RawSocket(connectingTo: port)
                try? socket.send(hello.prefix(number % 4 == 0 ? hello.count : dice.roll(0...hello.count)))
                if number % 2 == 0 { socket.reset() } else { socket.close() }
            }
        }
        #expect(await Machine.eventually { server.listener.connectionCount == 0 })
        #expect(try await Machine.blocking { try Self.connect(port, settings) != nil })
        await server.listener.stop()
    }

    @Test("keeps no more connections than it may")
    func limitsConnections() async throws {
        let (server, settings) = try await Self.server(maximumConnections: 2)
        let port = server.port
        let first = try await Machine.blocking { try Self.connect(port, settings) }
        let second = try await Machine.blocking { try Self.connect(port, settings) }
        #expect(first != nil && second != nil)
        let third = try await Machine.blocking { try RawPeer(connectingTo: port, settings).handshake() }
        #expect(third == .cut)
        first?.sayGoodbye()
        first?.socket.close()
        #expect(await Machine.eventually { server.listener.connectionCount == 1 })
        #expect(try await Machine.blocking { try Self.connect(port, settings) } != nil)
        await server.listener.stop()
    }

    @Test("keeps nothing of a thousand connections that came and went")
    func keepsNothing() async throws {
        let (server, settings) = try await Self.server()
        let port = server.port
        @Sendable func rounds(_ count: Int) async throws {
            try await Machine.blocking {
                for _ in 0..<count {
                    let peer = try Self.connect(port, settings)
                    peer?.sayGoodbye()
                }
            }
        }
        try await rounds(1_000)
        #expect(await Machine.eventually { server.listener.connectionCount == 0 })
        #expect(await Machine.eventually { server.journal.survivors == 0 })
        await server.listener.stop()
    }

    @Test("sends the intermediates that lie beside its certificate, and a client its own")
    func sendsChain() async throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let intermediate = try root.issue(.intermediate("Intermediate"), isRoot: true)
        let server = try await TestServer.start(
            CertificateFolder.context(
                .server, intermediate.issue(.server()), authorities: [root, intermediate],
                lists: [root.revocationList(), intermediate.revocationList()]))
        // The client knows the root alone.
        let client = try CertificateFolder.context(
            .client, intermediate.issue(.client()), authorities: [root], lists: [])
        let seen = try await TestClient.run(
            client, port: server.port, opening: Wish.frame(Wish.largeFramesAndEnd, count: 2))
        #expect(seen.frames == 3)
        if case .peer = seen.reason {} else { Issue.record("\(seen.reason)") }
        await server.listener.stop()
    }

    @Test("turns away what it cannot serve in time")
    func turnsAway() async throws {
        let world = try await ClientWorld.shared.value
        let threads = HandshakeThreads(count: 1, limit: 0)
        let server = try await TestServer.start(world.server.context, threads: threads)
        let settings = RawSettings(identity: try world.client())
        let port = server.port
        let (local, end) = try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, settings)
            return (peer.socket.localPort, peer.handshake())
        }
        #expect(end == .cut)
        let reason = await server.journal.reason(local)
        guard case .overloaded = reason else {
            Issue.record("\(reason)")
            return
        }
        #expect(reason.canRetry)
        #expect(await Machine.eventually { server.listener.connectionCount == 0 })
        await server.listener.stop()
        try await threads.shutdown()
    }

    @Test("names the address that it cannot listen on")
    func namesTakenAddress() async throws {
        let world = try await ClientWorld.shared.value
        let taken = try #require(world.server.listener.addresses.first)
        let error = await #expect(throws: TLSListenError.self) {
            _ = try await TLSListener.start(
                on: [taken], context: world.server.context, settings: TLSListenerSettings(maximumConnections: 1),
                group: Machine.group, threads: Machine.threads, seats: [])
        }
        #expect(error?.address == taken)
    }

    @Test("takes new certificates and revocations without dropping those that stay valid")
    func reloads() async throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let bob = try root.issue(.client(), isRoot: true)
        let alice = try root.issue(.client("URI:conclave:alice/phone"), isRoot: true)
        let identity = try root.issue(.server(), isRoot: true)
        let server = try await TestServer.start(
            CertificateFolder.context(.server, identity, authorities: [root], lists: [root.revocationList()]))
        let port = server.port
        let peers = try await Machine.blocking {
            try [bob, alice].compactMap { try Self.connect(port, RawSettings(identity: $0)) }
        }
        try #require(peers.count == 2)
        let certificates = try peers.map { try #require(server.journal.certificate($0.socket.localPort)) }
        #expect(certificates.map { $0.identity?.description } == ["bob/laptop", "alice/phone"])
        #expect(certificates.allSatisfy { server.context.verify($0) == nil })

        // Also a new certificate of the server, from a new authority beside the old one.
        let newRoot = try TestIdentity.selfSigned(.authority("New Authority"))
        let context = try CertificateFolder.context(
            .server, newRoot.issue(.server(), isRoot: true), authorities: [root, newRoot],
            lists: [root.revocationList(of: [bob]), newRoot.revocationList()])
        server.listener.use(context)
        let verdict = try #require(context.verify(certificates[0]))
        #expect("\(verdict)".contains("bob/laptop's certificate was revoked"))
        #expect(verdict.blamesPeer)
        #expect(context.verify(certificates[1]) == nil)

        let outcomes = try await Machine.blocking {
            let wish = Wish.frame(Wish.echo, [8])
            _ = peers[1].write(wish)
            let refused = try RawPeer(connectingTo: port, RawSettings(identity: bob))
            guard refused.handshake() == .handshakeDone else { return [] as [Outcome] }
            let carol = try newRoot.issue(.client("URI:conclave:carol/pc"), isRoot: true)
            let isGreeted = try Self.connect(port, RawSettings(identity: carol)) != nil
            return [peers[1].read(count: wish.count), refused.read(), isGreeted ? .handshakeDone : .cut]
        }
        #expect(outcomes == [.bytes(Wish.frame(Wish.echo, [8])), .alert(44), .handshakeDone])

        // Without the old authority nobody of it is left.
        let strict = try CertificateFolder.context(
            .server, newRoot.issue(.server(), isRoot: true), authorities: [newRoot], lists: [newRoot.revocationList()])
        #expect(certificates.allSatisfy { strict.verify($0) != nil })
        await server.listener.stop()
    }
}
