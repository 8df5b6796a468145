import Crypto
import MLS
import MLSWire
import Testing

@Suite("Credentials that the application refuses, RFC 9420 §5.3.1")
struct CredentialTests {
    private let refusal = MLSError.credentialRefused(TestValidator.reason)

    /// A group of which the last member alone believes nobody in some role.
    private func party(refusing use: CredentialUse) throws -> Party {
        try Party(
            [
                .named("0"), .named("1"), .named("2"),
                .named("doubter", validator: TestValidator(refusedUses: [use])),
            ], hasPaths: use != .update)
    }

    /// The commit is accepted by those who believe, and refused by the doubter.
    private func expectDoubt(_ message: MLSMessage, in party: Party, from sender: Int = 0) throws {
        for index in [1, 2] where index != sender { try party[index].look(at: message) }
        let before = party[3].facts
        #expect(throws: refusal) { try party[3].look(at: message) }
        #expect(party[3].facts == before)
        try party.expectUsable()
    }

    @Test("a newcomer's credential is refused when it is added")
    func add() throws {
        let party = try party(refusing: .newMember)
        let package = try MLSClient.named("newcomer").forgedPackage().keyPackage
        try expectDoubt(try Forger(party[0]).commit(Forgery([.add(package)])).message, in: party)
        let refused = try MLSClient.named("refused").forgedPackage().keyPackage
        party.expectRefused(try Forger(party[0]).commit(Forgery([.add(refused)])).message, refusal)
        #expect(throws: refusal) { _ = try party[0].group.commit([.add(refused)]) }
        try party.expectUsable()
    }

    @Test("a newcomer's credential is refused when it joins by itself")
    func externalJoin() throws {
        let party = try party(refusing: .newMember)
        let newcomer = try MLSClient.named("newcomer")
        let join = try MLSGroup.joinExternally(try Forger(party[0]).invitation(), client: newcomer)
        try expectDoubt(join.message, in: party)
    }

    @Test("every member's credential is asked about when a group is joined")
    func join() throws {
        for index in 0..<3 {
            let names = ["0", "1", "2"].enumerated().map { $0.offset == index ? "refused" : $0.element }
            let gullible = AnyValidator()
            let clients = try names.map { try MLSClient.named($0).with(validator: gullible) }
            let party = try Party(clients, hasPaths: false)
            let signer = try SignaturePrivateKey(for: .p256AES128)
            let newcomer = try MLSClient.named("newcomer", signer: signer)
            let package = try newcomer.forgedPackage()
            let forgery = Forgery([.add(package.keyPackage)]).with { $0.makesWelcome = true }
            let welcome = try #require(try Forger(party[0]).commit(forgery).welcome)
            #expect(throws: refusal) { _ = try MLSGroup.join(welcome, with: package, client: newcomer) }
            _ = try MLSGroup.join(welcome, with: package, client: newcomer.with(validator: gullible))
        }
    }

    @Test("a member's credential is refused when it updates its leaf")
    func update() throws {
        let party = try Party(
            [
                .named("0"), .named("1"), .named("doubter", validator: TestValidator(refusedClient: "3")), .named("3"),
            ], hasPaths: false)
        let reference = try party.propose(try Forger(party[3]).update(), by: 3)
        let message = try Forger(party[0]).commit(Forgery().with { $0.entries = [.reference(reference)] }).message
        try party[1].look(at: message)
        #expect(throws: refusal) { try party[2].look(at: message) }
    }

    @Test("a member's credential is refused when it commits with a path")
    func commit() throws {
        let party = try party(refusing: .update)
        let message = try Forger(party[0]).commit().message
        for index in [1, 2] { try party[index].look(at: message) }
        #expect(throws: refusal) { try party[3].look(at: message) }
    }

    @Test("a member must not become another client", arguments: [true, false])
    func successor(byCommit: Bool) throws {
        let error = MLSError.credentialRefused("the new credential does not name the member that had the old one")
        let party = try Party(3)
        if byCommit {
            party.expectRefused(
                try Forger(party[0]).commit(Forgery().with { $0.leaf = { $0.credential = .named("else") } }).message,
                error)
        } else {
            let (good, bad) = try party.proposeUpdates { $0.credential = .named("else") }
            party.expectCommit(of: good, nil)
            party.expectCommit(of: bad, error)
        }
        try party.expectUsable()
    }

    @Test("an external sender's credential is refused when it is listed, and when a group is joined")
    func externalSender() throws {
        let party = try party(refusing: .externalSender)
        let senders = ExternalSenders([
            ExternalSender(
                signatureKey: try SignaturePrivateKey(for: .p256AES128).publicKey, credential: .named("server"))
        ])
        let extensions = Extensions.with(.externalSenders, senders.encoded)
        try expectDoubt(
            try Forger(party[0]).commit(Forgery([.groupContextExtensions(extensions)])).message, in: party)

        let signer = try SignaturePrivateKey(for: .p256AES128)
        let listing = try Party(2, extensions: extensions)
        let doubter = try MLSClient.named(
            "newcomer", signer: signer, validator: TestValidator(refusedUses: [.externalSender]))
        let newcomer = try MLSClient.named("newcomer", signer: signer)
        try listing.expectJoin(refusal, newcomer: newcomer, joiner: doubter) { _ in }
        #expect(throws: refusal) {
            _ = try MLSGroup(GroupID(bytes: [1]), suite: .p256AES128, client: doubter, extensions: extensions)
        }
    }
}

/// Believes everybody.
struct AnyValidator: CredentialValidator {
    func validate(_ credential: Credential, key: SignaturePublicKey, for use: CredentialUse) throws(CredentialRefusal) {
    }
    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { credential.encoded }
    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
}

extension MLSClient {
    /// The same client at another time.
    func with(clock: (@Sendable () -> UInt64)?) -> MLSClient {
        MLSClient(
            signer: signer, credential: credential, capabilities: capabilities, validator: validator,
            preSharedKeys: preSharedKeys, policy: policy, clock: clock ?? self.clock)
    }

    /// The same client with another opinion of others.
    func with(validator: any CredentialValidator) -> MLSClient {
        MLSClient(
            signer: signer, credential: credential, capabilities: capabilities, validator: validator,
            preSharedKeys: preSharedKeys, policy: policy, clock: clock)
    }
}
