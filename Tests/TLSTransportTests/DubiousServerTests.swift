import COpenSSL
import NIOCore
import Testing

@testable import TLSTransport

/// A server certificate that our client must refuse: how to make it, and what both sides learn.
struct DubiousServer: Sendable, CustomTestStringConvertible {
    var name: String
    var host: String
    var alert: Int
    var words: String
    var make: @Sendable (ServerWorld) throws -> TestIdentity

    var testDescription: String { name }

    init(
        _ name: String, host: String = "127.0.0.1", _ alert: Int, _ words: String,
        _ make: @escaping @Sendable (ServerWorld) throws -> TestIdentity
    ) {
        self.name = name
        self.host = host
        self.alert = alert
        self.words = words
        self.make = make
    }

    init(_ name: String, host: String = "127.0.0.1", _ alert: Int, _ words: String, _ recipe: CertificateRecipe) {
        self.init(name, host: host, alert, words) { try $0.root.issue(recipe, isRoot: true) }
    }

    private static let good = CertificateRecipe.server()
    private static let otherName = "the server's certificate is for another name; connect by a name that it holds"

    static let all: [DubiousServer] = [
        .init("for another host", host: "localhost", 42, otherName, .server("DNS:chat.example")),
        .init("for another address", 42, otherName, .server("IP:127.0.0.2")),
        .init("with the address as a host name", 42, otherName, .server("DNS:127.0.0.1")),
        .init("for the address alone, asked for by name", host: "localhost", 42, otherName, .server("IP:127.0.0.1")),
        .init("for the host alone, asked for by address", 42, otherName, .server("DNS:localhost")),
        .init("with a wildcard", host: "localhost", 42, otherName, .server("DNS:*")),
        .init("with a wildcard in the name", host: "localhost", 42, otherName, .server("DNS:l*t")),
        .init(
            "with the name in the common name alone", host: "localhost", 42, otherName,
            good.setting("subjectAltName", nil).with { $0.commonNames = [Array("localhost".utf8)] }),
        .init(
            "with the name in the common name beside another", host: "localhost", 42, otherName,
            .server("DNS:chat.example").with { $0.commonNames = [Array("localhost".utf8)] }),
        .init(
            "with a NUL after the name", host: "localhost", 42, otherName,
            good.setting("subjectAltName", "DER:3010820E" + "6C6F63616C686F7374002E6576696C")),
        .init("of a client", 43, "is not for a TLS server", .client("IP:127.0.0.1")),
        .init(
            "for servers and clients", 43, "for TLS servers alone",
            good.setting("extendedKeyUsage", "serverAuth,clientAuth")),
        .init("without extended key usage", 43, "for TLS servers alone", good.setting("extendedKeyUsage", nil)),
        .init("of an authority", 43, "an authority's", good.setting("basicConstraints", "critical,CA:TRUE")),
        .init(
            "with more key usage", 43, "digitalSignature",
            good.setting("keyUsage", "critical,digitalSignature,keyAgreement")),
        .init(
            "with an identity among its hosts", 42, "neither hosts nor addresses",
            .server("IP:127.0.0.1,URI:conclave:alice/laptop")),
        .init(
            "with 33 names", 42, "more than 32 names",
            .server((1...32).map { "DNS:h\($0).example" }.joined(separator: ",") + ",IP:127.0.0.1")),
        .init("for ten years", 42, "valid for", good.with { $0.validity = (-60, 3_650 * CertificateRecipe.day) }),
        .init(
            "expired", 45, "the server's certificate expired 1 hour ago; run scripts/certs renew server",
            good.with { $0.validity = (-7_200, -3_660) }),
        .init(
            "not valid yet", 42, "the server's certificate is not valid yet, for another 1 hour; check the clocks",
            good.with { $0.validity = (3_660, 7_200) }),
        .init("revoked", 44, "the server's certificate was revoked; ") { $0.revoked },
        .init(
            "of another authority", 48,
            "the server's certificate was issued by an authority that is not ours; use the ca.pem"
        ) { _ in
            try TestIdentity.selfSigned(.authority("Another Authority")).issue(good)
        },
        .init("self-signed", 48, "issued by itself") { _ in
            try .selfSigned(good.setting("authorityKeyIdentifier", nil))
        },
        .init("with a broken signature", 51, "signature", good.with { $0.isDamaged = true }),
        .init(
            "with an unknown critical extension", 46, "critical extension", good.adding("1.2.3.4", "critical,DER:0500")),
    ]
}

/// An authority, and our client's context.
final class ServerWorld: Sendable {
    let root: TestIdentity
    let revoked: TestIdentity
    let intermediate: TestIdentity
    let client: TLSContext

    static let shared = Task { try ServerWorld() }

    private init() throws {
        root = try .selfSigned(.authority("Test Authority"))
        intermediate = try root.issue(.intermediate("Intermediate"), isRoot: true)
        revoked = try root.issue(.server(), isRoot: true)
        client = try CertificateFolder.context(
            .client, root.issue(.client(), isRoot: true), authorities: [root, intermediate],
            lists: [root.revocationList(of: [revoked]), intermediate.revocationList()])
    }

    /// Lets our client meet what `serve` does with the first connection.
    func meet<Value: Sendable>(
        host: String = "127.0.0.1", timeoutSeconds: Int64 = 20, opening: [UInt8] = [],
        _ serve: @escaping @Sendable (RawSocket) throws -> Value
    ) async throws -> (server: Value, reason: TLSCloseReason, frames: Int) {
        let listening = try RawSocket.listening()
        async let served = Machine.blocking { try serve(listening.accept()) }
        let client = try await TestClient.run(
            client, host: host, port: listening.localPort, opening: opening, timeout: .seconds(timeoutSeconds))
        return (try await served, client.reason, client.frames)
    }
}

@Suite("A client and the certificate of its server", .timeLimit(.minutes(2)))
struct DubiousServerTests {
    @Test("refuses a certificate", arguments: DubiousServer.all)
    func refuses(dubious: DubiousServer) async throws {
        let world = try await ServerWorld.shared.value
        let settings = RawSettings(identity: try dubious.make(world))
        let seen = try await world.meet(host: dubious.host) { try RawPeer($0, isServer: true, settings).handshake() }
        #expect(seen.server == .alert(dubious.alert))
        #expect("\(seen.reason)".contains(dubious.words))
        #expect(!seen.reason.canRetry)
    }

    @Test(
        "accepts a certificate",
        arguments: [
            ("127.0.0.1", CertificateRecipe.server()), ("localhost", .server()),
            ("LOCALHOST", .server("DNS:localhost")), ("localhost", .server("DNS:LocalHost")),
            ("127.0.0.1", .server().with { $0.key = .curve("P-384") }),
            ("localhost", .server((1...31).map { "DNS:h\($0).example" }.joined(separator: ",") + ",DNS:localhost")),
        ])
    func accepts(host: String, recipe: CertificateRecipe) async throws {
        let world = try await ServerWorld.shared.value
        for issuer in [world.root, world.intermediate] {
            let settings = RawSettings(identity: try issuer.issue(recipe, isRoot: issuer === world.root))
            let seen = try await world.meet(host: host, opening: Wish.frame(Wish.nothing)) { socket in
                let peer = try RawPeer(socket, isServer: true, settings)
                guard peer.handshake() == .handshakeDone else { return Outcome.failed("handshake") }
                _ = peer.write(Desk.greeting)
                peer.sayGoodbye()
                return peer.read()
            }
            #expect(seen.server == .bytes(Wish.frame(Wish.nothing)))
            #expect(seen.frames == 1)
            guard case .peer = seen.reason else {
                Issue.record("\(seen.reason)")
                continue
            }
        }
    }

    @Test(
        "compares names without wildcards",
        arguments: [
            ("DNS:chat.example.org", "chat.example.org", true), ("DNS:chat.example.org", "CHAT.example.ORG", true),
            ("DNS:*.example.org", "chat.example.org", false), ("DNS:example.org", "chat.example.org", false),
            ("DNS:chat.example.org", "example.org", false),
            ("IP:2001:db8::1", "2001:db8::1", true), ("IP:2001:db8::1", "2001:db8:0:0:0:0:0:1", true),
            ("IP:2001:db8::1", "2001:db8::2", false), ("IP:10.0.0.1", "::ffff:10.0.0.1", false),
        ])
    func compares(names: String, host: String, matches: Bool) async throws {
        let world = try await ServerWorld.shared.value
        let settings = RawSettings(identity: try world.root.issue(.server(names), isRoot: true))
        let server = try RawPeer(RawSocket.listening(), isServer: true, settings)
        let client = try TLSSession(context: world.client, serverName: ServerName(host))
        var step = client.handshake()
        client.input = ByteBuffer(bytes: server.answer(Array(client.output.readableBytesView)))
        step = client.handshake()
        #expect(step == (matches ? .done : .failed))
        if !matches { #expect(client.evidence.verification?.description.contains("another name") == true) }
    }

    @Test(
        "does not take what is no name for one",
        arguments: ["", ".", ".example.org", "a\0c", String(repeating: "a", count: 300)])
    func refusesName(text: String) async throws {
        let world = try await ServerWorld.shared.value
        #expect(throws: TLSConfigurationError.self) {
            _ = try TLSSession(context: world.client, serverName: ServerName(text))
        }
    }

    @Test("says what an alert means", arguments: TLSAlert.names.keys.filter { $0 != 0 }.sorted())
    func tellsAlert(code: UInt8) async throws {
        let world = try await ServerWorld.shared.value
        let seen = try await world.meet { socket in
            _ = try socket.receive()
            // A record of a fatal alert (RFC 8446 §6).
            try socket.send([21, 3, 3, 0, 2, 2, code])
            return 0
        }
        guard case .tls(let failure) = seen.reason else {
            Issue.record("\(seen.reason)")
            return
        }
        #expect(failure.receivedAlert == code)
        #expect(failure.description == TLSAlert(code: code).sentence(to: .client))
    }

    struct Stranger: Sendable, CustomTestStringConvertible {
        var name: String
        var words: String
        var answer: [UInt8]
        var testDescription: String { name }
    }

    @Test(
        "tells a server that speaks something else",
        arguments: [
            Stranger(
                name: "HTTP", words: "does not speak TLS; check the address and the port",
                answer: Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8)),
            Stranger(
                name: "SSH", words: "does not speak TLS; check the address and the port",
                answer: Array("SSH-2.0-OpenSSH_9.2p1\r\n".utf8)),
            Stranger(name: "zeros", words: "the server", answer: [UInt8](repeating: 0, count: 100)),
            Stranger(name: "nothing", words: "ended the connection before the TLS handshake was done", answer: []),
        ])
    func tellsStranger(stranger: Stranger) async throws {
        let world = try await ServerWorld.shared.value
        let seen = try await world.meet { socket in
            _ = try socket.receive()
            try socket.send(stranger.answer)
            return 0
        }
        #expect("\(seen.reason)".contains(stranger.words))
        #expect(seen.frames == 0)
    }

    @Test("gives up a server that is silent")
    func givesUpSilence() async throws {
        let world = try await ServerWorld.shared.value
        let seen = try await world.meet(timeoutSeconds: 1) { socket in
            while try !socket.receive().isEmpty {}
            return 0
        }
        guard case .handshakeTimeout(seconds: 1) = seen.reason else {
            Issue.record("\(seen.reason)")
            return
        }
        #expect("\(seen.reason)".contains("within 1 s"))
    }

    @Test("refuses a server without our protocol, of an older TLS, or with an RSA key")
    func refusesSettings() async throws {
        let world = try await ServerWorld.shared.value
        let identity = try world.root.issue(.server(), isRoot: true)
        let rsa = try world.root.issue(.server().with { $0.key = .rsa(bits: 2_048) }, isRoot: true)
        let cases: [(RawSettings, String)] = [
            (RawSettings(identity: identity, protocols: []), "does not name the protocol conclave/1"),
            (RawSettings(identity: identity, version: TLS1_2_VERSION), "does not speak TLS 1.3; update it"),
            (RawSettings(identity: rsa), "no TLS settings in common"),
            (RawSettings(identity: identity, groups: "P-521"), "no TLS settings in common"),
        ]
        for (settings, words) in cases {
            let seen = try await world.meet { try RawPeer($0, isServer: true, settings).handshake() }
            #expect(seen.server != .handshakeDone)
            #expect("\(seen.reason)".contains(words))
        }
    }
}
