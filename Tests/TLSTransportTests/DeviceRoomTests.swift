import Chat
import ChatClient
import ChatWire
import Glibc
import MLS
import MLSWire
import Testing

@testable import TLSTransport

@Suite("Rooms of devices with certificates", .timeLimit(.minutes(2)))
struct DeviceRoomTests {
    private static let suite = MLSCipherSuite.p256AES128
    private static let id = GroupID(bytes: [UInt8](repeating: 7, count: 16))

    private static func found(_ client: MLSClient, extensions: Extensions? = nil) throws -> MLSGroup {
        var all = extensions ?? Extensions()
        all[.roomPolicy] = RoomPolicy(.invite).encoded
        return try MLSGroup(id, suite: suite, client: client, extensions: all)
    }

    /// `member` adds a device, which joins.
    /// - Parameter message: what the others must follow.
    private static func add(
        _ newcomer: MLSClient, by member: inout MLSGroup, _ message: inout MLSMessage?
    ) throws -> MLSGroup {
        let package = try newcomer.makeKeyPackage(for: suite)
        let outbound = try member.commit([.add(package.keyPackage)])
        message = outbound.message
        let welcome = outbound.welcome
        member.adopt(outbound.take())
        return try MLSGroup.join(#require(welcome), with: package, client: newcomer)
    }

    private static func add(_ newcomer: MLSClient, by member: inout MLSGroup) throws -> MLSGroup {
        var message: MLSMessage?
        return try add(newcomer, by: &member, &message)
    }

    /// - Returns: what the commit changed.
    @discardableResult
    private static func follow(_ message: MLSMessage, _ group: inout MLSGroup) throws -> Effects {
        let received = try group.receive(message)
        switch consume received {
        case .commit(let staged):
            let effects = staged.effects
            group.adopt(staged)
            return effects
        case .proposal: throw Unexpected()
        case .application: throw Unexpected()
        case .own: throw Unexpected()
        }
    }

    private struct Unexpected: Error {}

    /// Why a group does not take a message; `nil` if it does.
    private static func refusal(_ message: MLSMessage, _ group: inout MLSGroup) -> String? {
        do throws(MLSError) {
            _ = try group.receive(message)
            return nil
        } catch {
            return "\(error)"
        }
    }

    private static func names(_ group: borrowing MLSGroup, _ world: DeviceWorld) -> [String] {
        group.state.members.map { world.validator.identity(of: $0.credential)?.description ?? "?" }
    }

    @Test("three devices meet, one renews its certificate and then its key, and the others say which it was")
    func renewal() throws {
        let world = try DeviceWorld()
        let bobsFirst = try world.certify("bob/phone")
        var alice = try Self.found(world.client(world.certify("alice/laptop")))
        var bob = try Self.add(world.client(bobsFirst), by: &alice)
        var adding: MLSMessage?
        var carol = try Self.add(world.client(world.certify("carol/desk")), by: &alice, &adding)
        try Self.follow(#require(adding), &bob)
        let names = Self.names(carol, world)
        #expect(names == ["alice/laptop", "bob/phone", "carol/desk"])

        var registry = DeviceRegistry()
        let now = world.now
        for member in carol.state.members {
            let certificate = try #require(world.validator.certificate(of: member.credential))
            #expect(registry.note(certificate, now: now).sighting == .unknown)
        }
        let renewals: [(TestIdentity, DeviceRegistry.Sighting)] = [
            (try world.certify("bob/phone", days: 90, key: bobsFirst.key), .renewed),
            (try world.certify("bob/phone", days: 100), .newKey(formerWasVerified: false)),
        ]
        for (certificate, expected) in renewals {
            var options = CommitOptions()
            options.renewedClient = try world.client(certificate)
            let outbound = try bob.commit(options: options)
            let message = outbound.message
            bob.adopt(outbound.take())
            let effects = try Self.follow(message, &alice)
            try Self.follow(message, &carol)
            let updated = try #require(effects.updated.first)
            let shown = try #require(world.validator.certificate(of: updated.new.credential))
            #expect(shown.identity == PeerIdentity("bob/phone"))
            #expect(registry.note(shown, now: now).sighting == expected)
        }
        let authenticators = Set([alice.epochAuthenticator, bob.epochAuthenticator, carol.epochAuthenticator])
        #expect(authenticators.count == 1)
        let said = try bob.seal(Array("with my new key".utf8))
        let heard = try alice.receive(said)
        guard case .application(let message) = consume heard else { throw Unexpected() }
        #expect(message.data == Array("with my new key".utf8))
    }

    @Test("a member does not turn into another device, nor go on with a certificate that has lapsed")
    func otherIdentity() throws {
        let world = try DeviceWorld()
        let (first, expiring) = (try world.certify("bob/phone"), try world.certify("bob/phone", days: 1))
        var alice = try Self.found(world.client(world.certify("alice/laptop")))
        var bob = try Self.add(world.liar(first), by: &alice)
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority"))
            .issue(.client("URI:conclave:bob/phone"), isRoot: true)
        world.advance(days: 2)
        let cases: [(TestIdentity, String)] = [
            (try world.certify("alice/laptop"), "does not name the member"),
            (try world.certify("bob/tablet"), "does not name the member"), (stranger, "does not name the member"),
            (try world.root.issue(.server(), isRoot: true), "does not name the member"),
            (expiring, "expired 1 day ago"),
        ]
        for (certificate, words) in cases {
            var options = CommitOptions()
            options.renewedClient = try world.liar(certificate)
            let outbound = try bob.commit(options: options)
            let refusal = Self.refusal(outbound.message, &alice) ?? "accepted"
            #expect(refusal.contains(words), "\(refusal)")
        }
        try world.revoke(first)
        let outbound = try bob.commit()
        let refusal = Self.refusal(outbound.message, &alice) ?? "accepted"
        #expect(refusal.contains("bob/phone's certificate was revoked"), "\(refusal)")

        var options = CommitOptions()
        options.renewedClient = try world.liar(world.certify("bob/phone", days: 90))
        let renewal = try bob.commit(options: options)
        let accepted = Self.refusal(renewal.message, &alice)
        #expect(accepted == nil, "a new certificate of the same device is accepted")
    }

    @Test("nobody comes in with a certificate that is revoked or not ours, whoever adds it")
    func newcomers() throws {
        let world = try DeviceWorld()
        let revoked = try world.certify("dave/laptop")
        try world.revoke(revoked)
        let stranger = try TestIdentity.selfSigned(.authority("Another Authority"))
            .issue(.client("URI:conclave:dave/laptop"), isRoot: true)
        var alice = try Self.found(world.client(world.certify("alice/laptop")))
        var bob = try Self.add(world.liar(world.certify("bob/phone")), by: &alice)
        for (certificate, words) in [(revoked, "was revoked"), (stranger, "not ours")] {
            let package = try world.liar(certificate).makeKeyPackage(for: Self.suite)
            let error = #expect(throws: MLSError.self) { try alice.commit([.add(package.keyPackage)]).message }
            #expect(error.map { "\($0)" }?.contains(words) == true)
            let outbound = try bob.commit([.add(package.keyPackage)])
            let refusal = Self.refusal(outbound.message, &alice) ?? "accepted"
            #expect(refusal.contains(words), "\(refusal)")
        }
        let twin = try world.client(world.certify("bob/phone")).makeKeyPackage(for: Self.suite)
        #expect(throws: MLSError.self) { try alice.commit([.add(twin.keyPackage)]).message }
    }

    @Test("a revoked device does not let itself in; a good one does")
    func externalJoin() throws {
        let world = try DeviceWorld()
        let (revoked, good) = (try world.certify("dave/laptop"), try world.certify("erin/laptop"))
        let dave = try world.client(revoked)
        try world.revoke(revoked)
        var alice = try Self.found(world.client(world.certify("alice/laptop")))
        var options = CommitOptions()
        options.invitesExternalJoins = true
        let outbound = try alice.commit(options: options)
        let invitation = outbound.groupInfo
        alice.adopt(outbound.take())
        let info = try #require(invitation)
        #expect(throws: MLSError.self) { try MLSGroup.joinExternally(info, client: dave).message }
        let bad = try MLSGroup.joinExternally(info, client: world.liar(revoked))
        let refusal = Self.refusal(bad.message, &alice) ?? "accepted"
        #expect(refusal.contains("dave/laptop's certificate was revoked"), "\(refusal)")
        let join = try MLSGroup.joinExternally(info, client: world.client(good))
        let effects = try Self.follow(join.message, &alice)
        #expect(effects.isExternalJoin)
    }

    @Test("whoever joins sees members whose certificates have lapsed, as what they are")
    func joinsBesideLapsed() throws {
        let world = try DeviceWorld()
        let bobs = try world.certify("bob/phone")
        var alice = try Self.found(world.client(world.certify("alice/laptop")))
        _ = try Self.add(world.client(bobs), by: &alice)
        _ = try Self.add(world.client(world.certify("frank/desk", days: 1)), by: &alice)
        try world.revoke(bobs)
        world.advance(days: 3)
        let carol = try Self.add(world.client(world.certify("carol/desk")), by: &alice)
        let lapses = carol.state.members.map {
            world.validator.certificate(of: $0.credential)?.lapse(at: world.now) ?? ""
        }
        #expect(lapses.count == 4 && lapses[0].isEmpty && lapses[3].isEmpty)
        #expect(lapses[1].contains("revoked"))
        #expect(lapses[2].contains("expired 2 days ago"))
    }

    // MARK: The server as an external sender

    private static func server(_ world: DeviceWorld, _ authority: TestIdentity? = nil) throws -> ServerSigner {
        let root = authority ?? world.root
        return ServerSigner(
            context: try CertificateFolder.context(
                .server, root.issue(.server(), isRoot: true), authorities: [root], lists: [root.revocationList()]))
    }

    private static func naming(_ sender: ExternalSender) -> Extensions {
        var extensions = Extensions()
        extensions[.externalSenders] = ExternalSenders([sender]).encoded
        return extensions
    }

    @Test("the server's signed removal is taken by the members, and another's is not")
    func removal() throws {
        let world = try DeviceWorld()
        let server = try Self.server(world)
        var alice = try Self.found(
            world.client(world.certify("alice/laptop")), extensions: Self.naming(server.sender))
        var bob = try Self.add(world.client(world.certify("bob/phone")), by: &alice)
        var adding: MLSMessage?
        var carol = try Self.add(world.client(world.certify("carol/desk")), by: &alice, &adding)
        try Self.follow(#require(adding), &bob)
        let (epoch, target) = (alice.state.epoch, carol.leaf)

        let impostor = try Self.server(world)
        let forged = try ExternalProposal.make(
            .remove(target), for: Self.id, epoch: epoch, sender: 0, signer: impostor)
        #expect(Self.refusal(forged, &alice) != nil)

        let proposal = try ExternalProposal.make(.remove(target), for: Self.id, epoch: epoch, sender: 0, signer: server)
        let refusals = [Self.refusal(proposal, &alice), Self.refusal(proposal, &bob), Self.refusal(proposal, &carol)]
        #expect(refusals == [nil, nil, nil])
        let outbound = try alice.commit()
        let message = outbound.message
        alice.adopt(outbound.take())
        let removed = try Self.follow(message, &bob).removed.map { world.validator.identity(of: $0.credential) }
        #expect(removed == [PeerIdentity("carol/desk")])
        let removesSelf = try Self.follow(message, &carol).removesSelf
        #expect(removesSelf)
        let names = Self.names(bob, world)
        #expect(names == ["alice/laptop", "bob/phone"])
    }

    @Test("only a server of our authority, with its own key, is named as an external sender")
    func naming() throws {
        let world = try DeviceWorld()
        let alice = try world.client(world.certify("alice/laptop"))
        let other = try TestIdentity.selfSigned(.authority("Another Authority"))
        let device = try world.device(world.certify("mallory/x"))
        let server = try Self.server(world)
        var swapped = server.sender
        swapped.signatureKey = device.signer.publicKey
        let senders = [
            try Self.server(world, other).sender, swapped,
            ExternalSender(signatureKey: device.signer.publicKey, credential: device.credential),
            ExternalSender(signatureKey: device.signer.publicKey, credential: .basic(identity: [1])),
        ]
        for sender in senders {
            #expect(throws: MLSError.self) { try Self.found(alice, extensions: Self.naming(sender)).leaf }
        }
        let leaf = try Self.found(alice, extensions: Self.naming(server.sender)).leaf
        #expect(leaf == LeafIndex(0))
    }
}
