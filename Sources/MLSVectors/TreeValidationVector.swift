import MLS
import MLSWire

/// A tree with the resolution and the hash of each of its nodes.
struct TreeValidationVector: VectorEntry {
    let cipherSuite: UInt16
    let tree: HexBytes
    let groupId: HexBytes
    let resolutions: [[Int]]
    let treeHashes: [HexBytes]

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        let nodes: TreeNodes = try tree.decoded("tree")
        var tree = RatchetTree(suite: suite, nodes)
        let count = TreeMath.nodeCount(tree.leafCount)
        try expect("number of resolutions", count, is: resolutions.count)
        try expect("number of tree_hashes", count, is: treeHashes.count)
        try expect("tree, made of its nodes and sent again,", tree.treeNodes.encoded, is: self.tree)
        for node in 0..<count {
            try expect("resolution of node \(node)", tree.resolution(of: node), is: resolutions[node])
            try expect("tree hash of node \(node)", tree.treeHash(of: node), is: treeHashes[node])
        }
        try tree.validateStructure()
        for leaf in tree.members {
            guard let node = tree[leaf: leaf] else { throw VectorFailure("\(leaf) is a member and blank") }
            try expect(
                "the signature of \(leaf) is not valid",
                suite.verify(
                    node.signature, of: node.toBeSigned(in: groupId.groupID, at: leaf), label: "LeafNodeTBS",
                    key: node.signatureKey))
        }
    }
}
