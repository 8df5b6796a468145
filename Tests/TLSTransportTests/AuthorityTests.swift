import Glibc
import Testing

@testable import TLSTransport

@Suite("Authorities and their revocation lists")
struct AuthorityTests {
    private static let day = CertificateRecipe.day

    /// Why a server cannot start with `authorities`; `nil` if it can.
    private static func refusal(_ authorities: [TestIdentity], lists: [String]) throws -> String? {
        let server = try authorities[0].issue(.server(), isRoot: true)
        do {
            _ = try CertificateFolder.context(.server, server, authorities: authorities, lists: lists)
            return nil
        } catch let error as TLSConfigurationError {
            return "\(error)"
        }
    }

    @Test(
        "an authority's key is P-256 or P-384",
        arguments: [
            (TestKey.Kind.curve("P-256"), nil), (.curve("P-384"), nil), (.curve("P-521"), "secp521r1"),
            (.curve("P-224"), "secp224r1"), (.curve("secp256k1"), "secp256k1"), (.rsa(bits: 2_048), "rsaEncryption"),
            (.ed25519, "ED25519"), (.explicitCurve("P-256"), "explicit"),
        ] as [(TestKey.Kind, String?)])
    func keyOfAuthority(kind: TestKey.Kind, words: String?) throws {
        let good = try TestIdentity.selfSigned(.authority("Good Authority"))
        let other = try TestIdentity.selfSigned(.authority("Test Authority").with { $0.key = kind })
        let refusal = try Self.refusal(
            [good, other], lists: [good.revocationList()] + (words == nil ? [other.revocationList()] : []))
        if let words {
            #expect(refusal?.contains(words) == true, "\(refusal ?? "accepted")")
            #expect(refusal?.contains("only P-256 and P-384") == true, "\(refusal ?? "accepted")")
        } else {
            #expect(refusal == nil)
        }
    }

    @Test(
        "an intermediate authority is no weaker",
        arguments: [
            (CertificateRecipe.intermediate("Issuer"), nil),
            (.intermediate("Issuer").with { $0.key = .curve("P-384") }, nil),
            (.intermediate("Issuer").with { $0.key = .rsa(bits: 2_048) }, "rsaEncryption"),
            (.intermediate("Issuer").with { $0.key = .curve("P-224") }, "secp224r1"),
            (.intermediate("Issuer").with { $0.key = .curve("P-521") }, "secp521r1"),
            (.intermediate("Issuer").with { $0.hash = "SHA224" }, "SHA-256"),
            (.intermediate("Issuer").adding("1.2.3.4", "DER:0500").adding("1.2.3.4", "DER:0500"), "occurs twice"),
        ] as [(CertificateRecipe, String?)])
    func intermediate(recipe: CertificateRecipe, words: String?) async throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let server = try root.issue(recipe, isRoot: true).issue(.server())
        let client = try CertificateFolder.context(
            .client, root.issue(.client(), isRoot: true), authorities: [root], lists: [])
        let listening = try RawSocket.listening()
        async let told = Machine.blocking {
            let peer = try RawPeer(listening.accept(), isServer: true, RawSettings(identity: server))
            let start = peer.handshake()
            guard start == .handshakeDone else { return start }
            peer.sayGoodbye()
            return peer.readToEnd().end
        }
        let seen = try await TestClient.run(client, port: listening.localPort)
        let alert = try await told
        if let words {
            #expect("\(seen.reason)".contains(words), "\(seen.reason)")
            #expect("\(seen.reason)".contains("the issuing authority's certificate"), "\(seen.reason)")
            #expect([.alert(42), .alert(43)].contains(alert), "\(alert)")
        } else {
            #expect("\(seen.reason)" == "closed by the other side")
            #expect(alert == .closed)
        }
    }

    @Test("an extension that nobody knows stands once")
    func repeatedExtension() async throws {
        let world = try await ClientWorld.shared.value
        let once = CertificateRecipe.client().adding("1.2.3.4", "DER:0500")
        #expect(try world.judgement(of: world.client(once)) == "accepted")
        #expect(try world.judgement(of: world.client(once.adding("1.2.3.5", "DER:0500"))) == "accepted")
        let twice = try world.judgement(of: world.client(once.adding("1.2.3.4", "DER:0501")))
        #expect(twice.contains("occurs twice"), "\(twice)")
    }

    @Test("a list from the future is refused when it is loaded, not every client later")
    func futureList() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        #expect(try Self.refusal([root], lists: [root.revocationList(validity: (-1, Self.day))]) == nil)
        let refusal = try Self.refusal(
            [root], lists: [root.revocationList(validity: (2 * Self.day + 60, 9 * Self.day))])
        #expect(refusal?.contains("for another 2 days") == true, "\(refusal ?? "accepted")")
        #expect(refusal?.contains("timedatectl") == true, "\(refusal ?? "accepted")")
    }

    /// Two authorities of one name are what a renewed authority leaves behind. libcrypto finds a list by its issuer's name.
    @Test("the list of a namesake does not hide a revocation", arguments: [false, true])
    func namesakes(isNamesakeNewer: Bool) throws {
        let first = try TestIdentity.selfSigned(.authority("Test Authority"))
        let second = try TestIdentity.selfSigned(.authority("Test Authority"))
        let revoked = try first.issue(.client(), isRoot: true)
        let ages: [Int64] = isNamesakeNewer ? [-7_200, -3_600] : [-3_600, -7_200]
        let lists = [
            try first.revocationList(of: [revoked], validity: (ages[0], Self.day)),
            try second.revocationList(validity: (ages[1], Self.day)),
        ]
        let server = try first.issue(.server(), isRoot: true)
        for (authorities, lists) in [([first, second], lists), ([second, first], Array(lists.reversed()))] {
            let context = try CertificateFolder.context(.server, server, authorities: authorities, lists: lists)
            let folder = try CertificateFolder()
            try folder.write(revoked, as: "leaf")
            let file = try PEMFile(folder.url.path + "/leaf.pem", remedy: "")
            guard let leaf = try file.nextCertificate() else { throw LibraryFailure() }
            let judgement = context.verify(leaf).map { "\($0)" } ?? "accepted"
            #expect(judgement.contains("revo"), "\(judgement)")
        }
    }
}
