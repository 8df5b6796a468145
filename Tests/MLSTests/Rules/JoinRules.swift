import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of trees and of joining, RFC 9420 §7.9, §12.4.3")
struct JoinRules {
    /// A commit without a path, after which trees can be changed freely.
    static var pathless: Forgery { Forgery().with { $0.hasPath = false } }

    // MARK: Trees

    @Test("each parent must be bound by whoever set its key")
    func parentHashIsValid() throws {
        let party = try Party(4)
        let key = HPKEPrivateKey(generating: .p256).publicKey
        let edits: [Edit<RatchetTree>] = [
            { $0[parent: 1]?.parentHash.reverse() }, { $0[parent: 3]?.encryptionKey = key },
            { $0[parent: 7] = ParentNode(encryptionKey: key) },
        ]
        for edit in edits { try party.expectJoinRule(.parentHashIsValid, honest: Self.pathless) { $0.tree = edit } }
    }

    @Test("a parent's key must not occur elsewhere in the tree")
    func parentKeyIsUnique() throws {
        let party = try Party(4)
        let client = party[0].group.client
        let (group, key) = (party[0].group.id, HPKEPrivateKey(generating: .p256).publicKey)
        func setPath(_ tree: inout RatchetTree, keys: [HPKEPublicKey]) throws {
            let hash = tree.setPath(of: LeafIndex(0), keys: keys)
            guard var leaf = tree[leaf: LeafIndex(0)] else { return }
            leaf.source = .commit(parentHash: hash)
            leaf.signature = try client.signer.sign(leaf.toBeSigned(in: group, at: LeafIndex(0)), label: "LeafNodeTBS")
            tree[leaf: LeafIndex(0)] = leaf
        }
        let others = (0..<2).map { _ in HPKEPrivateKey(generating: .p256).publicKey }
        let honest = Self.pathless.with { $0.tree = { try setPath(&$0, keys: [key] + others) } }
        let leafKey = try #require(party[0].group.state.tree.encryptionKey(of: 4))
        for keys in [[key, key, others[0]], [key, leafKey, others[0]]] {
            try party.expectJoinRule(.parentKeyIsUnique, honest: honest) {
                $0.tree = { try setPath(&$0, keys: keys) }
            }
        }
    }

    @Test("an unmerged leaf must be a member below its parent", arguments: [(1, 4), (1, 5), (3, 7), (3, 1 << 20)])
    func unmergedLeafIsMemberBelow(node: Int, leaf: Int) throws {
        try Party(4).expectJoinRule(.unmergedLeafIsMemberBelow, honest: Self.pathless) {
            $0.tree = { $0[parent: node]?.unmergedLeaves = [LeafIndex(leaf)] }
        }
    }

    @Test("a blank leaf below a parent is not unmerged there")
    func unmergedLeafIsMemberBelowIfBlank() throws {
        let party = try Party(4)
        // The newcomer takes the leaf 2, and the leaf 3 is blank.
        try party.remove(2)
        try party.remove(2)
        try party.expectJoinRule(.unmergedLeafIsMemberBelow) {
            $0.tree = { $0[parent: 3]?.unmergedLeaves = [LeafIndex(3)] }
        }
    }

    @Test("an unmerged leaf must be unmerged at all parents in between")
    func unmergedLeafIsKnownBetween() throws {
        try Party(4).expectJoinRule(.unmergedLeafIsKnownBetween, honest: Self.pathless) {
            $0.tree = { $0[parent: 3]?.unmergedLeaves = [LeafIndex(2)] }
        }
    }

    // MARK: Group infos

    @Test("a group info must be signed by its signer")
    func groupInfoSignature() throws {
        let party = try Party(3)
        let stranger = try SignaturePrivateKey(for: .p256AES128)
        try party.expectJoinRule(.groupInfoSignature) { $0.infoSigner = stranger }
        try expectInvitationRule(.groupInfoSignature, to: party) { $0.infoSigner = stranger }
    }

    @Test("a group info's signer must be a member", arguments: [2, 3, 1 << 20])
    func groupInfoSignerIsMember(leaf: Int) throws {
        let party = try Party(4)
        try party.remove(2)
        try expectInvitationRule(.groupInfoSignerIsMember, to: party) {
            $0.info = { $0.signer = LeafIndex(leaf == 3 ? 2 : leaf) }
        }
        try party.expectJoinRule(.groupInfoSignerIsMember) { $0.info = { $0.signer = LeafIndex(leaf < 4 ? 5 : leaf) } }
    }

    @Test("the tree must be the one that the group info names")
    func groupInfoTreeHash() throws {
        let party = try Party(3, hasPaths: false)
        try party.expectJoinRule(.groupInfoTreeHash) {
            $0.context = { $0.treeHash.reverse() }
        }
        var tree = party[0].group.state.tree
        let other = try MLSClient.named("other").forgedPackage().keyPackage.leafNode
        tree[leaf: LeafIndex(2)] = other
        let nodes = tree.treeNodes.encoded
        try expectInvitationRule(.groupInfoTreeHash, to: party) { $0.info = { $0.extensions[.ratchetTree] = nodes } }
    }

    @Test("a group info must be of the key package's version and cipher suite")
    func groupInfoSuiteMatches() throws {
        let party = try Party(3)
        try party.expectJoinRule(.groupInfoSuiteMatches) { $0.context = { $0.cipherSuite = .x25519AES128 } }
        try expectInvitationRule(.groupInfoSuiteMatches, to: party) {
            $0.info = { $0.context.version = ProtocolVersion(rawValue: 2) }
        }
    }

    /// A client joins by an invitation; with the edit it refuses it by the rule.
    private func expectInvitationRule(
        _ rule: ValidationRule, to party: Party, sourceLocation: SourceLocation = #_sourceLocation,
        _ edit: Edit<Forgery>
    ) throws {
        let newcomer = try MLSClient.named("newcomer")
        let (good, bad) = (try Forger(party[0]).invitation(), try Forger(party[0]).invitation(edit))
        #expect(throws: MLSError.invalid(rule), sourceLocation: sourceLocation) {
            _ = try MLSGroup.joinExternally(bad, client: newcomer)
        }
        let join = try MLSGroup.joinExternally(good, client: newcomer)
        party.expectAccepted(join.message, from: Party.outside, sourceLocation: sourceLocation)
        try party.expectUsable(sourceLocation: sourceLocation)
    }

    // MARK: Welcomes

    @Test("a welcome's group info must decrypt")
    func welcomeDecrypts() throws {
        try Party(3).expectJoinRule(.welcomeDecrypts) { $0.welcomeSecret = .of(1) }
    }

    @Test("a group that is joined must have the key package's leaf")
    func welcomeNamesOwnLeaf() throws {
        let party = try Party(3)
        let newcomer = try MLSClient.named("newcomer")
        let other = try MLSClient.named("other").forgedPackage()
        let package = try newcomer.forgedPackage()
        let added = package.keyPackage
        let otherAdd = ProposalOrRef.proposal(.add(other.keyPackage))
        func expect(_ error: MLSError?, _ edit: Edit<Forgery>) throws {
            let forgery = try Forgery([.add(added)]).with {
                $0.makesWelcome = true
                $0.hasPath = false
                try edit(&$0)
            }
            let welcome = try #require(try Forger(party[0]).commit(forgery).welcome)
            if let error {
                #expect(throws: error) { _ = try MLSGroup.join(welcome, with: package, client: newcomer) }
            } else {
                _ = try MLSGroup.join(welcome, with: package, client: newcomer)
            }
        }
        try expect(nil) { _ in }
        try expect(.invalid(.welcomeNamesOwnLeaf)) {
            $0.entries = [otherAdd]
            $0.alsoWelcomed = [(LeafIndex(3), added)]
        }
        // The newcomer's own key, in a leaf that it did not publish.
        let another = try newcomer.forgedPackage {
            $0.leaf = { leaf in
                leaf.encryptionKey = added.leafNode.encryptionKey
                leaf.source = .keyPackage(Lifetime(notBefore: 0, notAfter: testTime))
            }
        }
        let leaf = another.keyPackage.leafNode
        try expect(.invalid(.welcomeNamesOwnLeaf)) { $0.tree = { $0[leaf: LeafIndex(3)] = leaf } }
        try party.expectUsable()
    }

    @Test("a welcome's path secret must yield the tree's keys")
    func welcomePathSecretMatchesKeys() throws {
        let party = try Party(4)
        let replace: (GroupSecrets) -> GroupSecrets = {
            GroupSecrets(joiner: $0.joiner, path: .of(1), preSharedKeys: $0.preSharedKeys)
        }
        try party.expectJoinRule(.welcomePathSecretMatchesKeys) { $0.secrets = replace }
        try party.expectJoinRule(.welcomePathSecretMatchesKeys, honest: Self.pathless) { $0.secrets = replace }
    }

    @Test("a client must not join a group with an extension that it does not support")
    func joinerSupportsGroupExtensions() throws {
        let extra = ExtensionType(rawValue: privateCode)
        let all = Capabilities.with(extensions: [extra])
        let party = try Party(3, extensions: .with(extra), capabilities: all)
        let signer = try SignaturePrivateKey(for: .p256AES128)
        let able = try MLSClient.named("newcomer", signer: signer, capabilities: all)
        let unable = try MLSClient.named("newcomer", signer: signer)
        try party.expectJoinRule(.joinerSupportsGroupExtensions, newcomer: able, joiner: unable) { _ in }
        let invitation = try Forger(party[0]).invitation()
        _ = try MLSGroup.joinExternally(invitation, client: able)
        #expect(throws: MLSError.invalid(.joinerSupportsGroupExtensions)) {
            _ = try MLSGroup.joinExternally(invitation, client: unable)
        }
    }

    @Test("a client must not join a group twice")
    func groupIsNew() throws {
        let party = try Party(2)
        let newcomer = try MLSClient.named("newcomer")
        let package = try newcomer.forgedPackage()
        let forgery = Forgery([.add(package.keyPackage)]).with { $0.makesWelcome = true }
        let welcome = try #require(try Forger(party[0]).commit(forgery).welcome)
        let invitation = try Forger(party[0]).invitation()
        let id = party[0].group.id
        _ = try MLSGroup.join(welcome, with: package, client: newcomer) { $0 != id }
        #expect(throws: MLSError.invalid(.groupIsNew)) {
            _ = try MLSGroup.join(welcome, with: package, client: newcomer) { $0 == id }
        }
        _ = try MLSGroup.joinExternally(invitation, client: newcomer) { $0 != id }
        #expect(throws: MLSError.invalid(.groupIsNew)) {
            _ = try MLSGroup.joinExternally(invitation, client: newcomer) { $0 == id }
        }
    }
}
