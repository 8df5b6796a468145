import Crypto
import MLS
import MLSWire
import Testing

/// Each test of a rule has the rule's name, by which `scripts/mutants` finds it.
@Suite("Rules of framing, RFC 9420 §6")
struct FramingRules {
    static let formats: [WireFormat] = [.publicMessage, .privateMessage]

    @Test("a message must be signed with its sender's key", arguments: formats)
    func framedContentSignature(format: WireFormat) throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        let stranger = try SignaturePrivateKey(for: .p256AES128)
        var contents: [MLSContent] = [.proposal(.remove(LeafIndex(2)))]
        if format == .privateMessage { contents.append(.application([1])) }
        for content in contents {
            party.expectAccepted(try forger.message(content, as: format))
            party.expectRefused(
                try forger.message(content, as: format, signer: stranger), .invalid(.framedContentSignature))
        }
        try party.expectRule(.framedContentSignature, honest: Forgery().with { $0.format = format }) {
            $0.signer = stranger
        }
    }

    @Test("somebody outside must sign with the key that is listed, or that it brings")
    func framedContentSignatureOfOutsiders() throws {
        let (party, server) = try Self.partyWithServer()
        let stranger = try SignaturePrivateKey(for: .p256AES128)
        let outsider = Forger(outside: party[0], as: server, sender: .external(index: 0))
        let proposal = MLSContent.proposal(.remove(LeafIndex(1)))
        party.expectAccepted(try outsider.message(proposal), from: Party.outside)
        party.expectRefused(
            try outsider.message(proposal, signer: stranger), from: Party.outside, .invalid(.framedContentSignature))

        let newcomer = try MLSClient.named("newcomer")
        let add = MLSContent.proposal(.add(try newcomer.forgedPackage().keyPackage))
        let asker = Forger(outside: party[0], as: newcomer, sender: .newMemberProposal)
        party.expectAccepted(try asker.message(add), from: Party.outside)
        party.expectRefused(
            try asker.message(add, signer: stranger), from: Party.outside, .invalid(.framedContentSignature))
        try party.expectExternalRule(.framedContentSignature) { $0.signer = stranger }
    }

    @Test("a member's public message must have the membership tag")
    func membershipTag() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        for content in [MLSContent.proposal(.remove(LeafIndex(2))), .proposal(.remove(LeafIndex(1)))] {
            var message = forger.publicMessage(try forger.signed(content))
            party.expectAccepted(.publicMessage(message))
            message.membershipTag = MACTag(bytes: forger.suite.hash.mac([], key: .of(1)))
            party.expectRefused(.publicMessage(message), .invalid(.membershipTag))
            message.membershipTag = nil
            party.expectRefused(.publicMessage(message), .invalid(.membershipTag))
        }
        try party.expectUsable()
    }

    @Test("a member that is not one by the membership tag is not believed to be the receiver either")
    func membershipTagOfOwnMessage() throws {
        let party = try Party(2)
        let forger = Forger(party[0])
        var message = forger.publicMessage(try forger.signed(.proposal(.remove(LeafIndex(1)))))
        message.content.sender = .member(LeafIndex(1))
        party.expectRefused(.publicMessage(message), .invalid(.membershipTag))
        let signed = try forger.signed(.proposal(.remove(LeafIndex(0)))) { $0.sender = .member(LeafIndex(1)) }
        party.expectRefused(.publicMessage(forger.publicMessage(signed)), .invalid(.framedContentSignature))
        let own = try Forger(party[1]).message(.proposal(.remove(LeafIndex(0))))
        guard case .own = try party[1].group.receive(own) else {
            Issue.record("the message was the receiver's own")
            return
        }
        try party.expectUsable()
    }

    @Test("a commit must confirm the epoch that it begins", arguments: formats)
    func confirmationTag(format: WireFormat) throws {
        try Party(3).expectRule(.confirmationTag, honest: Forgery().with { $0.format = format }) {
            $0.confirmationTag = { $0 = MACTag(bytes: $0.bytes.reversed()) }
        }
    }

    @Test("a group info must confirm its epoch")
    func confirmationTagOfWelcome() throws {
        try Party(3).expectJoinRule(.confirmationTag) {
            $0.info = { $0.confirmationTag = MACTag(bytes: $0.confirmationTag.bytes.reversed()) }
        }
    }

    @Test("nobody sends from a blank leaf, or from none", arguments: [1, 3, 1 << 20])
    func senderIsMember(leaf: Int) throws {
        let party = try Party(4, hasPaths: false)
        for member in [3, 1] { try party.remove(member) }
        let forger = Forger(party[0])
        let content = MLSContent.proposal(.remove(LeafIndex(2)))
        party.expectAccepted(try forger.message(content))
        let forged = try forger.signed(content) { $0.sender = .member(LeafIndex(leaf)) }
        party.expectRefused(.publicMessage(forger.publicMessage(forged)), .invalid(.senderIsMember))
        try party.expectUsable()
    }

    @Test("nobody sends a private message from a blank leaf")
    func senderIsMemberOfPrivateMessage() throws {
        let party = try Party(4, hasPaths: false)
        try party.remove(1)
        let forger = Forger(party[0])
        party.expectAccepted(try forger.message(.application([1]), as: .privateMessage))
        let forged = try forger.signed(.application([1]), as: .privateMessage) { $0.sender = .member(LeafIndex(1)) }
        party.expectRefused(
            .privateMessage(try forger.seal(forged, SealForgery(leaf: LeafIndex(1)))), .invalid(.senderIsMember))
        try party.expectUsable()
    }

    // MARK: From outside

    /// A group that hears a server, and that server.
    static func partyWithServer() throws -> (Party, MLSClient) {
        let server = try MLSClient.named("server")
        let senders = ExternalSenders([
            ExternalSender(signatureKey: server.signer.publicKey, credential: server.credential)
        ])
        return (try Party(3, extensions: .with(.externalSenders, senders.encoded)), server)
    }

    @Test("an external sender must be listed")
    func externalSenderIsListed() throws {
        let (party, server) = try Self.partyWithServer()
        let content = MLSContent.proposal(.remove(LeafIndex(2)))
        for (index, isListed) in [(0, true), (1, false), (UInt32.max, false)] as [(UInt32, Bool)] {
            let message = try Forger(outside: party[0], as: server, sender: .external(index: index)).message(content)
            if isListed {
                party.expectAccepted(message, from: Party.outside)
            } else {
                party.expectRefused(message, from: Party.outside, .invalid(.externalSenderIsListed))
            }
        }
        let unlisted = try Party(2)
        let message = try Forger(outside: unlisted[0], as: server, sender: .external(index: 0)).message(content)
        unlisted.expectRefused(message, from: Party.outside, .invalid(.externalSenderIsListed))
        try party.expectUsable()
    }

    @Test("an external sender must not commit")
    func externalSenderOnlyProposes() throws {
        let (party, server) = try Self.partyWithServer()
        let outsider = Forger(outside: party[0], as: server, sender: .external(index: 0))
        party.expectAccepted(try outsider.message(.proposal(.remove(LeafIndex(2)))), from: Party.outside)
        var forged = try outsider.signed(.commit(Commit(proposals: [], path: nil)))
        forged.auth.confirmationTag = MACTag(bytes: [1])
        party.expectRefused(try outsider.protect(forged), from: Party.outside, .invalid(.externalSenderOnlyProposes))
        try party.expectUsable()
    }

    @Test("an external sender must not propose an Update, an ExternalInit or what no RFC defines")
    func externalProposalIsAllowed() throws {
        let (party, server) = try Self.partyWithServer()
        let outsider = Forger(outside: party[0], as: server, sender: .external(index: 0))
        let allowed: [Proposal] = [
            .remove(LeafIndex(2)), .add(try MLSClient.named("newcomer").forgedPackage().keyPackage),
            .groupContextExtensions(Extensions()),
            .reInit(ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .p256AES128)),
            .preSharedKey(PreSharedKeyID(source: .external(id: [1]), nonce: [UInt8](repeating: 1, count: 32))),
        ]
        for proposal in allowed { party.expectAccepted(try outsider.message(.proposal(proposal)), from: Party.outside) }
        let forbidden: [Proposal] = [
            try outsider.update(), .externalInit(kemOutput: [1]), .custom(ProposalType(rawValue: privateCode), []),
        ]
        for proposal in forbidden {
            party.expectRefused(
                try outsider.message(.proposal(proposal)), from: Party.outside, .invalid(.externalProposalIsAllowed))
        }
        try party.expectUsable()
    }

    @Test("a newcomer must propose its own Add, and nothing else")
    func newMemberProposesItsAdd() throws {
        let party = try Party(3)
        let newcomer = try MLSClient.named("newcomer")
        let asker = Forger(outside: party[0], as: newcomer, sender: .newMemberProposal)
        party.expectAccepted(
            try asker.message(.proposal(.add(try newcomer.forgedPackage().keyPackage))), from: Party.outside)
        for proposal in [Proposal.remove(LeafIndex(1)), .externalInit(kemOutput: [1]), try asker.update()] {
            party.expectRefused(
                try asker.message(.proposal(proposal)), from: Party.outside, .invalid(.newMemberProposesItsAdd))
        }
        try party.expectUsable()
    }

    @Test("a newcomer that commits must not send anything else as that")
    func newMemberCommits() throws {
        let party = try Party(3)
        try party.expectExternalRule(.externalCommitHasPath) { $0.hasPath = false }
        let forger = Forger(outside: party[0], as: try .named("newcomer"), sender: .newMemberCommit)
        party.expectRefused(
            try forger.message(.proposal(.remove(LeafIndex(1)))), from: Party.outside, .invalid(.newMemberCommits))
        try party.expectUsable()
    }
}
