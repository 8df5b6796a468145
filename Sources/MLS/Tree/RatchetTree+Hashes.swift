package import MLSWire
import TLSSyntax

/// Tree hashes (RFC 9420 §7.8) and parent hashes (§7.9).
extension RatchetTree {
    /// The hash of the whole tree, computed where it is not known.
    package mutating func treeHash() -> [UInt8] { treeHash(of: root) }

    package mutating func treeHash(of node: Int) -> [UInt8] {
        if let known = hashes[node] { return known }
        let hash: [UInt8]
        if TreeMath.level(node) == 0 {
            hash = leafHash(node, self.node(node))
        } else {
            let left = treeHash(of: TreeMath.left(node))
            let right = treeHash(of: TreeMath.right(node))
            hash = parentNodeHash(self[parent: node], left, right)
        }
        hashes[node] = hash
        return hash
    }

    /// The hash of a subtree as if some leaves had never been added. All hashes must be known.
    /// - Parameter excluded: in increasing order.
    private func treeHash(of node: Int, without excluded: ArraySlice<LeafIndex>) -> [UInt8] {
        let range = TreeMath.subtree(node)
        let here = excluded.drop { $0.value * 2 < range.lowerBound }.prefix { $0.value * 2 <= range.upperBound }
        if here.isEmpty, let known = hashes[node] { return known }
        guard TreeMath.level(node) > 0 else { return leafHash(node, nil) }
        var parent = self[parent: node]
        parent?.unmergedLeaves.removeAll { here.containsSorted($0) }
        return parentNodeHash(
            parent, treeHash(of: TreeMath.left(node), without: here), treeHash(of: TreeMath.right(node), without: here))
    }

    /// The parent hash of a parent node with regard to one of its children (§7.9): it binds the node's key, what is above it,
    /// and the other child as it was when the key was set. All hashes below must be known.
    package func parentHash(of node: Int, _ parent: ParentNode, sibling: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(parent.encryptionKey)
        bytes.write(variableOpaque: parent.parentHash)
        bytes.write(variableOpaque: treeHash(of: sibling, without: parent.unmergedLeaves[...]))
        return suite.hash.digest(bytes)
    }

    private func leafHash(_ node: Int, _ content: TreeNode?) -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes.write(LeafIndex(node / 2))
        if case .leaf(let leaf) = content {
            bytes.append(1)
            bytes.write(leaf)
        } else {
            bytes.append(0)
        }
        return suite.hash.digest(bytes)
    }

    private func parentNodeHash(_ parent: ParentNode?, _ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [2]
        bytes.writeOptional(parent) { $1.write(into: &$0) }
        bytes.write(variableOpaque: left)
        bytes.write(variableOpaque: right)
        return suite.hash.digest(bytes)
    }
}
