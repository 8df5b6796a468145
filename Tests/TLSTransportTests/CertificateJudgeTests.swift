import COpenSSL
import Chat
import Glibc
import Testing

@testable import TLSTransport

@Suite("A judge of certificates that no connection has shown", .timeLimit(.minutes(2)))
struct CertificateJudgeTests {
    private static let day = CertificateRecipe.day

    private static func judge(
        _ authorities: [TestIdentity], lists: [String], now: Int64 = Int64(time(nil))
    ) throws -> CertificateJudge {
        let folder = try CertificateFolder()
        try folder.write(authorities.map { try $0.pem }.joined(), to: "ca.pem")
        if !lists.isEmpty { try folder.write(lists.joined(), to: "crl.pem") }
        return try CertificateJudge(folder.client(), now: now)
    }

    @Test("reads what a device's certificate says", arguments: ["P-256", "P-384"])
    func device(curve: String) throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let leaf = try root.issue(
            .client("URI:conclave:alice/phone").with {
                $0.key = .curve(curve)
                $0.serialNumber = "0A1B2C"
            }, isRoot: true)
        let judged = try Self.judge([root], lists: [root.revocationList()]).judge(leaf.derChain, as: .client)
        #expect(judged.identity == PeerIdentity("alice/phone"))
        #expect(judged.serialNumber == "0A1B2C")
        #expect(judged.fingerprint.count == 64)
        #expect(judged.key.count == (curve == "P-256" ? 65 : 97) && judged.key.first == 4)
        #expect(judged.revocation == .none)
        #expect(judged.lapse(at: Int64(time(nil))) == nil)
    }

    @Test("reads what a server's certificate says, and does not take one for the other")
    func server() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let judge = try Self.judge([root], lists: [])
        let (server, client) = (try root.issue(.server(), isRoot: true), try root.issue(.client(), isRoot: true))
        #expect(try judge.judge(server.derChain, as: .server).subject == .server("localhost"))
        #expect(throws: CertificateRefusal.self) { try judge.judge(server.derChain, as: .client) }
        #expect(throws: CertificateRefusal.self) { try judge.judge(client.derChain, as: .server) }
    }

    @Test("takes an authority in between, if the chain shows it")
    func intermediate() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let between = try root.issue(.intermediate("Between"), isRoot: true)
        let leaf = try between.issue(.client())
        let judge = try Self.judge([root], lists: [])
        #expect(try judge.judge(leaf.derChain, as: .client).identity == PeerIdentity("bob/laptop"))
        #expect(throws: CertificateRefusal.self) { try judge.judge([leaf.encoding], as: .client) }
    }

    /// The same authorities and lists as in a handshake, so what is refused there is refused here, or told to have lapsed.
    @Test("refuses what the handshake refuses, or says that it has lapsed", arguments: DubiousClient.all)
    func agrees(dubious: DubiousClient) async throws {
        let world = try await ClientWorld.shared.value
        let leaf = try dubious.make(world)
        let handshake = try world.judgement(of: leaf)
        #expect(handshake != "accepted")
        do {
            let judged = try world.server.context.judge.judge(leaf.derChain, as: .client)
            let lapse = try #require(
                judged.lapse(at: Int64(time(nil))), "accepted, but the handshake says \(handshake)")
            #expect(
                ["expired", "not valid yet", "revoked", "revocation list"].contains { lapse.contains($0) }, "\(lapse)")
            #expect(lapse.contains("; "), "a remedy belongs to it: \(lapse)")
        } catch let refusal as CertificateRefusal {
            #expect(refusal.description.contains("; "), "a remedy belongs to it: \(refusal)")
        }
    }

    @Test("tells of expiry and revocation, with the time, and does not refuse")
    func lapses() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let expired = try root.issue(.client().with { $0.validity = (-9 * Self.day, -3 * Self.day) }, isRoot: true)
        let future = try root.issue(.client().with { $0.validity = (3_600, Self.day) }, isRoot: true)
        let revoked = try root.issue(.client(), isRoot: true)
        let judge = try Self.judge([root], lists: [root.revocationList(of: [revoked])])
        let now = Int64(time(nil))

        let old = try judge.judge(expired.derChain, as: .client)
        #expect(
            old.lapse(at: now)?.contains("bob/laptop's certificate expired 3 days ago; run scripts/certs renew") == true
        )
        #expect(old.lapse(at: now - 4 * Self.day) == nil)
        #expect(old.lapse(at: now - 10 * Self.day)?.contains("not valid yet") == true)
        #expect(try judge.judge(future.derChain, as: .client).lapse(at: now)?.contains("timedatectl") == true)

        let withdrawn = try judge.judge(revoked.derChain, as: .client)
        guard case .since(let date) = withdrawn.revocation else {
            Issue.record("\(withdrawn.revocation)")
            return
        }
        #expect(abs(date - (now - 60)) < 10)
        #expect(withdrawn.lapse(at: now)?.contains("was revoked; make another with") == true)
        #expect(withdrawn.lapse(at: date - 1) == nil)
    }

    @Test("does not believe a forger who bears the serial number of what was revoked, or has expired")
    func forger() throws {
        let root = try TestIdentity.selfSigned(ClientWorld.rootRecipe)
        let impostor = try TestIdentity.selfSigned(ClientWorld.rootRecipe)
        let revoked = try root.issue(.client().with { $0.serialNumber = "4711" }, isRoot: true)
        let judge = try Self.judge([root], lists: [root.revocationList(of: [revoked])])
        let forged = try impostor.issue(.client("URI:conclave:eve/x").with { $0.serialNumber = "4711" }, isRoot: true)
        let stale = try impostor.issue(.client().with { $0.validity = (-7_200, -3_600) }, isRoot: true)
        for leaf in [forged, stale] {
            let refusal = #expect(throws: CertificateRefusal.self) { try judge.judge(leaf.derChain, as: .client) }
            #expect(refusal?.description.contains("signature") == true, "\(refusal?.description ?? "")")
        }
    }

    @Test("says that a list has gone out of date since it was loaded")
    func staleList() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let lists = [try root.revocationList(validity: (-7_200, -3_600))]
        let judge = try Self.judge([root], lists: lists, now: Int64(time(nil)) - 5_000)
        let judged = try judge.judge(root.issue(.client(), isRoot: true).derChain, as: .client)
        let lapse = judged.lapse(at: Int64(time(nil))) ?? ""
        #expect(lapse.contains("revocation list is out of date") && lapse.contains("scripts/certs crl"), "\(lapse)")
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority")).issue(.client(), isRoot: true)
        #expect(throws: CertificateRefusal.self) { try judge.judge(stranger.derChain, as: .client) }
    }

    @Test("refuses what is no chain")
    func garbage() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let judge = try Self.judge([root], lists: [])
        let leaf = try root.issue(.client(), isRoot: true).encoding
        #expect(throws: Never.self) { try judge.judge([leaf], as: .client) }
        #expect(throws: Never.self) { try judge.judge([leaf, root.encoding], as: .client) }
        let noise = [UInt8](repeating: 0x30, count: 300)
        let chains: [[[UInt8]]] = [
            [], [[]], [noise], [leaf + [0]], [leaf.dropLast()], [leaf, noise], [leaf, []], [noise, leaf],
            [leaf, leaf, leaf, leaf], [[UInt8](repeating: 0, count: 16_385)],
            [leaf, [UInt8](repeating: 0, count: 16_000)],
        ]
        for chain in chains {
            let refusal = #expect(throws: CertificateRefusal.self) { try judge.judge(chain, as: .client) }
            #expect(refusal?.description.contains("; ") == true || refusal?.description.contains(": ") == true)
        }
        for index in leaf.indices {
            var changed = leaf
            changed[index] ^= 0x01
            #expect(throws: CertificateRefusal.self, "byte \(index)") { try judge.judge([changed], as: .client) }
        }
    }

    @Test("a context signs with its key, and shows the key and the chain", arguments: ["P-256", "P-384"])
    func signing(curve: String) throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let between = try root.issue(.intermediate("Between"), isRoot: true)
        let leaf = try between.issue(.server().with { $0.key = .curve(curve) })
        let lists = try [root, between].map { try $0.revocationList() }
        let context = try CertificateFolder.context(.server, leaf, authorities: [root, between], lists: lists)
        #expect(try context.certificateChain == leaf.derChain)
        #expect(context.certificateChain.count == 2)
        let judged = try context.judge.judge(context.certificateChain, as: .server)
        #expect(judged.key == context.publicKey)
        let content = Array("a proposal".utf8)
        let signature = try context.sign(content)
        let hash = curve == "P-256" ? EVP_sha256() : EVP_sha384()
        func isValid(_ signature: [UInt8], _ content: [UInt8]) -> Bool {
            let state = EVP_MD_CTX_new()
            defer {
                EVP_MD_CTX_free(state)
                ERR_clear_error()
            }
            return EVP_DigestVerifyInit(state, nil, hash, nil, leaf.key.pointer) == 1
                && EVP_DigestVerify(state, signature, signature.count, content, content.count) == 1
        }
        #expect(isValid(signature, content))
        #expect(!isValid(signature, content + [0]))
        #expect(isValid(try context.sign([]), []))
    }
}
