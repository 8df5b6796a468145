import MLS
import MLSWire

/// A ratchet tree as RFC 9420 §4 and §7 describe it, without anything that makes it fast.
struct TreeModel {
    var nodes: [TreeNode?] = [nil]

    var leafCount: Int { (nodes.count + 1) / 2 }
    var root: Int { leafCount - 1 }
    var members: [Int] { (0..<leafCount).filter { nodes[$0 * 2] != nil } }

    /// The node's two children, or nil for a leaf: found by halving, and not by arithmetic on bits.
    func children(of node: Int) -> (left: Int, right: Int)? {
        var (low, high) = (0, nodes.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if middle == node { return ((low + middle - 1) / 2, (middle + 1 + high) / 2) }
            if node < middle { high = middle - 1 } else { low = middle + 1 }
        }
        return nil
    }

    /// From the leaf's parent to the root.
    func path(above leaf: Int) -> [Int] {
        var path: [Int] = []
        var node = root
        while node != leaf * 2, let (left, right) = children(of: node) {
            path.insert(node, at: 0)
            node = leaf * 2 < node ? left : right
        }
        return path
    }

    func population(below node: Int) -> Int {
        guard let (left, right) = children(of: node) else { return nodes[node] == nil ? 0 : 1 }
        return population(below: left) + population(below: right)
    }

    func resolution(of node: Int) -> [Int] {
        switch nodes[node] {
        case .leaf: return [node]
        case .parent(let parent): return [node] + parent.unmergedLeaves.map { Int($0.rawValue) * 2 }
        case nil:
            guard let (left, right) = children(of: node) else { return [] }
            return resolution(of: left) + resolution(of: right)
        }
    }

    mutating func add(_ leaf: LeafNode) -> Int {
        var index = (0..<leafCount).first { nodes[$0 * 2] == nil }
        if index == nil {
            index = leafCount
            nodes += [TreeNode?](repeating: nil, count: nodes.count + 1)
        }
        let place = index ?? 0
        for node in path(above: place) {
            guard case .parent(var parent) = nodes[node] else { continue }
            parent.unmergedLeaves = (parent.unmergedLeaves + [LeafIndex(rawValue: UInt32(place))]).sorted()
            nodes[node] = .parent(parent)
        }
        nodes[place * 2] = .leaf(leaf)
        return place
    }

    mutating func update(_ leaf: Int, to new: LeafNode) {
        nodes[leaf * 2] = .leaf(new)
        for node in path(above: leaf) { nodes[node] = nil }
    }

    mutating func remove(_ leaf: Int) {
        nodes[leaf * 2] = nil
        for node in path(above: leaf) { nodes[node] = nil }
        while leafCount > 1, nodes[(root + 1)...].allSatisfy({ $0 == nil }) { nodes = Array(nodes[..<root]) }
    }

    /// What a tree looks like on the wire.
    var treeNodes: TreeNodes {
        var nodes = nodes
        while nodes.count > 1, let last = nodes.last, last == nil { nodes.removeLast() }
        return TreeNodes(nodes)
    }
}
