package import MLSWire

/// The public ratchet tree of a group (RFC 9420 §4, §7): a value whose copies share what they have in common.
///
/// Alongside its nodes it keeps what questions about all members need: hashes of subtrees, the number of members below each
/// node, the keys in use, and what members can do. A change costs as much as the path from the leaf to the root.
package struct RatchetTree: Sendable {
    let suite: CipherSuite
    /// How many leaves there is room for: a power of two.
    package private(set) var leafCount: Int
    private var nodes: ChunkedArray<TreeNode?>
    /// The tree hashes that are known. If a node's is not, none above it is.
    var hashes: ChunkedArray<[UInt8]?>
    /// How many leaves below a node are not blank.
    private var populations: ChunkedArray<Int32>
    /// All leaves before this one are taken.
    private var firstBlank = 0
    package private(set) var encryptionKeys = Multiset<HPKEPublicKey>()
    package private(set) var signatureKeys = Multiset<SignaturePublicKey>()
    package private(set) var capabilities = CapabilityCounts()

    /// A tree of one blank leaf.
    package init(suite: CipherSuite) {
        self.suite = suite
        leafCount = 1
        nodes = ChunkedArray(repeating: nil, count: 1)
        hashes = ChunkedArray(repeating: nil, count: 1)
        populations = ChunkedArray(repeating: 0, count: 1)
    }

    /// A tree as it was sent. Whether it is a valid one is not yet said.
    package init(suite: CipherSuite, _ tree: TreeNodes) {
        self.init(suite: suite)
        while TreeMath.nodeCount(leafCount) < tree.nodes.count { extend() }
        for (index, node) in tree.nodes.enumerated() {
            switch node {
            case .leaf(let leaf): self[leaf: LeafIndex(index / 2)] = leaf
            case .parent(let parent): self[parent: index] = parent
            case nil: continue
            }
        }
    }

    /// The tree as it is sent.
    package var treeNodes: TreeNodes {
        var all = (0..<nodes.count).map { nodes[$0] }
        while all.count > 1, all[all.count - 1] == nil { all.removeLast() }
        return TreeNodes(all)
    }

    package var root: Int { TreeMath.root(leafCount) }

    /// How many members the group has.
    package var memberCount: Int { Int(populations[root]) }

    // MARK: Nodes

    /// The leaf's content; nil if it is blank, or if the tree has no such leaf.
    package subscript(leaf index: LeafIndex) -> LeafNode? {
        get {
            guard index.value < leafCount, case .leaf(let leaf) = nodes[index.value * 2] else { return nil }
            return leaf
        }
        set {
            let node = index.value * 2
            if case .leaf(let old) = nodes[node] {
                encryptionKeys.remove(old.encryptionKey)
                signatureKeys.remove(old.signatureKey)
                capabilities.remove(old)
                count(node, by: -1)
                firstBlank = min(firstBlank, index.value)
            }
            if let newValue {
                encryptionKeys.insert(newValue.encryptionKey)
                signatureKeys.insert(newValue.signatureKey)
                capabilities.add(newValue)
                count(node, by: 1)
            }
            nodes[node] = newValue.map { .leaf($0) }
            forgetHashes(from: node)
        }
    }

    /// The parent node's content; nil if it is blank.
    package subscript(parent node: Int) -> ParentNode? {
        get {
            guard node < nodes.count, case .parent(let parent) = nodes[node] else { return nil }
            return parent
        }
        set {
            if case .parent(let old) = nodes[node] { encryptionKeys.remove(old.encryptionKey) }
            if let newValue { encryptionKeys.insert(newValue.encryptionKey) }
            nodes[node] = newValue.map { .parent($0) }
            forgetHashes(from: node)
        }
    }

    package func isBlank(_ node: Int) -> Bool { nodes[node] == nil }

    package func encryptionKey(of node: Int) -> HPKEPublicKey? {
        switch nodes[node] {
        case .leaf(let leaf): leaf.encryptionKey
        case .parent(let parent): parent.encryptionKey
        case nil: nil
        }
    }

    package func signatureKey(of index: LeafIndex) -> SignaturePublicKey? {
        guard index.value < leafCount, case .leaf(let leaf) = nodes[index.value * 2] else { return nil }
        return leaf.signatureKey
    }

    func node(_ index: Int) -> TreeNode? { nodes[index] }

    /// How many members are below a node.
    package func population(below node: Int) -> Int { Int(populations[node]) }

    /// The members, from left to right. Subtrees without any are skipped.
    package var members: [LeafIndex] { leaves(below: root) }

    package func leaves(below node: Int) -> [LeafIndex] {
        var found: [LeafIndex] = []
        collect(node) { found.append(LeafIndex($0 / 2)) }
        return found
    }

    private func collect(_ node: Int, _ visit: (Int) -> Void) {
        guard populations[node] > 0 else { return }
        guard TreeMath.level(node) > 0 else { return visit(node) }
        collect(TreeMath.left(node), visit)
        collect(TreeMath.right(node), visit)
    }

    // MARK: Changes (§7.7, §12.1)

    /// The leftmost blank leaf, for which room is made if there is none.
    package mutating func takeBlankLeaf() -> LeafIndex {
        while firstBlank < leafCount, nodes[firstBlank * 2] != nil { firstBlank += 1 }
        if firstBlank == leafCount { extend() }
        return LeafIndex(firstBlank)
    }

    /// Puts a new member on the leftmost blank leaf, which the parents above it do not know yet (§12.1.1).
    @discardableResult
    package mutating func add(_ leaf: LeafNode) -> LeafIndex {
        let index = takeBlankLeaf()
        for node in TreeMath.directPath(index.value * 2, leafCount: leafCount) {
            guard var parent = self[parent: node] else { continue }
            let place = parent.unmergedLeaves.firstIndex { $0 > index } ?? parent.unmergedLeaves.count
            parent.unmergedLeaves.insert(index, at: place)
            self[parent: node] = parent
        }
        self[leaf: index] = leaf
        return index
    }

    /// Replaces a member's leaf and blanks its path (§12.1.2).
    package mutating func update(_ index: LeafIndex, to leaf: LeafNode) {
        self[leaf: index] = leaf
        blankPath(above: index)
    }

    /// Blanks a member's leaf and its path, and drops the right half of the tree while nobody is in it (§12.1.3).
    package mutating func remove(_ index: LeafIndex) {
        self[leaf: index] = nil
        blankPath(above: index)
        while leafCount > 1, populations[TreeMath.right(root)] == 0 { truncate() }
    }

    package mutating func blankPath(above index: LeafIndex) {
        for node in TreeMath.directPath(index.value * 2, leafCount: leafCount) where nodes[node] != nil {
            self[parent: node] = nil
        }
    }

    private mutating func extend() {
        let added = TreeMath.nodeCount(leafCount * 2) - nodes.count
        let members = populations[root]
        nodes.append(nil, count: added)
        hashes.append(nil, count: added)
        populations.append(0, count: added)
        leafCount *= 2
        populations[root] = members
    }

    private mutating func truncate() {
        let kept = TreeMath.nodeCount(leafCount / 2)
        for node in kept..<nodes.count where nodes[node] != nil { self[parent: node] = nil }
        leafCount /= 2
        nodes.truncate(to: kept)
        hashes.truncate(to: kept)
        populations.truncate(to: kept)
        firstBlank = min(firstBlank, leafCount)
    }

    private mutating func count(_ leaf: Int, by step: Int32) {
        populations[leaf] += step
        for node in TreeMath.directPath(leaf, leafCount: leafCount) { populations[node] += step }
    }

    private mutating func forgetHashes(from node: Int) {
        var node = node
        while hashes[node] != nil {
            hashes[node] = nil
            guard node != root else { return }
            node = TreeMath.parent(node)
        }
    }

    // MARK: Resolution (§4.1.1)

    /// The nodes whose keys reach all members below `node`, but for those of `excluded`.
    package func resolution(of node: Int, excluding excluded: Set<LeafIndex> = []) -> [Int] {
        var found: [Int] = []
        resolve(node, excluded, &found)
        return found
    }

    private func resolve(_ node: Int, _ excluded: Set<LeafIndex>, _ found: inout [Int]) {
        switch nodes[node] {
        case .leaf:
            if !excluded.contains(LeafIndex(node / 2)) { found.append(node) }
        case .parent(let parent):
            found.append(node)
            for leaf in parent.unmergedLeaves where !excluded.contains(leaf) { found.append(leaf.value * 2) }
        case nil:
            guard TreeMath.level(node) > 0, populations[node] > 0 else { return }
            resolve(TreeMath.left(node), excluded, &found)
            resolve(TreeMath.right(node), excluded, &found)
        }
    }

    /// The parents of a leaf that get a key in a commit, each with its child beside the path (§4.1.2): those whose other side
    /// has no member are left out.
    package func filteredPath(of leaf: LeafIndex) -> [(node: Int, copath: Int)] {
        var filtered: [(node: Int, copath: Int)] = []
        var node = leaf.value * 2
        while node != root {
            let sibling = TreeMath.sibling(node)
            node = TreeMath.parent(node)
            if populations[sibling] > 0 { filtered.append((node, sibling)) }
        }
        return filtered
    }
}
