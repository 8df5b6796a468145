import Chat
import ChatClient
import Glibc
import MLS
import MLSWire
import Testing

@testable import TLSTransport

@Suite("What rooms ask of a credential, RFC 9420 §5.3.1", .timeLimit(.minutes(2)))
struct DeviceValidatorTests {
    private static let all: [CredentialUse] = [.member, .newMember, .update, .externalSender]

    /// Why the certificate is refused for a use; `nil` if it is not.
    private static func refusal(
        _ world: DeviceWorld, _ leaf: TestIdentity, _ use: CredentialUse, key: TestKey? = nil
    ) throws -> String? {
        let key = try DeviceKey(key ?? leaf.key).signer.publicKey
        do throws(CredentialRefusal) {
            try world.validator.validate(.x509(certificates: (try? leaf.derChain) ?? []), key: key, for: use)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("a device's certificate that is good is good for a member in every way, and not for a server")
    func device() throws {
        let world = try DeviceWorld()
        let leaf = try world.certify("alice/laptop")
        for use in [CredentialUse.member, .newMember, .update] { #expect(try Self.refusal(world, leaf, use) == nil) }
        #expect(try Self.refusal(world, leaf, .externalSender)?.contains("TLS") == true)
    }

    @Test("a server's certificate is good for a server alone")
    func server() throws {
        let world = try DeviceWorld()
        let leaf = try world.root.issue(.server(), isRoot: true)
        #expect(try Self.refusal(world, leaf, .externalSender) == nil)
        for use in [CredentialUse.member, .newMember, .update] { #expect(try Self.refusal(world, leaf, use) != nil) }
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority")).issue(.server(), isRoot: true)
        #expect(try Self.refusal(world, stranger, .externalSender)?.contains("not ours") == true)
    }

    @Test("what is not genuine is refused in every role")
    func notGenuine() throws {
        let world = try DeviceWorld()
        let recipes: [CertificateRecipe] = [
            .client("URI:conclave:alice/laptop,URI:conclave:bob/laptop"), .client("URI:conclave:alice"),
            .client("DNS:alice"), .client().setting("keyUsage", "critical,digitalSignature,keyAgreement"),
            .client().setting("extendedKeyUsage", "clientAuth,serverAuth"),
            .client().setting("extendedKeyUsage", "emailProtection"), .client().setting("keyUsage", nil),
            .client().setting("basicConstraints", "critical,CA:TRUE"), .client().setting("subjectAltName", nil),
            .client().with { $0.isDamaged = true }, .client().with { $0.hash = "SHA1" },
            .client().with { $0.validity = (-3_600, 900 * CertificateRecipe.day) },
        ]
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority")).issue(.client())
        let alone = try TestIdentity.selfSigned(.client().setting("authorityKeyIdentifier", nil))
        for leaf in try recipes.map({ try world.root.issue($0, isRoot: true) }) + [stranger, alone] {
            for use in Self.all {
                let refusal = try #require(try Self.refusal(world, leaf, use))
                #expect(refusal.contains("; "), "a remedy belongs to it: \(refusal)")
            }
            #expect(world.validator.certificate(of: .x509(certificates: try leaf.derChain)) == nil)
        }
    }

    @Test("a bare name, no chain, and a chain without end are refused")
    func notCertificates() throws {
        let world = try DeviceWorld()
        let leaf = try world.certify("alice/laptop")
        let key = try DeviceKey(leaf.key).signer.publicKey
        let der = try leaf.encoding
        let credentials: [Credential] = [
            .basic(identity: Array("alice/laptop".utf8)), .x509(certificates: []), .x509(certificates: [[1, 2, 3]]),
            .x509(certificates: [[UInt8]](repeating: der, count: 16)),
            .x509(certificates: [der, [UInt8](repeating: 0, count: 1 << 20)]),
        ]
        for credential in credentials {
            for use in Self.all {
                #expect(throws: CredentialRefusal.self) { try world.validator.validate(credential, key: key, for: use) }
            }
            #expect(world.validator.identity(of: credential) == nil)
        }
        #expect(world.calls <= 2, "what is too large is not even judged")
    }

    @Test("a key that is not the certificate's is refused, though the certificate is good")
    func otherKey() throws {
        let world = try DeviceWorld()
        let leaf = try world.certify("alice/laptop")
        for use in [CredentialUse.member, .newMember, .update] {
            let refusal = try Self.refusal(world, leaf, use, key: try TestKey(.curve("P-256")))
            #expect(refusal?.contains("not that of the certificate") == true)
        }
    }

    @Test("a certificate that has lapsed is still a member's, and nobody comes in or renews a leaf with it")
    func lapsed() throws {
        let world = try DeviceWorld()
        let old = try world.certify("alice/laptop", days: 1)
        let withdrawn = try world.certify("bob/phone")
        try world.revoke(withdrawn)
        world.advance(days: 2)
        for (leaf, words) in [(old, "expired 1 day ago"), (withdrawn, "was revoked")] {
            #expect(try Self.refusal(world, leaf, .member) == nil)
            for use in [CredentialUse.newMember, .update] {
                #expect(try Self.refusal(world, leaf, use)?.contains(words) == true)
            }
            let shown = try #require(world.validator.certificate(of: .x509(certificates: try leaf.derChain)))
            #expect(shown.lapse(at: world.now)?.contains(words) == true)
        }
    }

    @Test("while the list here is out of date members go on, and nobody comes in")
    func staleList() throws {
        let world = try DeviceWorld()
        let (leaf, expired) = (try world.certify("alice/laptop"), try world.certify("bob/phone", days: 0, from: -7_200))
        try world.outdateList()
        for use in [CredentialUse.member, .update] { #expect(try Self.refusal(world, leaf, use) == nil) }
        let refusal = try #require(try Self.refusal(world, leaf, .newMember))
        #expect(refusal.contains("revocation list is out of date") && refusal.contains("copy crl.pem"), "\(refusal)")
        #expect(try Self.refusal(world, expired, .update)?.contains("expired") == true)
    }

    @Test("a server's certificate may expire after it was named, but not be revoked")
    func lapsedServer() throws {
        let world = try DeviceWorld()
        let old = try world.root.issue(.server(), isRoot: true)
        let withdrawn = try world.root.issue(.server(), isRoot: true)
        try world.revoke(withdrawn)
        world.advance(days: 40)
        #expect(try Self.refusal(world, old, .externalSender) == nil)
        #expect(try Self.refusal(world, withdrawn, .externalSender)?.contains("revoked; make another") == true)
    }

    @Test("what happened while the device was away is judged as of then")
    func moment() throws {
        let world = try DeviceWorld()
        let old = try world.certify("alice/laptop", days: 1)
        let withdrawn = try world.certify("bob/phone")
        try world.revoke(withdrawn)
        let then = Int64(time(nil)) - 600
        world.advance(days: 2)
        world.validator.moment = then
        for leaf in [old, withdrawn] {
            for use in [CredentialUse.newMember, .update] { #expect(try Self.refusal(world, leaf, use) == nil) }
        }
        world.validator.moment = nil
        for leaf in [old, withdrawn] { #expect(try Self.refusal(world, leaf, .update) != nil) }
    }

    @Test("a client is its device: a renewed certificate and a new key succeed, another device does not")
    func successor() throws {
        let world = try DeviceWorld()
        let first = try world.certify("alice/laptop")
        let renewed = try world.certify("alice/laptop", days: 90, key: first.key)
        let rekeyed = try world.certify("alice/laptop")
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority"))
            .issue(.client("URI:conclave:alice/laptop"), isRoot: true)
        let others = [try world.certify("alice/phone"), try world.certify("bob/laptop"), stranger]
        func credential(_ leaf: TestIdentity) throws -> Credential { .x509(certificates: try leaf.derChain) }
        func client(_ leaf: TestIdentity) throws -> [UInt8] {
            world.validator.client(of: try credential(leaf), key: try DeviceKey(leaf.key).signer.publicKey)
        }
        #expect(try client(first) == Array("alice/laptop".utf8))
        for leaf in [renewed, rekeyed] {
            #expect(world.validator.isSuccessor(try credential(leaf), of: try credential(first)))
            #expect(try client(leaf) == client(first))
        }
        for leaf in others {
            #expect(!world.validator.isSuccessor(try credential(leaf), of: try credential(first)))
            #expect(!world.validator.isSuccessor(try credential(first), of: try credential(leaf)))
            #expect(try client(leaf) != client(first))
        }
        let (bare, other) = (Credential.basic(identity: [1]), Credential.basic(identity: [2]))
        let key = SignaturePublicKey(bytes: [])
        #expect(world.validator.client(of: bare, key: key) != world.validator.client(of: other, key: key))
        #expect(!world.validator.isSuccessor(bare, of: bare))
    }

    @Test("500 members cost 500 judgements, however many rooms they are in and whoever asks at once")
    func cost() async throws {
        let world = try DeviceWorld()
        let key = try TestKey(.curve("P-256"))
        let publicKey = try DeviceKey(key).signer.publicKey
        let leaves = try (0..<500).map { try world.certify("user\($0)/default", key: key) }
        let credentials = try leaves.map { Credential.x509(certificates: try $0.derChain) }
        let clock = ContinuousClock()
        func join() throws {
            for credential in credentials { try world.validator.validate(credential, key: publicKey, for: .member) }
        }
        let first = try clock.measure { try join() }
        #expect(world.calls == 500)
        let second = try clock.measure { for _ in 0..<4 { try join() } } / 4
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 { group.addTask { try? join() } }
        }
        #expect(world.calls == 500)
        #expect(second < first)

        world.validator.forget()
        try world.validator.validate(credentials[0], key: publicKey, for: .member)
        #expect(world.calls == 501)
        world.advance(days: 1)
        try world.validator.validate(credentials[0], key: publicKey, for: .member)
        #expect(world.calls == 502, "a judgement does not hold for ever")
    }

    @Test("a leaf is judged anew with another chain")
    func otherChain() throws {
        let world = try DeviceWorld()
        let between = try world.root.issue(.intermediate("Between"), isRoot: true)
        let leaf = try between.issue(.client())
        #expect(try Self.refusal(world, leaf.showing(chain: []), .member) != nil)
        #expect(try Self.refusal(world, leaf, .member) == nil)
        #expect(try Self.refusal(world, leaf.showing(chain: []), .member) != nil)
        #expect(world.calls == 2)
    }

    @Test("a refusal is remembered too")
    func refusalsAreKept() throws {
        let world = try DeviceWorld()
        let leaf = try TestIdentity.selfSigned(.authority("Another Authority")).issue(.client(), isRoot: true)
        for _ in 0..<10 { #expect(try Self.refusal(world, leaf, .newMember) != nil) }
        #expect(world.calls == 1)
    }
}
