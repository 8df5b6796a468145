import Crypto
import MLS
import MLSWire
import Testing

@Suite("Messages that are not for this state")
struct PlaceTests {
    @Test("a message of another group, of the past or of the future is told apart", arguments: FramingRules.formats)
    func place(format: WireFormat) throws {
        let party = try Party(3)
        let (id, epoch) = (party[0].group.id, party[0].group.state.epoch)
        let forger = Forger(party[0])
        func message(_ edit: Edit<FramedContent>) throws -> MLSMessage {
            try forger.message(.proposal(.remove(LeafIndex(2))), as: format, edit)
        }
        party.expectAccepted(try message { _ in })
        let other = GroupID(bytes: id.bytes + [0])
        party.expectRefused(try message { $0.groupID = other }, .otherGroup(other))
        for past in [0, epoch - 1] { party.expectRefused(try message { $0.epoch = past }, .pastEpoch(past)) }
        for future in [epoch + 1, .max] { party.expectRefused(try message { $0.epoch = future }, .futureEpoch(future)) }
        try party.expectUsable()
    }

    @Test("late messages are read for so many epochs, and from those who were members then")
    func lateMessages() throws {
        let party = try Party(4, policy: GroupPolicy(pastEpochs: 2))
        let forger = Forger(party[3])
        let epoch = party[0].group.state.epoch
        let messages = try (0..<2).map { try forger.message(.application([$0]), as: .privateMessage) }
        let stranger = try forger.message(.application([9]), as: .privateMessage, signer: party[1].group.client.signer)
        let proposal = try forger.message(.proposal(.remove(LeafIndex(1))), as: .privateMessage)
        let own = try party[0].group.seal([5])
        try expectOwn(own, at: party[0])
        try party.remove(3)
        try expectOwn(own, at: party[0])
        #expect(try party[0].take(messages[0]) == [0])
        party.expectRefused(stranger, .invalid(.framedContentSignature))
        party.expectRefused(proposal, .pastEpoch(epoch))
        try party.commit(by: 1)
        #expect(try party[2].take(messages[1]) == [1])
        #expect(throws: MLSError.invalid(.generationIsUnused)) { try party[2].take(messages[1]) }
        try party.commit(by: 1)
        party.expectRefused(messages[1], from: Party.outside, .pastEpoch(epoch))
        try party.expectUsable()
    }

    /// A member's own message comes back, early or late.
    private func expectOwn(_ message: MLSMessage, at member: Member) throws {
        guard case .own = try member.group.receive(message) else {
            Issue.record("the message was the receiver's own")
            return
        }
    }

    @Test("a late message must not come from a leaf that was blank then")
    func lateMessageOfNobody() throws {
        let party = try Party(4, hasPaths: false)
        try party.remove(2)
        let forger = Forger(party[0])
        let signed = try forger.signed(.application([1]), as: .privateMessage) { $0.sender = .member(LeafIndex(2)) }
        let message = MLSMessage.privateMessage(try forger.seal(signed, SealForgery(leaf: LeafIndex(2))))
        // Somebody is on that leaf now, and was not then.
        try party.add([.named("newcomer")])
        for member in party.members[1...2] {
            #expect(throws: MLSError.invalid(.senderIsMember)) { try member.look(at: message) }
        }
    }

    @Test("a commit that needs a key that is not here says which")
    func missingPreSharedKey() throws {
        var keys = PreSharedKeys()
        keys.set(.of(7), externalID: [1])
        let party = try Party([.named("0", preSharedKeys: keys), .named("1", preSharedKeys: keys), .named("2")])
        let id = PreSharedKeyID(source: .external(id: [1]), nonce: [UInt8](repeating: 9, count: 32))
        let message = try Forger(party[0]).commit(Forgery([.preSharedKey(id)])).message
        try party[1].look(at: message)
        #expect(throws: MLSError.missingPreSharedKey(id)) { try party[2].look(at: message) }
        #expect(throws: MLSError.self) { _ = try party[2].group.commit([.preSharedKey(id.source)]) }
        try party.expectUsable()
    }

    @Test("a welcome that needs a key that is not here says which")
    func missingPreSharedKeyOfWelcome() throws {
        let party = try Party(2)
        let newcomer = try MLSClient.named("newcomer")
        let package = try newcomer.forgedPackage()
        let group = GroupID(bytes: [1])
        for source in [PreSharedKeyID.Source.external(id: [1]), .resumption(usage: .branch, group: group, epoch: 1)] {
            let id = PreSharedKeyID(source: source, nonce: [UInt8](repeating: 9, count: 32))
            let forgery = Forgery([.add(package.keyPackage), .preSharedKey(id)]).with { $0.makesWelcome = true }
            let welcome = try #require(try Forger(party[0]).commit(forgery).welcome)
            #expect(throws: MLSError.missingPreSharedKey(id)) {
                _ = try MLSGroup.join(welcome, with: package, client: newcomer)
            }
        }
    }

    @Test("a welcome for another key package is told apart, and so is one without a tree")
    func welcomeForAnother() throws {
        let party = try Party(2)
        let newcomer = try MLSClient.named("newcomer")
        let (package, other) = (
            KeyPackageBox(try newcomer.forgedPackage()), KeyPackageBox(try newcomer.forgedPackage())
        )
        let forger = Forger(party[0])
        let honest = Forgery([.add(package.secrets.keyPackage)]).with { $0.makesWelcome = true }
        let welcome = try #require(try forger.commit(honest).welcome)
        #expect(throws: MLSError.notForThisKeyPackage) {
            _ = try MLSGroup.join(welcome, with: other.secrets, client: newcomer)
        }
        var wrongSuite = welcome
        wrongSuite.cipherSuite = .x25519AES128
        #expect(throws: MLSError.notForThisKeyPackage) {
            _ = try MLSGroup.join(wrongSuite, with: package.secrets, client: newcomer)
        }
        #expect(throws: MLSError.misuse(.signerMismatch)) {
            _ = try MLSGroup.join(welcome, with: package.secrets, client: .named("stranger"))
        }
        let treeless = try forger.commit(honest.with { $0.info = { $0.extensions[.ratchetTree] = nil } })
        let sent = try #require(treeless.welcome)
        #expect(throws: MLSError.missingRatchetTree) {
            _ = try MLSGroup.join(sent, with: package.secrets, client: newcomer)
        }
        _ = try MLSGroup.join(sent, with: package.secrets, tree: treeless.tree.treeNodes, client: newcomer)
        #expect(throws: MLSError.invalid(.groupInfoTreeHash)) {
            _ = try MLSGroup.join(sent, with: package.secrets, tree: party[0].group.state.treeNodes, client: newcomer)
        }
    }

    @Test("a removed member can do nothing")
    func removedMember() throws {
        let party = try Party(3)
        let last = try party[0].group.seal([1])
        let removed = try party.remove(2)
        try party.commit(by: 0, [.remove(LeafIndex(1))])
        for message in [last, try Forger(party[0]).message(.application([1]), as: .privateMessage)] {
            #expect(throws: MLSError.misuse(.notAMember)) { try removed.look(at: message) }
        }
        let (isRemoved, isActive) = (removed.group.isRemoved, removed.group.isActive)
        #expect(isRemoved && !isActive)
        expectMisuse(of: removed, .notAMember)
        #expect(throws: MLSError.misuse(.notAMember)) { _ = try removed.group.export(label: "x", length: 32) }
        #expect(throws: MLSError.misuse(.notAMember)) { _ = try removed.group.origin(.branch) }
    }

    @Test("a group that was reinitialised is closed")
    func closedGroup() throws {
        let party = try Party(3)
        let early = try Forger(party[1]).commit()
        try party.commit(by: 0, [.reInit(ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .p256AES128))])
        for member in party.members {
            let (isActive, successor) = (member.group.isActive, member.group.successor)
            #expect(!isActive)
            #expect(successor?.groupID == GroupID(bytes: [1]))
            expectMisuse(of: member, .groupIsClosed)
        }
        party.expectRefused(early.message, .pastEpoch(party[0].group.state.epoch - 1))
        party.expectRefused(try Forger(party[0]).commit().message, .misuse(.groupIsClosed))
    }

    private func expectMisuse(of member: Member, _ misuse: MLSError.Misuse) {
        let error = MLSError.misuse(misuse)
        #expect(throws: error) { _ = try member.group.seal([1]) }
        #expect(throws: error) { _ = try member.group.commit() }
        #expect(throws: error) { _ = try member.group.propose(.remove(LeafIndex(0))) }
        #expect(throws: error) { _ = try member.group.proposeUpdate() }
        #expect(throws: error) { _ = try member.group.groupInfo() }
    }

    @Test("the application can forbid external joins, and bound the proposals that wait")
    func policy() throws {
        let party = try Party(3, policy: GroupPolicy(acceptsExternalCommits: false, pendingProposals: 2))
        let newcomer = try MLSClient.named("newcomer")
        let join = try MLSGroup.joinExternally(try Forger(party[0]).invitation(), client: newcomer)
        party.expectRefused(join.message, from: Party.outside, .refusedByPolicy(.externalCommit))
        let forger = Forger(party[0])
        for key in 1...2 as ClosedRange<UInt8> { party.expectAccepted(try forger.message(Self.proposal(key))) }
        party.expectRefused(try forger.message(Self.proposal(3)), .refusedByPolicy(.tooManyProposals))
        try party.expectUsable()
    }

    private static func proposal(_ key: UInt8) -> MLSContent {
        .proposal(
            .preSharedKey(PreSharedKeyID(source: .external(id: [key]), nonce: [UInt8](repeating: 9, count: 32))))
    }
}
