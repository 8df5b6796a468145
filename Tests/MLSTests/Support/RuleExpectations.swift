import Crypto
import MLS
import MLSWire
import Testing

extension Party {
    /// A commit is accepted; with the edit it is refused by the rule; and the group goes on.
    func expectRule(
        _ rule: ValidationRule, by sender: Int = 0, honest: Forgery = Forgery(),
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: Edit<Forgery>
    ) throws {
        let forger = Forger(members[sender])
        expectAccepted(try forger.commit(honest).message, from: sender, sourceLocation: sourceLocation)
        expectRefused(
            try forger.commit(honest.with(edit)).message, from: sender, .invalid(rule), sourceLocation: sourceLocation)
        try expectUsable(sourceLocation: sourceLocation)
    }

    /// An Add of a newcomer is accepted; with the edit of its key package it is refused by the rule.
    func expectAddRule(
        _ rule: ValidationRule, newcomer: MLSClient? = nil, suite: MLSCipherSuite = .p256AES128,
        honest: Edit<PackageForgery> = { _ in }, sourceLocation: SourceLocation = #_sourceLocation,
        _ edit: Edit<PackageForgery>
    ) throws {
        let newcomer = try newcomer ?? MLSClient.named("newcomer", suite: suite)
        let good = try newcomer.forgedPackage(for: suite, honest)
        let bad = try newcomer.forgedPackage(for: suite) {
            try honest(&$0)
            try edit(&$0)
        }
        try expectRule(rule, honest: Forgery([.add(good.keyPackage)]), sourceLocation: sourceLocation) {
            $0.entries = [.proposal(.add(bad.keyPackage))]
        }
    }

    /// The last member's Update, committed by the first, is accepted by the others; with the edit it is refused by the rule.
    func expectUpdateRule(
        _ rule: ValidationRule, signer: (any Signer)? = nil, signedFor place: LeafIndex? = nil,
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: Edit<LeafNode>
    ) throws {
        let (good, bad) = try proposeUpdates(signer: signer, signedFor: place, edit)
        expectCommit(of: good, nil, sourceLocation: sourceLocation)
        expectCommit(of: bad, .invalid(rule), sourceLocation: sourceLocation)
        try expectUsable(sourceLocation: sourceLocation)
    }

    /// Two Updates of the last member, of which the second is edited.
    func proposeUpdates(
        signer: (any Signer)? = nil, signedFor place: LeafIndex? = nil, _ edit: Edit<LeafNode>
    ) throws -> (ProposalRef, ProposalRef) {
        let updater = members.count - 1
        let forger = Forger(members[updater])
        return (
            try propose(try forger.update(), by: updater),
            try propose(try forger.update(edit, signer: signer, at: place), by: updater)
        )
    }

    /// The first member commits a proposal of the last one, and all between accept it, or refuse it with the error.
    func expectCommit(
        of reference: ProposalRef, _ error: MLSError?, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: Never.self, sourceLocation: sourceLocation) {
            let message = try Forger(members[0]).commit(Forgery().with { $0.entries = [.reference(reference)] }).message
            for member in members.dropFirst().dropLast() {
                if let error {
                    let before = member.facts
                    #expect(throws: error, sourceLocation: sourceLocation) { try member.look(at: message) }
                    #expect(member.facts == before, sourceLocation: sourceLocation)
                } else {
                    try member.look(at: message)
                }
            }
        }
    }

    /// A newcomer's own commit is accepted; with the edit it is refused by the rule.
    /// - Parameters:
    ///   - proposals: beside the ExternalInit.
    ///   - unasked: a member that does not get the commits.
    func expectExternalRule(
        _ rule: ValidationRule, client: MLSClient? = nil, proposals: [Proposal] = [], unasked: Int = Party.outside,
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: Edit<Forgery>
    ) throws {
        let forger = Forger(
            outside: members[0], as: try client ?? MLSClient.named("newcomer"), sender: .newMemberCommit)
        let (begin, initial) = try forger.externalInit()
        let honest = Forgery([begin] + proposals)
        expectAccepted(
            try forger.commit(honest, initial: initial).message, from: unasked, sourceLocation: sourceLocation)
        expectRefused(
            try forger.commit(honest.with(edit), initial: initial).message, from: unasked, .invalid(rule),
            sourceLocation: sourceLocation)
        try expectUsable(sourceLocation: sourceLocation)
    }

    /// A newcomer joins by a welcome; with the edit it refuses it by the rule, and can still join by the true one.
    /// - Parameter joiner: who joins, if it is not quite the one that is added.
    func expectJoinRule(
        _ rule: ValidationRule, newcomer: MLSClient? = nil, joiner: MLSClient? = nil, honest: Forgery = Forgery(),
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: Edit<Forgery>
    ) throws {
        try expectJoin(
            .invalid(rule), newcomer: newcomer, joiner: joiner, honest: honest, sourceLocation: sourceLocation, edit)
    }

    func expectJoin(
        _ error: MLSError, newcomer: MLSClient? = nil, joiner: MLSClient? = nil, honest: Forgery = Forgery(),
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: Edit<Forgery>
    ) throws {
        let newcomer = try newcomer ?? MLSClient.named("newcomer")
        let package = try newcomer.forgedPackage()
        let forger = Forger(members[0])
        var honest = honest
        honest.entries.insert(.proposal(.add(package.keyPackage)), at: 0)
        honest.makesWelcome = true
        let good = try #require(try forger.commit(honest).welcome)
        let bad = try #require(try forger.commit(honest.with(edit)).welcome)
        #expect(throws: error, sourceLocation: sourceLocation) {
            _ = try MLSGroup.join(bad, with: package, client: joiner ?? newcomer)
        }
        #expect(throws: Never.self, sourceLocation: sourceLocation) {
            _ = try MLSGroup.join(good, with: package, client: newcomer)
        }
        try expectUsable(sourceLocation: sourceLocation)
    }
}

extension LeafNode {
    /// Makes the public key for encryption one that no curve has.
    mutating func spoilEncryptionKey() { encryptionKey = .none }
}

extension HPKEPublicKey {
    /// A key of no curve.
    static let none = HPKEPublicKey(bytes: [4] + [UInt8](repeating: 1, count: 30))
}
