import MLS
import MLSWire

/// A tree, its members' private keys, and commits of each of them: both those given and new ones.
struct TreeKEMVector: VectorEntry {
    let cipherSuite: UInt16
    let groupId: HexBytes
    let epoch: UInt64
    let confirmedTranscriptHash: HexBytes
    let ratchetTree: HexBytes
    let leavesPrivate: [PrivateLeaf]
    let updatePaths: [GivenPath]

    struct PrivateLeaf: Decodable {
        let index: UInt32
        let encryptionPriv: HexBytes
        let signaturePriv: HexBytes
        let pathSecrets: [NodeSecret]
    }

    struct NodeSecret: Decodable {
        let node: Int
        let pathSecret: HexBytes
    }

    struct GivenPath: Decodable {
        let sender: UInt32
        let updatePath: HexBytes
        let pathSecrets: [HexBytes?]
        let commitSecret: HexBytes
        let treeHashAfter: HexBytes
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        let tree = RatchetTree(suite: suite, try ratchetTree.decoded("ratchet_tree"))
        var members: [LeafIndex: Member] = [:]
        for leaf in leavesPrivate {
            members[LeafIndex(rawValue: leaf.index)] = try within("private keys of leaf \(leaf.index)") {
                try leaf.member(of: tree, suite)
            }
        }
        for leaf in tree.members { try expect("\(leaf) has no private keys", members[leaf] != nil) }
        try expect("there are private keys of blank leaves", members.count == tree.memberCount)
        for given in updatePaths {
            try within("update path of leaf \(given.sender)") {
                let sender = LeafIndex(rawValue: given.sender)
                guard let member = members[sender] else { throw VectorFailure("the sender is no member") }
                let others = members.filter { $0.key != sender }.mapValues(\.keys)
                try check(given, tree, others, suite)
                try within("our new path") { try checkNewPath(of: member, tree, others, suite) }
            }
        }
    }

    /// Every other member processes the given path.
    private func check(
        _ given: GivenPath, _ tree: RatchetTree, _ others: [LeafIndex: TreePrivateKeys], _ suite: CipherSuite
    ) throws {
        let sender = LeafIndex(rawValue: given.sender)
        let path: UpdatePath = try given.updatePath.decoded("update_path")
        guard case .commit = path.leafNode.source else { throw VectorFailure("the leaf carries no parent hash") }
        var tree = tree
        try tree.merge(path, of: sender)
        try expect("tree_hash_after", tree.treeHash(), is: given.treeHashAfter)
        let context = context(tree.treeHash(), suite)
        for (index, secret) in given.pathSecrets.enumerated() where others[LeafIndex(index)] == nil {
            try expect("there is a path secret for leaf \(index), which needs none", secret == nil)
        }
        for (leaf, keys) in others {
            try within("\(leaf)") {
                let secrets = try tree.decrypt(path, from: sender, with: keys, excluding: [], context: context)
                guard leaf.value < given.pathSecrets.count, let expected = given.pathSecrets[leaf.value],
                    let first = secrets.nodes.first
                else { throw VectorFailure("no path secret is given") }
                try expect("path secret", first.secret.bytes, is: expected)
                try expect("commit_secret", secrets.commitSecret.bytes, is: given.commitSecret)
            }
        }
    }

    /// Every other member processes a path that is made here.
    private func checkNewPath(
        of member: Member, _ tree: RatchetTree, _ others: [LeafIndex: TreePrivateKeys], _ suite: CipherSuite
    ) throws {
        let sender = member.keys.leaf
        var made = tree
        let new = try made.renewPath(of: sender) { (key, parentHash) throws(MLSError) in
            var leaf = member.leaf
            leaf.encryptionKey = key
            leaf.source = .commit(parentHash: parentHash)
            leaf.signature = try member.signer.sign(
                leaf.toBeSigned(in: groupId.groupID, at: sender), label: "LeafNodeTBS")
            return leaf
        }
        let context = context(made.treeHash(), suite)
        let path = try made.encrypt(new, of: sender, excluding: [], context: context)
        var merged = tree
        try merged.merge(path, of: sender)
        try expect("tree hash", merged.treeHash(), is: HexBytes(made.treeHash()))
        try merged.validateStructure()
        let commitSecret = HexBytes(new.secrets.commitSecret.bytes)
        for (leaf, keys) in others {
            try within("\(leaf)") {
                let secrets = try merged.decrypt(path, from: sender, with: keys, excluding: [], context: context)
                try expect("commit secret", secrets.commitSecret.bytes, is: commitSecret)
            }
        }
    }

    private func context(_ treeHash: [UInt8], _ suite: CipherSuite) -> [UInt8] {
        GroupContext(
            cipherSuite: suite.code, groupID: groupId.groupID, epoch: epoch, treeHash: treeHash,
            confirmedTranscriptHash: confirmedTranscriptHash.bytes
        ).encoded
    }
}

extension TreeKEMVector {
    /// What a member has.
    struct Member {
        let leaf: LeafNode
        let keys: TreePrivateKeys
        let signer: SignaturePrivateKey
    }
}

extension TreeKEMVector.PrivateLeaf {
    /// The private keys, each of which must fit a public key of the tree.
    func member(of tree: RatchetTree, _ suite: CipherSuite) throws -> TreeKEMVector.Member {
        let own = LeafIndex(rawValue: index)
        guard let leaf = tree[leaf: own] else { throw VectorFailure("the leaf is blank") }
        let leafKey = try HPKEPrivateKey(raw: encryptionPriv.secret, kem: suite.kem)
        try expect("encryption_priv is not the leaf's", leafKey.publicKey == leaf.encryptionKey)
        let signer = try SignaturePrivateKey(raw: signaturePriv.secret, for: suite.code)
        try expect("signature_priv is not the leaf's", signer.publicKey == leaf.signatureKey)
        let above = TreeMath.directPath(own.value * 2, leafCount: tree.leafCount)
        var parents: [Int: HPKEPrivateKey] = [:]
        for entry in pathSecrets {
            try expect("node \(entry.node) is not above the leaf", above.contains(entry.node))
            let secrets = PathSecrets(suite: suite, first: entry.pathSecret.secret, path: [entry.node])
            guard let key = secrets.nodes.first?.key else { continue }
            try expect(
                "path_secret of node \(entry.node) does not give its key",
                tree[parent: entry.node]?.encryptionKey == key.publicKey)
            parents[entry.node] = key
        }
        return .init(
            leaf: leaf, keys: TreePrivateKeys(leaf: own, leafKey: leafKey, parents: parents), signer: signer)
    }
}
