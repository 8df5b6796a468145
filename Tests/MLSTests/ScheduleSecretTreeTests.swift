import Crypto
import MLSWire
import Testing

@testable import MLS

@Suite("The secret tree, RFC 9420 §9")
struct ScheduleSecretTreeTests {
    private func tree(_ leafCount: Int) throws -> SecretTree {
        SecretTree(suite: try CipherSuite(.p256AES128), leafCount: leafCount, root: secret("root"))
    }

    @Test("gives the same chains whatever the order in which they are asked for", arguments: [1, 2, 8, 64])
    func order(leafCount: Int) throws {
        var chains: [SecretTree.Chain] = []
        for leaf in 0..<leafCount {
            chains.append(.init(leaf: LeafIndex(leaf), .application))
            chains.append(.init(leaf: LeafIndex(leaf), .commit))
        }
        var inOrder = try tree(leafCount)
        let expected = try chains.map { try inOrder.ratchet($0).secret }
        #expect(Set(expected.map(\.bytes)).count == chains.count)
        var random = TreeRandom(2)
        for _ in 0..<5 {
            var shuffled = try tree(leafCount)
            for place in chains.indices.shuffled(using: &random) {
                #expect(try shuffled.ratchet(chains[place]).secret == expected[place])
            }
            #expect(shuffled.nodes.isEmpty)
        }
    }

    @Test("holds no secret above a leaf that was used, and for each other leaf exactly one")
    func forgets() throws {
        var tree = try tree(32)
        var random = TreeRandom(3)
        var used: Set<Int> = []
        for leaf in (0..<32).shuffled(using: &random) {
            _ = try tree.ratchet(.init(leaf: LeafIndex(leaf), .application))
            used.insert(leaf)
            for other in 0..<32 {
                let node = other * 2
                let above = [node] + TreeMath.directPath(node, leafCount: 32)
                #expect(above.count { tree.nodes[$0] != nil } == (used.contains(other) ? 0 : 1))
            }
        }
        #expect(tree.nodes.isEmpty && tree.ratchets.count == 64)
    }

    @Test("has one chain for handshakes, proposals and commits alike, and another for the application")
    func chains() throws {
        var tree = try tree(4)
        let leaf = LeafIndex(2)
        let commit = try tree.ratchet(.init(leaf: leaf, .commit))
        #expect(try tree.ratchet(.init(leaf: leaf, .proposal)).secret == commit.secret)
        #expect(try tree.ratchet(.init(leaf: leaf, .application)).secret != commit.secret)
    }

    @Test("goes on where a chain was put back")
    func replace() throws {
        var tree = try tree(4)
        let chain = SecretTree.Chain(leaf: LeafIndex(1), .application)
        var ratchet = try tree.ratchet(chain)
        let first = try ratchet.next(tree.suite)
        #expect(try tree.ratchet(chain).generation == 0)
        tree.replace(chain, with: ratchet)
        #expect(try tree.ratchet(chain).generation == 1)
        var other = try tree.ratchet(chain)
        #expect(throws: MLSError.invalid(.generationIsUnused)) { try other.take(0, tree.suite, RatchetLimits()) }
        #expect(try other.next(tree.suite).key.key != first.key.key)
    }

    @Test("has no leaves beyond its own", arguments: [UInt32(4), 5, 1 << 20, .max])
    func outside(leaf: UInt32) throws {
        var tree = try tree(4)
        #expect(throws: MLSError.invalid(.senderIsMember)) {
            try tree.ratchet(.init(leaf: LeafIndex(rawValue: leaf), .commit))
        }
        #expect(tree.nodes.count == 1)
    }
}
