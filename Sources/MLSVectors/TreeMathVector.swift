import MLS

/// The relations between all nodes of a tree.
struct TreeMathVector: VectorEntry {
    let nLeaves: Int
    let nNodes: Int
    let root: Int
    let left: [Int?]
    let right: [Int?]
    let parent: [Int?]
    let sibling: [Int?]

    static var hasCipherSuite: Bool { false }

    func check() throws {
        try expect("n_leaves is \(nLeaves), and no power of two", nLeaves > 0 && nLeaves.nonzeroBitCount == 1)
        try expect("n_nodes", TreeMath.nodeCount(nLeaves), is: nNodes)
        try expect("root", TreeMath.root(nLeaves), is: root)
        for list in [left, right, parent, sibling] { try expect("length of the lists", list.count, is: nNodes) }
        for node in 0..<nNodes {
            let isLeaf = TreeMath.level(node) == 0
            let isRoot = node == root
            try expect("left of \(node)", isLeaf ? nil : TreeMath.left(node), is: left[node])
            try expect("right of \(node)", isLeaf ? nil : TreeMath.right(node), is: right[node])
            try expect("parent of \(node)", isRoot ? nil : TreeMath.parent(node), is: parent[node])
            try expect("sibling of \(node)", isRoot ? nil : TreeMath.sibling(node), is: sibling[node])
        }
    }
}
