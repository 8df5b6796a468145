import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of commits, RFC 9420 §12.4")
struct CommitRules {
    @Test("a commit must not follow the last epoch that can be numbered")
    func epochHasSuccessor() throws {
        let party = try Party(1)
        let (one, two) = (try MLSClient.named("one"), try MLSClient.named("two"))
        let (first, second) = (KeyPackageBox(try one.forgedPackage()), KeyPackageBox(try two.forgedPackage()))
        let honest = Forgery([.add(first.secrets.keyPackage), .add(second.secrets.keyPackage)]).with {
            $0.makesWelcome = true
        }
        for (epoch, isLast) in [(UInt64.max - 1, false), (.max, true)] {
            let forged = try Forger(party[0]).commit(honest.with { $0.context = { $0.epoch = epoch } })
            let welcome = try #require(forged.welcome)
            let members = [
                Member(try MLSGroup.join(welcome, with: first.secrets, client: one)),
                Member(try MLSGroup.join(welcome, with: second.secrets, client: two)),
            ]
            let message = try Forger(members[0]).commit().message
            if isLast {
                let error = MLSError.invalid(.epochHasSuccessor)
                #expect(throws: error) { try members[1].look(at: message) }
                #expect(throws: error) { _ = try members[1].group.commit() }
                let invitation = try Forger(members[0]).invitation()
                #expect(throws: error) { _ = try MLSGroup.joinExternally(invitation, client: .named("three")) }
            } else {
                try members[1].look(at: message)
                _ = try members[1].group.commit()
            }
        }
    }

    @Test("a commit must refer to proposals that were seen")
    func commitIsAboutKnownProposals() throws {
        let party = try Party(3)
        try party.expectRule(.commitIsAboutKnownProposals) {
            $0.entries = [.reference(ProposalRef(bytes: [UInt8](repeating: 1, count: 32)))]
        }
    }

    @Test("a commit must have a path, unless it only adds, or brings keys")
    func commitHasPath() throws {
        let party = try Party(3)
        let add = Proposal.add(try MLSClient.named("newcomer").forgedPackage().keyPackage)
        let pathless = Forgery([add]).with { $0.hasPath = false }
        let custom = Proposal.groupContextExtensions(Extensions())
        for entries in [[], [.remove(LeafIndex(2))], [add, .remove(LeafIndex(2))], [custom]] as [[Proposal]] {
            try party.expectRule(.commitHasPath, honest: pathless) { $0.entries = entries.map { .proposal($0) } }
        }
    }

    @Test("a path must have a key for each node of the filtered direct path")
    func pathHasFilteredLength() throws {
        let party = try Party(4)
        let key = HPKEPrivateKey(generating: .p256).publicKey
        try party.expectRule(.pathHasFilteredLength) {
            $0.path = { $0.nodes.append(UpdatePathNode(encryptionKey: key, encryptedPathSecret: [])) }
        }
    }

    @Test("a path must not be too short")
    func pathHasFilteredLengthIfShort() throws {
        let party = try Party(4)
        try party.expectRule(.pathHasFilteredLength) { $0.path = { $0.nodes.removeFirst() } }
        try party.expectRule(.pathHasFilteredLength) { $0.path = { $0.nodes = [] } }
    }

    @Test("a path must have new keys")
    func pathKeyIsNew() throws {
        let party = try Party(4)
        let tree = party[0].group.state.tree
        for node in [2, 1, 5, 3] {
            let old = try #require(tree.encryptionKey(of: node))
            let forger = Forger(party[0])
            party.expectRefused(
                try forger.commit(Forgery().with { $0.rekey = { $0[0] = old } }).message, .invalid(.pathKeyIsNew))
            party.expectRefused(
                try forger.commit(Forgery().with { $0.leaf = { $0.encryptionKey = old } }).message,
                .invalid(.pathKeyIsNew))
        }
        try party.expectUsable()
    }

    @Test("a path must have different keys")
    func pathKeyIsNewInPath() throws {
        let party = try Party(4)
        try party.expectRule(.pathKeyIsNew) { $0.rekey = { $0[1] = $0[0] } }
        try party.expectRule(.pathKeyIsNew) { $0.path = { $0.nodes[0].encryptionKey = $0.leafNode.encryptionKey } }
    }

    @Test("a path's secrets must be encrypted to those who need them, and to nobody else")
    func pathCiphertextsMatchResolution() throws {
        let party = try Party(4)
        try party.expectRule(.pathCiphertextsMatchResolution) {
            $0.path = { $0.nodes[1].encryptedPathSecret.append($0.nodes[1].encryptedPathSecret[0]) }
        }
        try party.expectRule(.pathCiphertextsMatchResolution) { $0.path = { $0.nodes[0].encryptedPathSecret = [] } }
    }

    @Test("a path's secrets must not be encrypted to those who are just added")
    func pathCiphertextsMatchResolutionOfAdded() throws {
        let add = Proposal.add(try MLSClient.named("newcomer").forgedPackage().keyPackage)
        try Party(3).expectRule(.pathCiphertextsMatchResolution, honest: Forgery([add])) {
            $0.path = { path in
                let last = path.nodes.count - 1
                path.nodes[last].encryptedPathSecret.append(path.nodes[0].encryptedPathSecret[0])
            }
        }
    }

    @Test("a path's secrets must yield its keys")
    func pathSecretMatchesKeys() throws {
        let party = try Party(4)
        try party.expectRule(.pathSecretMatchesKeys) { $0.sealedPathSecret = .of(1) }
        // The upper key alone is another: the secret yields the lower one.
        let key = HPKEPrivateKey(generating: .p256).publicKey
        let forged = try Forger(party[0]).commit(
            Forgery().with {
                $0.rekey = { $0[1] = key }
            }
        ).message
        party.expectRefused(forged, .invalid(.pathSecretMatchesKeys))
        try party.expectUsable()
    }

    @Test("a commit's leaf must bind the path's keys")
    func commitParentHashMatches() throws {
        let party = try Party(4)
        for hash in [[], [UInt8](repeating: 1, count: 32)] as [[UInt8]] {
            try party.expectRule(.commitParentHashMatches) { $0.leaf = { $0.source = .commit(parentHash: hash) } }
        }
        try party.expectExternalRule(.commitParentHashMatches) {
            $0.leaf = { $0.source = .commit(parentHash: []) }
        }
    }
}

@Suite("Rules of external commits, RFC 9420 §12.4.3.2")
struct ExternalCommitRules {
    @Test("an external commit must have a path")
    func externalCommitHasPath() throws {
        try Party(3).expectExternalRule(.externalCommitHasPath) { $0.hasPath = false }
    }

    @Test("an external commit must not refer to proposals of members")
    func externalCommitHasNoReferences() throws {
        var keys = PreSharedKeys()
        keys.set(.of(7), externalID: [1])
        let party = try Party(4, preSharedKeys: keys)
        let proposal = Proposal.preSharedKey(
            PreSharedKeyID(source: .external(id: [1]), nonce: [UInt8](repeating: 9, count: 32)))
        let reference = try party.propose(proposal, by: 3)
        let newcomer = try MLSClient.named("newcomer", preSharedKeys: keys)
        try party.expectExternalRule(
            .externalCommitHasNoReferences, client: newcomer, proposals: [proposal], unasked: 3
        ) { $0.entries[1] = .reference(reference) }
    }

    @Test("an external commit must have one ExternalInit")
    func externalCommitHasOneInit() throws {
        let party = try Party(3)
        try party.expectExternalRule(.externalCommitHasOneInit) { $0.entries.append($0.entries[0]) }
        try party.expectExternalRule(.externalCommitHasOneInit) { $0.entries = [] }
    }

    @Test("an external commit must not remove more than one member")
    func externalCommitRemovesOnce() throws {
        let party = try Party(4)
        try party.expectExternalRule(
            .externalCommitRemovesOnce, client: .named("1"), proposals: [.remove(LeafIndex(1))]
        ) { $0.entries.append(.proposal(.remove(LeafIndex(2)))) }
    }

    @Test("an external commit must not remove another client than its sender")
    func externalCommitRemovesItself() throws {
        let party = try Party(3)
        try party.expectExternalRule(
            .externalCommitRemovesItself, client: .named("1"), proposals: [.remove(LeafIndex(1))]
        ) { $0.leaf = { $0.credential = .named("stranger") } }
    }

    @Test("an external commit must have no other proposals")
    func externalCommitIsPure() throws {
        let party = try Party(3)
        let proposals: [Proposal] = [
            .add(try MLSClient.named("other").forgedPackage().keyPackage), try Forger(party[0]).update(),
            .groupContextExtensions(Extensions()), .custom(ProposalType(rawValue: privateCode), []),
            .reInit(ReInit(groupID: GroupID(bytes: [1]), cipherSuite: .p256AES128)),
        ]
        for proposal in proposals {
            try party.expectExternalRule(.externalCommitIsPure) { $0.entries.append(.proposal(proposal)) }
        }
    }
}
