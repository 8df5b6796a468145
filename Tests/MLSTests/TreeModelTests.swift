import MLS
import MLSWire
import Testing

@Suite("The ratchet tree, RFC 9420 §4, §7")
struct TreeModelTests {
    /// All that is asked of a tree must be as in the model, and as in a tree that was read anew.
    private func expectSame(_ tree: RatchetTree, _ model: TreeModel, _ suite: CipherSuite) throws {
        let encoded = tree.treeNodes.encoded
        try #require(tree.leafCount == model.leafCount && encoded == model.treeNodes.encoded)
        #expect(tree.memberCount == model.members.count)
        #expect(tree.members.map { Int($0.rawValue) } == model.members)
        for node in model.nodes.indices {
            #expect(tree.population(below: node) == model.population(below: node))
            #expect(tree.isBlank(node) == (model.nodes[node] == nil))
            if let (left, right) = model.children(of: node) {
                #expect(TreeMath.left(node) == left && TreeMath.right(node) == right)
            }
        }
        #expect(tree.resolution(of: tree.root) == model.resolution(of: model.root))
        for leaf in 0..<model.leafCount {
            #expect(TreeMath.directPath(leaf * 2, leafCount: tree.leafCount) == model.path(above: leaf))
        }
        guard !model.members.isEmpty else { return }

        var (copy, anew) = (tree, RatchetTree(suite: suite, try TreeNodes(decoding: encoded)))
        #expect(anew.leafCount == tree.leafCount && copy.treeHash() == anew.treeHash())
        #expect(anew.takeBlankLeaf() == copy.takeBlankLeaf())
        for node in model.nodes {
            switch node {
            case .leaf(let leaf):
                #expect(tree.encryptionKeys.count(of: leaf.encryptionKey) == 1)
                #expect(tree.signatureKeys.count(of: leaf.signatureKey) == 1)
            case .parent(let parent): #expect(tree.encryptionKeys.count(of: parent.encryptionKey) == 1)
            case nil: continue
            }
        }
        let leaves = model.members.compactMap { tree[leaf: LeafIndex(rawValue: UInt32($0))] }
        #expect(tree.capabilities.members == leaves.count)
        #expect(
            tree.capabilities.allSupport(ExtensionType.lastResort)
                == leaves.allSatisfy { $0.capabilities.supports(ExtensionType.lastResort) })
        #expect(
            tree.capabilities.allSupport(CredentialType.x509)
                == leaves.allSatisfy { $0.capabilities.supports(CredentialType.x509) })
    }

    /// One change, chosen at random.
    private func change(
        _ tree: inout RatchetTree, _ model: inout TreeModel, _ random: inout TreeRandom, growing: Bool
    ) throws {
        let member = model.members.randomElement(using: &random)
        switch (Int.random(in: 0..<10, using: &random), member) {
        case (0..<(growing ? 6 : 2), _), (_, nil):
            let leaf = random.leaf()
            #expect(Int(tree.add(leaf).rawValue) == model.add(leaf))
        case (6..<8, .some(let member)):
            // A commit's path, by keys alone.
            let index = LeafIndex(rawValue: UInt32(member))
            let keys = tree.filteredPath(of: index).map { _ in HPKEPublicKey(bytes: random.bytes(32)) }
            let leaf = random.leaf()
            _ = tree.treeHash()
            _ = tree.setPath(of: index, keys: keys)
            tree[leaf: index] = leaf
            model.update(member, to: leaf)
            let steps = zip(tree.filteredPath(of: index), keys)
            for (step, key) in steps {
                let parent = try #require(tree[parent: step.node])
                #expect(parent.encryptionKey == key && parent.unmergedLeaves.isEmpty)
                model.nodes[step.node] = .parent(parent)
            }
        case (8, .some(let member)):
            let leaf = random.leaf()
            tree.update(LeafIndex(rawValue: UInt32(member)), to: leaf)
            model.update(member, to: leaf)
        case (_, .some(let member)):
            tree.remove(LeafIndex(rawValue: UInt32(member)))
            model.remove(member)
        }
    }

    @Test(
        "is the same as a plain one, whatever is added, updated, committed and removed",
        arguments: [UInt64(1), 2, 3, 4])
    func model(seed: UInt64) throws {
        let suite = try CipherSuite(.p256AES128)
        var random = TreeRandom(seed)
        var (tree, model) = (RatchetTree(suite: suite), TreeModel())
        for round in 0..<6 {
            for _ in 0..<40 {
                try change(&tree, &model, &random, growing: round % 2 == 0)
                if Bool.random(using: &random) { _ = tree.treeHash() }
                try expectSame(tree, model, suite)
            }
        }
        for member in model.members.shuffled(using: &random) {
            tree.remove(LeafIndex(rawValue: UInt32(member)))
            model.remove(member)
            try expectSame(tree, model, suite)
        }
        #expect(tree.leafCount == 1 && tree.memberCount == 0)
    }

    @Test("stays as it is when a copy of it changes", arguments: [UInt64(5), 6])
    func copies(seed: UInt64) throws {
        let suite = try CipherSuite(.p256AES128)
        var random = TreeRandom(seed)
        var (tree, model) = (RatchetTree(suite: suite), TreeModel())
        var copies: [(RatchetTree, TreeModel)] = []
        for step in 0..<120 {
            if step % 10 == 0 { copies.append((tree, model)) }
            try change(&tree, &model, &random, growing: step < 80)
            if step % 7 == 0, let place = copies.indices.randomElement(using: &random) {
                var copy = copies[place]
                try change(&copy.0, &copy.1, &random, growing: true)
                copies[place] = copy
            }
        }
        for (tree, model) in copies { try expectSame(tree, model, suite) }
    }

    @Test("says nothing of leaves and parents that it does not have")
    func outside() throws {
        var random = TreeRandom(7)
        var tree = RatchetTree(suite: try CipherSuite(.p256AES128))
        tree.add(random.leaf())
        for index: UInt32 in [1, 2, 1 << 20, .max] { #expect(tree[leaf: LeafIndex(rawValue: index)] == nil) }
        for node in [1, 3, 1 << 24] { #expect(tree[parent: node] == nil) }
    }
}
