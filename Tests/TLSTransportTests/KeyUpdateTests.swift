import COpenSSL
import Testing

@testable import TLSTransport

@Suite("KeyUpdate, RFC 8446 §4.6.3")
struct KeyUpdateTests {
    /// Asks for new keys `count` times, then wants an echo.
    private static func update(_ count: Int, _ world: ClientWorld) async throws -> Outcome {
        let identity = try world.client()
        let port = world.server.port
        return try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, RawSettings(identity: identity))
            let start = peer.handshake()
            guard start == .handshakeDone else { return start }
            guard case .bytes = peer.read(count: Desk.greeting.count) else { return .failed("no greeting") }
            let wish = Wish.frame(Wish.echo, [1, 2, 3])
            for _ in 0..<count {
                try check(SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED))
                guard peer.handshake() == .handshakeDone else { return .failed("no key update") }
            }
            for _ in 0..<3 {
                if let failure = peer.write(wish) { return failure }
                guard peer.read(count: wish.count) == .bytes(wish) else { return .failed("no echo") }
            }
            peer.sayGoodbye()
            return .closed
        }
    }

    @Test("new keys are taken and the answer arrives before what is under them", arguments: [0, 1, 2, 3, 40])
    func answers(count: Int) async throws {
        let world = try await ClientWorld.shared.value
        #expect(try await Self.update(count, world) == .closed)
    }
}
