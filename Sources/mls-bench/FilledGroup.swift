import Crypto
import MLS
import MLSWire

/// A group in which every parent has a key, as after many commits, and what each member knows of it.
///
/// One leaf of each pair renews its path with the library's own operation on the tree, with real keys and signatures: the tree is then, node
/// for node, what that many commits leave. Only the commits' messages and the epochs between are left out.
struct FilledGroup {
    private let crowd: Crowd
    private let state: GroupState
    private let parents: [Int: HPKEPrivateKey]
    private let leaves: [HPKEPrivateKey]
    private let epochSecret: SymmetricKey

    init(_ crowd: Crowd, size: Int) throws {
        let suite = try CipherSuite(crowd.suite)
        let id = GroupID(bytes: suite.randomSecret.bytes)
        var tree = RatchetTree(suite: suite)
        var leaves: [HPKEPrivateKey] = []
        for person in crowd.people[..<size] {
            tree.add(person.keyPackage.leafNode)
            leaves.append(try KeyPackageSecrets(restoring: person.secrets).leafKey)
        }
        _ = tree.treeHash()
        var parents: [Int: HPKEPrivateKey] = [:]
        for number in stride(from: 0, to: size, by: 2) {
            let index = LeafIndex(number)
            let client = crowd.people[number].client
            let path = try tree.renewPath(of: index) { (key, parentHash) throws(MLSError) -> LeafNode in
                var leaf = client.leafNode(
                    encryptionKey: key, source: .commit(parentHash: parentHash), extensions: Extensions())
                try client.sign(&leaf, in: id, at: index, suite: suite)
                return leaf
            }
            leaves[number] = path.leafKey
            for step in path.secrets.nodes { parents[step.node] = step.key }
        }
        let context = GroupContext(
            cipherSuite: crowd.suite, groupID: id, epoch: UInt64(size), treeHash: tree.treeHash(),
            confirmedTranscriptHash: suite.randomSecret.bytes)
        epochSecret = suite.randomSecret
        let (secrets, _) = EpochSecrets.derive(suite, epoch: epochSecret)
        state = GroupState(
            suite: suite, context: context, tree: tree, clients: ClientIndex(tree, Trusting()),
            confirmationTag: MACTag(bytes: suite.hash.mac(context.confirmedTranscriptHash, key: secrets.confirmation)))
        self.crowd = crowd
        self.parents = parents
        self.leaves = leaves
    }

    /// What a member knows who has the keys of all parents above its leaf.
    func member(_ number: Int) -> Member {
        let above = TreeMath.directPath(number * 2, leafCount: state.tree.leafCount)
        let known = above.compactMap { node in parents[node].map { (node, $0) } }
        let (secrets, encryption) = EpochSecrets.derive(state.suite, epoch: epochSecret)
        return Member(
            client: crowd.people[number].client,
            epoch: EpochState(
                group: state,
                keys: TreePrivateKeys(
                    leaf: LeafIndex(number), leafKey: leaves[number],
                    parents: Dictionary(known) { first, _ in first }),
                secrets: secrets, encryption: encryption))
    }
}
