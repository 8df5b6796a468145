import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of groups that come of others, RFC 9420 §11.2, §11.3")
struct OriginRules {
    /// A group that is said to come of another, and what is wrong with it.
    private struct Founding {
        var id: [UInt8] = [1]
        var suite = MLSCipherSuite.x25519AES128
        var extensions = Extensions()
        /// How often its founder has committed before it says so.
        var earlierEpochs = 0
        /// Who is added, beside the one that joins.
        var others: [MLSClient] = []
        /// How often the welcome names the group of origin.
        var mentions = 1
    }

    private static let announced = ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .x25519AES128)

    /// Member 1 joins a group that member 0 founds; with the edit it refuses it by the rule.
    private func expectRule(
        _ rule: ValidationRule, _ usage: ResumptionUsage, members: Int = 3,
        sourceLocation: SourceLocation = #_sourceLocation, _ edit: (inout Founding) -> Void
    ) throws {
        let party = try Party(members, suite: .x25519AES128)
        let clients = party.members.map { $0.group.client }
        if usage == .reInit { try party.commit(by: 0, [.reInit(Self.announced)]) }
        var founding = Founding(others: Array(clients.dropFirst(2)))
        try join(party, usage, founding, nil, sourceLocation)
        edit(&founding)
        try join(party, usage, founding, .invalid(rule), sourceLocation)
    }

    private func join(
        _ party: Party, _ usage: ResumptionUsage, _ founding: Founding, _ error: MLSError?,
        _ sourceLocation: SourceLocation
    ) throws {
        let client = party[1].group.client
        let package = try client.forgedPackage(for: founding.suite)
        var proposals = [Proposal.add(package.keyPackage)]
        for other in founding.others { proposals.append(.add(try other.forgedPackage(for: founding.suite).keyPackage)) }
        let founder = Member(
            try MLSGroup(
                GroupID(bytes: founding.id), suite: founding.suite, client: party[0].group.client,
                extensions: founding.extensions))
        for _ in 0..<founding.earlierEpochs { founder.group.adopt(try founder.group.commit().take()) }

        let origin = try party[1].group.origin(usage)
        var forgery = Forgery()
        for number in 0..<founding.mentions {
            let id = PreSharedKeyID(
                source: .resumption(usage: usage, group: origin.id, epoch: origin.epoch),
                nonce: [UInt8](repeating: UInt8(number), count: 32))
            proposals.append(.preSharedKey(id))
            forgery.preSharedKeys[id] = origin.resumptionKey
        }
        forgery.entries = proposals.map { .proposal($0) }
        forgery.makesWelcome = true
        let welcome = try #require(try Forger(founder).commit(forgery).welcome)
        if let error {
            #expect(throws: error, sourceLocation: sourceLocation) {
                _ = try MLSGroup.join(welcome, with: package, client: client, origins: [origin])
            }
        } else {
            #expect(throws: Never.self, sourceLocation: sourceLocation) {
                _ = try MLSGroup.join(welcome, with: package, client: client, origins: [origin])
            }
        }
    }

    @Test("a group must come of one other")
    func preSharedKeyOfOriginIsSole() throws {
        for usage in [ResumptionUsage.branch, .reInit] {
            try expectRule(.preSharedKeyOfOriginIsSole, usage) { $0.mentions = 2 }
        }
    }

    @Test("a group that comes of another must begin with epoch 1")
    func originEpochIsOne() throws {
        for usage in [ResumptionUsage.branch, .reInit] {
            try expectRule(.originEpochIsOne, usage) { $0.earlierEpochs = 1 }
        }
    }

    @Test("the new group must be the one that the ReInit announced")
    func reInitParametersMatch() throws {
        try expectRule(.reInitParametersMatch, .reInit) { $0.id = [2] }
        try expectRule(.reInitParametersMatch, .reInit) { $0.suite = .x25519ChaCha20 }
        try expectRule(.reInitParametersMatch, .reInit) { $0.extensions = .with(.applicationID) }
    }

    @Test("the new group must have all members of the old one")
    func reInitKeepsMembers() throws {
        try expectRule(.reInitKeepsMembers, .reInit) { $0.others = [] }
    }

    @Test("a branch must be of its group's cipher suite")
    func branchKeepsSuite() throws {
        try expectRule(.branchKeepsSuite, .branch) { $0.suite = .x25519ChaCha20 }
    }

    @Test("a branch must have members of its group alone")
    func branchHasOldMembers() throws {
        let stranger = try MLSClient.named("stranger", suite: .x25519AES128)
        try expectRule(.branchHasOldMembers, .branch) { $0.others = [stranger] }
    }
}
