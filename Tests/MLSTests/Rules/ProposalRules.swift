import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of lists of proposals, RFC 9420 §12.1, §12.2")
struct ProposalRules {
    static let extra = ExtensionType(rawValue: privateCode)

    // MARK: Keys from outside

    /// A group whose members all know a key by the name 1.
    private func partyWithKey() throws -> (Party, PreSharedKeyID) {
        var keys = PreSharedKeys()
        keys.set(.of(7), externalID: [1])
        return (
            try Party(3, preSharedKeys: keys),
            PreSharedKeyID(source: .external(id: [1]), nonce: [UInt8](repeating: 9, count: 32))
        )
    }

    @Test("a pre-shared key's nonce must have the hash's length", arguments: [0, 31, 33])
    func preSharedKeyNonceHasHashLength(length: Int) throws {
        let (party, id) = try partyWithKey()
        let bad = PreSharedKeyID(source: id.source, nonce: [UInt8](repeating: 9, count: length))
        try party.expectRule(.preSharedKeyNonceHasHashLength, honest: Forgery([.preSharedKey(id)])) {
            $0.entries = [.proposal(.preSharedKey(bad))]
        }
        try party.expectExternalRule(.preSharedKeyNonceHasHashLength) {
            $0.entries.append(.proposal(.preSharedKey(bad)))
        }
    }

    @Test(
        "a resumption key must be proposed for the application's use alone",
        arguments: [ResumptionUsage.reInit, .branch])
    func preSharedKeyUsageIsApplication(usage: ResumptionUsage) throws {
        let party = try Party(3)
        func proposal(_ usage: ResumptionUsage) -> Proposal {
            .preSharedKey(
                PreSharedKeyID(
                    source: .resumption(usage: usage, group: party[0].group.id, epoch: party[0].group.state.epoch),
                    nonce: [UInt8](repeating: 9, count: 32)))
        }
        try party.expectRule(.preSharedKeyUsageIsApplication, honest: Forgery([proposal(.application)])) {
            $0.entries = [.proposal(proposal(usage))]
        }
    }

    @Test("a pre-shared key must be proposed once")
    func preSharedKeyIsUnique() throws {
        let (party, id) = try partyWithKey()
        let again = PreSharedKeyID(source: id.source, nonce: [UInt8](repeating: 8, count: 32))
        try party.expectRule(.preSharedKeyIsUnique, honest: Forgery([.preSharedKey(id), .preSharedKey(again)])) {
            $0.entries = [.proposal(.preSharedKey(id)), .proposal(.preSharedKey(id))]
        }
    }

    // MARK: Members

    @Test("a Remove must name a member", arguments: [1, 3, 1 << 20])
    func removeNamesMember(leaf: Int) throws {
        let party = try Party(4, hasPaths: false)
        for member in [3, 1] { try party.remove(member) }
        try party.expectRule(.removeNamesMember, honest: Forgery([.remove(LeafIndex(2))])) {
            $0.entries = [.proposal(.remove(LeafIndex(leaf)))]
        }
        try party.expectExternalRule(.removeNamesMember) { $0.entries.append(.proposal(.remove(LeafIndex(leaf)))) }
    }

    @Test("a committer must not cover its own Update")
    func committerDoesNotUpdate() throws {
        let party = try Party(3)
        let forger = Forger(party[0])
        try party.expectRule(.committerDoesNotUpdate) { $0.entries = [.proposal(try forger.update())] }
        let reference = try party.propose(try forger.update(), by: 0)
        let resolving = Forger(party[0], resolving: party[1])
        party.expectRefused(
            try resolving.commit(Forgery().with { $0.entries = [.reference(reference)] }).message,
            .invalid(.committerDoesNotUpdate))
        try party.expectUsable()
    }

    @Test("a committer must not remove itself")
    func committerDoesNotLeave() throws {
        let party = try Party(3)
        try party.expectRule(.committerDoesNotLeave, by: 1, honest: Forgery([.remove(LeafIndex(2))])) {
            $0.entries = [.proposal(.remove(LeafIndex(1)))]
        }
    }

    @Test("a leaf must be removed or updated once")
    func leafIsChangedOnce() throws {
        let party = try Party(4)
        try party.expectRule(.leafIsChangedOnce, honest: Forgery([.remove(LeafIndex(2))])) {
            $0.entries = [.proposal(.remove(LeafIndex(2))), .proposal(.remove(LeafIndex(2)))]
        }
        let (one, two) = try party.proposeUpdates { _ in }
        let remove = ProposalOrRef.proposal(.remove(LeafIndex(3)))
        for entries in [[.reference(one), .reference(two)], [.reference(one), remove]] as [[ProposalOrRef]] {
            let forged = try Forger(party[0]).commit(Forgery().with { $0.entries = entries }).message
            for member in party.members[1...2] {
                #expect(throws: MLSError.invalid(.leafIsChangedOnce)) { try member.look(at: forged) }
            }
        }
        try party.expectUsable()
    }

    @Test("a client must be added once, and not if it is a member")
    func clientIsAddedOnce() throws {
        let party = try Party(3)
        let add = try ["newcomer", "newcomer", "1", "other"].map {
            Proposal.add(try MLSClient.named($0).forgedPackage().keyPackage)
        }
        try party.expectRule(.clientIsAddedOnce, honest: Forgery([add[0], add[3]])) {
            $0.entries = [.proposal(add[0]), .proposal(add[1])]
        }
        try party.expectRule(
            .clientIsAddedOnce, honest: Forgery([.remove(LeafIndex(1)), add[2]])
        ) { $0.entries = [.proposal(add[2])] }
        try party.expectExternalRule(.clientIsAddedOnce) { $0.leaf = { $0.credential = .named("1") } }
    }

    // MARK: The group

    @Test("the group's extensions must be set once")
    func groupContextExtensionsAreSole() throws {
        let proposal = Proposal.groupContextExtensions(.with(.applicationID, [1]))
        try Party(3).expectRule(.groupContextExtensionsAreSole, honest: Forgery([proposal])) {
            $0.entries.append(.proposal(proposal))
        }
    }

    @Test("a ReInit must be alone")
    func reInitIsAlone() throws {
        let reInit = Proposal.reInit(ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .p256AES128))
        let party = try Party(3)
        for other in [Proposal.remove(LeafIndex(2)), reInit] {
            try party.expectRule(.reInitIsAlone, honest: Forgery([reInit])) { $0.entries.append(.proposal(other)) }
        }
    }

    @Test("a ReInit must not go back to an earlier version")
    func reInitKeepsVersion() throws {
        var reInit = ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .p256AES128)
        let honest = Forgery([.reInit(reInit)])
        reInit.version = ProtocolVersion(rawValue: 0)
        try Party(3).expectRule(.reInitKeepsVersion, honest: honest) { $0.entries = [.proposal(.reInit(reInit))] }
    }

    @Test("a member must not commit an ExternalInit")
    func externalInitIsExternal() throws {
        let party = try Party(3)
        let proposal = try Forger(party[0]).externalInit().proposal
        try party.expectRule(.externalInitIsExternal) { $0.entries = [.proposal(proposal)] }
    }

    @Test("all members must support a proposal's type, but for those who go")
    func proposalTypeIsSupported() throws {
        let type = ProposalType(rawValue: privateCode)
        let knowing = Capabilities.with(proposals: [type])
        let party = try Party([
            .named("0", capabilities: knowing), .named("1", capabilities: knowing), .named("2"),
        ])
        try party.expectRule(
            .proposalTypeIsSupported, honest: Forgery([.custom(type, [1]), .remove(LeafIndex(2))])
        ) { $0.entries.removeLast() }
    }

    @Test("all members must support the group's new extensions")
    func groupExtensionsAreSupported() throws {
        let party = try Party([
            .named("0", capabilities: .with(extensions: [Self.extra])), .named("1"), .named("2"),
        ])
        let honest = Forgery([.groupContextExtensions(.with(.applicationID))])
        try party.expectRule(.groupExtensionsAreSupported, honest: honest) {
            $0.entries = [.proposal(.groupContextExtensions(.with(Self.extra)))]
        }
    }

    @Test("all members must meet the group's new requirements")
    func requirementsAreMet() throws {
        func proposal(_ required: RequiredCapabilities) -> Proposal {
            .groupContextExtensions(.with(.requiredCapabilities, required.encoded))
        }
        let type = ProposalType(rawValue: privateCode)
        let party = try Party([
            .named("0", capabilities: .with(extensions: [Self.extra], proposals: [type])), .named("1"), .named("2"),
        ])
        let honest = Forgery([proposal(RequiredCapabilities(extensions: [.applicationID], credentials: [.basic]))])
        for required in [RequiredCapabilities(extensions: [Self.extra]), RequiredCapabilities(proposals: [type])] {
            try party.expectRule(.requirementsAreMet, honest: honest) { $0.entries = [.proposal(proposal(required))] }
        }
    }
}
