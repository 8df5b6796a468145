import COpenSSL
import Foundation
import Testing

@testable import TLSTransport

@Suite("Admission to a listener, by address", .timeLimit(.minutes(2)))
struct AdmissionTests {
    private static func server(
        maximumConnections: Int = 1_000, _ change: @escaping (inout TLSListenerSettings) -> Void
    ) async throws -> (TestServer, RawSettings) {
        let world = try await ClientWorld.shared.value
        let server = try await TestServer.start(
            world.server.context, maximumConnections: maximumConnections, change: change)
        return (server, RawSettings(identity: try world.client()))
    }

    /// A client that has been greeted; `nil` if it was turned away.
    private static func connect(_ port: Int, from host: UInt8 = 1, _ settings: RawSettings) throws -> RawPeer? {
        let peer = try RawPeer(connectingTo: port, from: host, settings)
        guard peer.handshake() == .handshakeDone, peer.read(count: Desk.greeting.count) == .bytes(Desk.greeting) else {
            return nil
        }
        return peer
    }

    /// Whether the server closes it at once.
    private static func isTurnedAway(_ socket: RawSocket) -> Bool {
        do { return try socket.receive().isEmpty } catch let failure as SocketFailure { return failure.isReset } catch {
            return false
        }
    }

    @Test("whoever was there lately gets in while strangers hold all the places that they may have")
    func reservesPlaces() async throws {
        let (server, settings) = try await Self.server { settings in
            settings.handshakes = 8
            settings.handshakesPerAddress = 8
        }
        let port = server.port
        try await Machine.blocking {
            // Alice was here.
            try Self.connect(port, settings)?.socket.close()
            // From six other addresses somebody connects and says nothing.
            let silent = try (2...7).map { try RawSocket(connectingTo: port, from: $0) }
            #expect(Self.eventually { server.listener.handshakeCount == 6 })
            for host in 8...20 as ClosedRange<UInt8> {
                #expect(Self.isTurnedAway(try RawSocket(connectingTo: port, from: host)), "a stranger from \(host)")
            }
            #expect(try Self.connect(port, from: 21, settings) == nil, "whoever it would have been")
            for _ in 0..<20 { #expect(try Self.connect(port, settings) != nil, "the known get in") }
            for socket in silent { socket.close() }
            #expect(Self.eventually { server.listener.handshakeCount == 0 })
            #expect(try Self.connect(port, from: 21, settings) != nil, "the storm is over")
        }
        #expect(server.listener.takeRefusalCount() == 14)
        await server.listener.stop()
    }

    @Test("a storm of strangers on all sides does not keep the known out", arguments: [40])
    func survivesStorm(strangers: Int) async throws {
        let (server, settings) = try await Self.server { settings in
            settings.handshakes = 16
            settings.handshakesPerAddress = 8
        }
        let port = server.port
        try await Machine.blocking { try Self.connect(port, settings)?.socket.close() }
        let isOver = Flag()
        async let storm: Int = Machine.blocking {
            var count = 0
            let hello = try RawPeer(connectingTo: port, from: 2, settings).firstFlight()
            var held: [RawSocket] = []
            while !isOver.isSet {
                let socket = try RawSocket(connectingTo: port, from: UInt8(2 + count % strangers))
                if count % 3 == 0 { try? socket.send(hello) }
                held.append(socket)
                if held.count > 100 { held.removeFirst() }
                count += 1
            }
            return count
        }
        let entered = try await Machine.blocking {
            defer { isOver.set() }
            usleep(200_000)
            return try (0..<30).count { _ in try Self.connect(port, settings) != nil }
        }
        #expect(entered == 30)
        #expect(try await storm > 100)
        #expect(await Machine.eventually { server.listener.connectionCount == 0 })
        await server.listener.stop()
    }

    @Test("of one address so many handshakes at once, and so many connections")
    func limitsAddresses() async throws {
        let (server, settings) = try await Self.server { settings in
            settings.handshakesPerAddress = 3
            settings.connectionsPerAddress = 5
        }
        let port = server.port
        try await Machine.blocking {
            let silent = try (0..<3).map { _ in try RawSocket(connectingTo: port) }
            #expect(Self.eventually { server.listener.handshakeCount == 3 })
            #expect(try Self.connect(port, settings) == nil)
            let elsewhere = try Self.connect(port, from: 2, settings)
            #expect(elsewhere != nil, "another address has its own")
            for socket in silent { socket.close() }
            #expect(Self.eventually { server.listener.connectionCount == 1 })
            let peers = try (0..<5).map { _ in try Self.connect(port, settings) }
            #expect(peers.allSatisfy { $0 != nil })
            #expect(try Self.connect(port, settings) == nil)
            #expect(try Self.connect(port, from: 2, settings) != nil)
            peers[0]?.socket.close()
            #expect(Self.eventually { server.listener.connectionCount <= 5 })
            #expect(try Self.connect(port, settings) != nil)
        }
        await server.listener.stop()
    }

    @Test("connections of strangers take a part of all places; who has proved who it is takes none of them")
    func limitsConnections() async throws {
        let (server, settings) = try await Self.server(maximumConnections: 8) { $0.handshakes = 100 }
        let port = server.port
        try await Machine.blocking {
            let peers = try (1...3).map { try Self.connect(port, from: $0, settings) }
            #expect(peers.allSatisfy { $0 != nil })
            let silent = try (11...15).map { try RawSocket(connectingTo: port, from: $0) }
            #expect(Self.eventually { server.listener.connectionCount == 8 })
            #expect(try Self.connect(port, from: 1, settings) == nil, "all places are taken")
            silent[0].close()
            silent[1].close()
            #expect(Self.eventually { server.listener.connectionCount == 6 })
            let known = try (1...2).map { try Self.connect(port, from: $0, settings) }
            #expect(known.allSatisfy { $0 != nil }, "the known may have all that are left")
            for peer in peers + known { peer?.socket.close() }
            #expect(Self.eventually { server.listener.connectionCount == 3 })
            let more = try (21...23).map { try RawSocket(connectingTo: port, from: $0) }
            #expect(Self.eventually { server.listener.connectionCount == 6 })
            #expect(Self.isTurnedAway(try RawSocket(connectingTo: port, from: 24)), "six of eight")
            #expect(try Self.connect(port, from: 3, settings) != nil)
            for socket in more { socket.close() }
        }
        await server.listener.stop()
    }

    @Test("steps of the known go first, and strangers' still have their turn")
    func servesTheKnownFirst() async throws {
        let threads = HandshakeThreads(count: 1)
        let order = Order()
        let gate = Flag()
        let loop = Machine.group.next()
        func add(_ name: Int, isKnown: Bool) -> Bool {
            threads.run(isKnown: isKnown, { order.add(name) }, on: loop, done: { _ in })
        }
        let isBusy = threads.run({ while !gate.isSet { usleep(1_000) } }, on: loop, done: { _ in })
        #expect(isBusy)
        for name in 0..<8 { #expect(add(name, isKnown: false)) }
        for name in 100..<110 { #expect(add(name, isKnown: true)) }
        gate.set()
        #expect(await Machine.eventually { order.names.count == 18 })
        let names = order.names
        #expect(names.filter { $0 < 100 } == Array(0..<8) && names.filter { $0 >= 100 } == Array(100..<110))
        #expect(names.prefix(12).count { $0 >= 100 } >= 8, "three of four")
        #expect(names.prefix(12).contains { $0 < 100 })
        try await threads.shutdown()
    }

    private static func eventually(_ condition: () -> Bool) -> Bool {
        for _ in 0..<4_000 {
            if condition() { return true }
            usleep(5_000)
        }
        return condition()
    }
}
