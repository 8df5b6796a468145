import MLSWire

/// What a tree must be that comes from others (RFC 9420 §7.9.2, §12.4.3.1). Leaves are checked elsewhere.
extension RatchetTree {
    /// - Throws: the rule that the tree breaks.
    package mutating func validateStructure() throws(MLSError) {
        try validateUnmergedLeaves()
        try validateParentKeys()
        try validateParentHashes()
    }

    private var parents: [(node: Int, ParentNode)] {
        stride(from: 1, to: TreeMath.nodeCount(leafCount), by: 2).compactMap { node in
            self[parent: node].map { (node, $0) }
        }
    }

    /// Each unmerged leaf is a member below the node, and unmerged at all parents between.
    private func validateUnmergedLeaves() throws(MLSError) {
        for (node, parent) in parents {
            let range = TreeMath.subtree(node)
            for leaf in parent.unmergedLeaves {
                let below = leaf.value < leafCount && range.contains(leaf.value * 2)
                try require(.unmergedLeafIsMemberBelow, below && !isBlank(leaf.value * 2))
                guard below else { continue }
                var between = TreeMath.parent(leaf.value * 2)
                while between != node {
                    if let other = self[parent: between] {
                        try require(.unmergedLeafIsKnownBetween, other.unmergedLeaves.containsSorted(leaf))
                    }
                    between = TreeMath.parent(between)
                }
            }
        }
    }

    /// No parent's key occurs elsewhere, and each is a key of the suite.
    private func validateParentKeys() throws(MLSError) {
        for (_, parent) in parents {
            try require(.parentKeyIsUnique, encryptionKeys.count(of: parent.encryptionKey) <= 1)
            try require(.hpkeKeyIsValid, suite.kem.isValid(parent.encryptionKey))
        }
    }

    /// Each parent is bound by exactly one node below: whoever set its key, and nobody else, signed for it.
    private mutating func validateParentHashes() throws(MLSError) {
        _ = treeHash()
        for (node, parent) in parents {
            let (left, right) = (TreeMath.left(node), TreeMath.right(node))
            let isBoundLeft = isBound(node, parent, child: left, sibling: right)
            let isBoundRight = isBound(node, parent, child: right, sibling: left)
            try require(.parentHashIsValid, isBoundLeft != isBoundRight)
        }
    }

    /// Whether a node in the child's resolution carries the parent's hash, and all others there joined later.
    private func isBound(_ node: Int, _ parent: ParentNode, child: Int, sibling: Int) -> Bool {
        let range = TreeMath.subtree(child)
        let unmerged = parent.unmergedLeaves.filter { range.contains($0.value * 2) }
        let resolution = resolution(of: child)
        guard resolution.count == unmerged.count + 1 else { return false }
        let later = Set(unmerged.map { $0.value * 2 })
        let setters = resolution.filter { !later.contains($0) }
        guard setters.count == 1, let setter = setters.first else { return false }
        return parentHash(in: setter) == parentHash(of: node, parent, sibling: sibling)
    }

    /// The parent hash that a node carries.
    private func parentHash(in node: Int) -> [UInt8]? {
        switch self.node(node) {
        case .parent(let parent): parent.parentHash
        case .leaf(let leaf): if case .commit(let hash) = leaf.source { hash } else { nil }
        case nil: nil
        }
    }
}

extension RandomAccessCollection<LeafIndex> where Index == Int {
    /// Whether the leaf is among these, which are in increasing order: half of them at a time.
    func containsSorted(_ leaf: LeafIndex) -> Bool {
        var range = startIndex..<endIndex
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            if self[middle] == leaf { return true }
            range = self[middle] < leaf ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return false
    }
}
