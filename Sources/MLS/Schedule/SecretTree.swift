package import Crypto
package import MLSWire

/// The keys of an epoch's messages (RFC 9420 §9): a tree of secrets of which only those exist that are still to be used,
/// and two ratchets for each member that has been heard of.
package struct SecretTree: Sendable {
    /// Which of a member's two chains.
    package struct Chain: Hashable, Sendable {
        package let leaf: LeafIndex
        package let isHandshake: Bool

        package init(leaf: LeafIndex, _ type: MLSContentType) {
            self.leaf = leaf
            isHandshake = type != .application
        }

        init(leaf: LeafIndex, isHandshake: Bool) {
            self.leaf = leaf
            self.isHandshake = isHandshake
        }
    }

    package let suite: CipherSuite
    let leafCount: Int
    /// Secrets of nodes below which nothing was derived yet, by node.
    package private(set) var nodes: [Int: SymmetricKey]
    package private(set) var ratchets: [Chain: HashRatchet]

    /// - Parameter leafCount: how many leaves the ratchet tree has, a power of two.
    package init(suite: CipherSuite, leafCount: Int, root: SymmetricKey) {
        self.init(suite: suite, leafCount: leafCount, nodes: [TreeMath.root(leafCount): root], ratchets: [:])
    }

    init(suite: CipherSuite, leafCount: Int, nodes: [Int: SymmetricKey], ratchets: [Chain: HashRatchet]) {
        self.suite = suite
        self.leafCount = leafCount
        self.nodes = nodes
        self.ratchets = ratchets
    }

    /// The chain as it stands. The secrets above its leaf are gone afterwards.
    /// - Throws: ``ValidationRule/senderIsMember`` if the tree has no such leaf.
    package mutating func ratchet(_ chain: Chain) throws(MLSError) -> HashRatchet {
        if let ratchet = ratchets[chain] { return ratchet }
        guard chain.leaf.value < leafCount else { throw .invalid(.senderIsMember) }
        expand(chain.leaf)
        guard let ratchet = ratchets[chain] else { throw .invalid(.generationIsUnused) }
        return ratchet
    }

    /// Puts a chain back that moved on.
    package mutating func replace(_ chain: Chain, with ratchet: HashRatchet) {
        ratchets[chain] = ratchet
    }

    /// Derives the leaf's two chains, leaving beside the path only what other leaves need.
    private mutating func expand(_ leaf: LeafIndex) {
        let target = leaf.value * 2
        let path = TreeMath.directPath(target, leafCount: leafCount)
        var node = target
        if nodes[target] == nil {
            guard let start = path.first(where: { nodes[$0] != nil }) else { return }
            node = start
        }
        while let secret = nodes.removeValue(forKey: node) {
            let length = suite.hash.byteCount
            guard node != target else {
                ratchets[Chain(leaf: leaf, isHandshake: true)] = HashRatchet(
                    secret: suite.expand(secret, "handshake", length: length))
                ratchets[Chain(leaf: leaf, isHandshake: false)] = HashRatchet(
                    secret: suite.expand(secret, "application", length: length))
                return
            }
            let (left, right) = (TreeMath.left(node), TreeMath.right(node))
            nodes[left] = suite.expand(secret, "tree", context: Array("left".utf8), length: length)
            nodes[right] = suite.expand(secret, "tree", context: Array("right".utf8), length: length)
            node = target < node ? left : right
        }
    }
}
