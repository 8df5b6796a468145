import COpenSSL
import Foundation
import Testing

@testable import TLSTransport

@Suite("The settings of TLS", .timeLimit(.minutes(2)))
struct TLSSettingsTests {
    private struct Talk: Sendable {
        var port: Int
        var end: Outcome
        var cipherSuite = ""
        var group = ""
        var isResumable = false
        var earlyData: UInt32 = 0
    }

    /// Shakes hands with a server, asks for an echo, and leaves in order.
    private static func talk(_ server: TestServer, _ settings: RawSettings) async throws -> Talk {
        let port = server.port
        return try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, settings)
            let local = peer.socket.localPort
            let start = peer.handshake()
            guard start == .handshakeDone else { return Talk(port: local, end: start) }
            let wish = Wish.frame(Wish.echo, [4])
            _ = peer.write(wish)
            let answer = peer.read(count: Desk.greeting.count + wish.count)
            guard case .bytes = answer else { return Talk(port: local, end: answer) }
            var talk = Talk(port: local, end: answer)
            talk.cipherSuite = SSL_CIPHER_get_name(SSL_get_current_cipher(peer.ssl)).map { String(cString: $0) } ?? ""
            talk.group = conclave_SSL_group_name(peer.ssl).map { String(cString: $0) } ?? ""
            let session = SSL_get_session(peer.ssl)
            talk.isResumable = SSL_SESSION_is_resumable(session) == 1
            talk.earlyData = SSL_SESSION_get_max_early_data(session)
            peer.sayGoodbye()
            return talk
        }
    }

    private static func settings() async throws -> (ClientWorld, RawSettings) {
        let world = try await ClientWorld.shared.value
        return (world, RawSettings(identity: try world.client()))
    }

    @Test("refuse TLS 1.2 and older", arguments: [TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION])
    func refuseOldVersion(version: Int32) async throws {
        var (world, settings) = try await Self.settings()
        settings.version = version
        let talk = try await Self.talk(world.server, settings)
        #expect(talk.end == .alert(70))
        #expect("\(await world.server.journal.reason(talk.port))".contains("does not speak TLS 1.3; update it"))
    }

    @Test(
        "refuse another protocol",
        arguments: [["http/1.1"], ["h2", "http/1.1"], ["conclave/2"], ["conclave/1x"], ["Conclave/1"], ["conclave"]])
    func refuseOtherProtocol(protocols: [String]) async throws {
        var (world, settings) = try await Self.settings()
        settings.protocols = protocols
        let talk = try await Self.talk(world.server, settings)
        #expect(talk.end == .alert(120))
        #expect("\(await world.server.journal.reason(talk.port))".contains("does not speak conclave/1"))
    }

    @Test("take our protocol among others")
    func takeOurProtocol() async throws {
        var (world, settings) = try await Self.settings()
        settings.protocols = ["h2", "conclave/1", "conclave/2"]
        guard case .bytes = try await Self.talk(world.server, settings).end else {
            Issue.record("refused")
            return
        }
    }

    /// Refused when its certificate is judged (handshake_failure), so that tools that look at the settings can do their work.
    @Test("refuse a client that names no protocol, before any frame")
    func refuseNoProtocol() async throws {
        var (world, settings) = try await Self.settings()
        settings.protocols = []
        let talk = try await Self.talk(world.server, settings)
        #expect(talk.end == .alert(40))
        #expect("\(await world.server.journal.reason(talk.port))".contains("does not name the protocol conclave/1"))
        #expect(world.server.journal.frames(talk.port) == 0)
    }

    @Test("leave nothing to resume, and take no early data")
    func leaveNothingToResume() async throws {
        let (world, settings) = try await Self.settings()
        let talk = try await Self.talk(world.server, settings)
        guard case .bytes = talk.end else {
            Issue.record("\(talk.end)")
            return
        }
        #expect(!talk.isResumable)
        #expect(talk.earlyData == 0)
    }

    @Test("refuse what both sides cannot share")
    func refuseUnshared() async throws {
        let (world, settings) = try await Self.settings()
        var cases = [settings, settings, settings]
        cases[0].groups = "P-521"
        cases[1].cipherSuites = "TLS_AES_128_CCM_SHA256"
        cases[2].signatureAlgorithms = "rsa_pss_rsae_sha256"
        for settings in cases {
            let talk = try await Self.talk(world.server, settings)
            #expect(talk.end == .alert(40))
            let reason = "\(await world.server.journal.reason(talk.port))"
            #expect(reason.contains("no TLS settings in common with the client; update"))
        }
    }

    @Test("choose the suite by the strength of the certificate")
    func chooseSuite() async throws {
        let (world, settings) = try await Self.settings()
        let weak = try await Self.talk(world.server, settings)
        #expect(weak.cipherSuite == "TLS_AES_128_GCM_SHA256")
        #expect(weak.group.contains("25519"), "\(weak.group)")

        let root = try TestIdentity.selfSigned(.authority("Strong").with { $0.key = .curve("P-384") })
        let recipe = CertificateRecipe.server().with {
            $0.key = .curve("P-384")
            $0.hash = "SHA384"
        }
        let strong = try await TestServer.start(
            CertificateFolder.context(
                .server, root.issue(recipe, isRoot: true), authorities: [root], lists: [root.revocationList()]))
        let client = try root.issue(.client().with { $0.key = .curve("P-384") }, isRoot: true)
        let talk = try await Self.talk(strong, RawSettings(identity: client))
        #expect(talk.cipherSuite == "TLS_AES_256_GCM_SHA384")
        await strong.listener.stop()
    }

    @Test("write keys only where a file is named, for its owner alone")
    func writeKeys() async throws {
        let world = try await ClientWorld.shared.value
        let folder = try CertificateFolder()
        let file = folder.url.appending(path: "keys.log")
        let lists = try ClientWorld.lists(world.authorities, revoked: [])
        let identity = try world.root.issue(.server(), isRoot: true)
        for keyLog in [nil, file.path] {
            let server = try await TestServer.start(
                CertificateFolder.context(
                    .server, identity, authorities: world.authorities, lists: lists, keyLog: keyLog))
            let talk = try await Self.talk(server, RawSettings(identity: try world.client()))
            guard case .bytes = talk.end else {
                Issue.record("\(talk.end)")
                return
            }
            await server.listener.stop()
            #expect(FileManager.default.fileExists(atPath: file.path) == (keyLog != nil))
        }
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
        for label in ["CLIENT_HANDSHAKE", "SERVER_HANDSHAKE", "CLIENT", "SERVER"] {
            #expect(lines.contains { $0.hasPrefix(label + "_TRAFFIC_SECRET") })
        }
        let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("survive new keys asked for by the other side")
    func surviveKeyUpdate() async throws {
        let (world, settings) = try await Self.settings()
        let port = world.server.port
        let isSame = try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, settings)
            guard peer.handshake() == .handshakeDone else { return false }
            guard peer.read(count: Desk.greeting.count) == .bytes(Desk.greeting) else { return false }
            for number in 0..<20 as Range<UInt8> {
                SSL_key_update(peer.ssl, SSL_KEY_UPDATE_REQUESTED)
                let wish = Wish.frame(Wish.echo, [number])
                _ = peer.write(wish)
                guard peer.read(count: wish.count) == .bytes(wish) else { return false }
            }
            peer.sayGoodbye()
            return peer.read() == .closed
        }
        #expect(isSame)
    }
}
