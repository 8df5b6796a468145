import Chat
import ChatWire
import NIOCore
import Testing

@testable import TLSTransport

@Suite("The chain that a peer shows", .timeLimit(.minutes(1)))
struct PeerChainTests {
    /// Tells the peer's certificate and hangs up.
    private final class Reader: FrameReceiver {
        let promise: EventLoopPromise<Certificate?>

        init(_ promise: EventLoopPromise<Certificate?>) { self.promise = promise }

        func connected(_ connection: TLSConnection) {
            promise.succeed(connection.peerCertificate)
            connection.close()
        }

        func received(_ frame: Frame, on connection: TLSConnection) {}
        func violated(_ error: FrameError, on connection: TLSConnection) { connection.close(because: error) }
        func closed(_ connection: TLSConnection, because reason: TLSCloseReason) { promise.succeed(nil) }
    }

    private static func deployment(_ recipe: CertificateRecipe) throws -> (root: TestIdentity, leaf: TestIdentity) {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        return (root, try root.issue(.intermediate("Between"), isRoot: true).issue(recipe))
    }

    @Test("is the server's own for a client, which can name it in a room")
    func server() async throws {
        let (root, leaf) = try Self.deployment(.server())
        let lists = try [root, leaf.chain[0]].map { try $0.revocationList() }
        let server = try await TestServer.start(
            CertificateFolder.context(.server, leaf, authorities: [root, leaf.chain[0]], lists: lists))
        let client = try CertificateFolder.context(
            .client, root.issue(.client(), isRoot: true), authorities: [root], lists: [])
        let loop = Machine.group.next()
        let promise = loop.makePromise(of: Certificate?.self)
        let port = server.port
        try await loop.flatSubmit {
            TLSClient.connect(
                host: "127.0.0.1", port: port, context: client,
                receiver: NIOLoopBound(Reader(promise), eventLoop: loop),
                loop: NIOLoopBound(TLSLoop(eventLoop: loop), eventLoop: loop), timeout: .seconds(20))
        }.get()
        let seen = try #require(try await promise.futureResult.get())
        #expect(try seen.encodedChain == leaf.derChain)
        #expect(seen.encodedChain == server.context.certificateChain)
        #expect(seen.publicKey == server.context.publicKey)
        #expect(try client.judge.judge(seen.encodedChain, as: .server).subject == .server("localhost"))
    }

    @Test("is the client's own for a server, which can compare it with a credential")
    func client() async throws {
        let (root, leaf) = try Self.deployment(.client())
        let authorities = [root, leaf.chain[0]]
        let lists = try authorities.map { try $0.revocationList() }
        let server = try await TestServer.start(
            CertificateFolder.context(
                .server, root.issue(.server(), isRoot: true), authorities: authorities, lists: lists))
        let port = server.port
        let peer = try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, RawSettings(identity: leaf))
            #expect(peer.handshake() == .handshakeDone)
            return peer
        }
        let local = peer.socket.localPort
        #expect(await Machine.eventually { server.journal.certificate(local) != nil })
        let seen = try #require(server.journal.certificate(local))
        #expect(try seen.encodedChain == leaf.derChain)
        #expect(seen.identity == PeerIdentity("bob/laptop"))
        try await Machine.blocking { peer.sayGoodbye() }
    }
}
