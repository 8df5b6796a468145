/// Arithmetic on the nodes of a full binary tree, numbered from left to right: leaves are even, parents odd
/// (RFC 9420 §4.1, appendix C). The number of leaves is a power of two.
package enum TreeMath {
    /// How many nodes a tree has.
    package static func nodeCount(_ leafCount: Int) -> Int { 2 * leafCount - 1 }

    package static func root(_ leafCount: Int) -> Int { leafCount - 1 }

    /// 0 for leaves, 1 for their parents, and so on.
    package static func level(_ node: Int) -> Int { (~node).trailingZeroBitCount }

    /// The left child of a parent.
    package static func left(_ node: Int) -> Int { node ^ (1 << (level(node) - 1)) }

    /// The right child of a parent.
    package static func right(_ node: Int) -> Int { node ^ (3 << (level(node) - 1)) }

    /// The parent of a node that is not the root.
    package static func parent(_ node: Int) -> Int {
        let level = level(node)
        return (node | 1 << level) & ~(1 << (level + 1))
    }

    /// The other child of the parent of a node that is not the root.
    package static func sibling(_ node: Int) -> Int {
        let parent = parent(node)
        return node < parent ? right(parent) : left(parent)
    }

    /// The nodes above `node`, from its parent to the root.
    package static func directPath(_ node: Int, leafCount: Int) -> [Int] {
        let root = root(leafCount)
        var path: [Int] = []
        var node = node
        while node != root {
            node = parent(node)
            path.append(node)
        }
        return path
    }

    /// The lowest node above both, or one of them if it is above the other.
    package static func commonAncestor(_ first: Int, _ second: Int) -> Int {
        var (first, second) = (first, second)
        while first != second {
            if level(first) <= level(second) { first = parent(first) } else { second = parent(second) }
        }
        return first
    }

    /// The numbers of the nodes at and below `node`.
    package static func subtree(_ node: Int) -> ClosedRange<Int> {
        let width = (1 << level(node)) - 1
        return node - width...node + width
    }

    /// The smallest power of two that is at least `count`.
    package static func leafCapacity(_ count: Int) -> Int {
        var capacity = 1
        while capacity < count { capacity *= 2 }
        return capacity
    }
}
