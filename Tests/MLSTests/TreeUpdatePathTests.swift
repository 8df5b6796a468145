import Crypto
import MLS
import MLSWire
import Testing

/// A committer and the others, whose paths are changed on the way.
@Suite("Update paths, RFC 9420 §7.5, §12.4.2")
struct TreeUpdatePathTests {
    private let suite: CipherSuite
    private let before: RatchetTree
    private let keys: [TreePrivateKeys]
    private let path: UpdatePath
    private let context: [UInt8] = [1, 2, 3]

    init() throws {
        suite = try CipherSuite(.p256AES128)
        var random = TreeRandom(11)
        var tree = RatchetTree(suite: suite)
        var keys: [TreePrivateKeys] = []
        for _ in 0..<5 {
            let key = HPKEPrivateKey(generating: suite.kem)
            var leaf = random.leaf()
            leaf.encryptionKey = key.publicKey
            keys.append(TreePrivateKeys(leaf: tree.add(leaf), leafKey: key))
        }
        _ = tree.treeHash()
        before = tree
        self.keys = keys
        let blank = random.leaf()
        let new = try tree.renewPath(of: LeafIndex(rawValue: 0)) { (key, parentHash) in
            var leaf = blank
            leaf.encryptionKey = key
            leaf.source = .commit(parentHash: parentHash)
            return leaf
        }
        path = try tree.encrypt(new, of: LeafIndex(rawValue: 0), excluding: [], context: context)
    }

    /// What a member makes of the path.
    private func process(_ path: UpdatePath, as member: Int, context: [UInt8]? = nil) throws -> SymmetricKey {
        var tree = before
        try tree.merge(path, of: LeafIndex(rawValue: 0))
        return try tree.decrypt(
            path, from: LeafIndex(rawValue: 0), with: keys[member], excluding: [], context: context ?? self.context
        ).commitSecret
    }

    @Test("give all others the same secret")
    func agree() throws {
        let secrets = try (1..<5).map { try process(path, as: $0).bytes }
        #expect(Set(secrets).count == 1)
    }

    @Test("are refused with a node too many or too few")
    func length() {
        var short = path
        short.nodes.removeLast()
        var long = path
        long.nodes.append(path.nodes[0])
        for wrong in [short, long] {
            #expect(throws: MLSError.invalid(.pathHasFilteredLength)) { try process(wrong, as: 1) }
        }
    }

    @Test("are refused with a key that the tree has, that comes twice, or that is none")
    func keysOfPath() throws {
        var old = path
        old.nodes[0].encryptionKey = keys[2].leafKey.publicKey
        var twice = path
        twice.nodes[1].encryptionKey = path.nodes[0].encryptionKey
        for wrong in [old, twice] {
            #expect(throws: MLSError.invalid(.pathKeyIsNew)) { try process(wrong, as: 1) }
        }
        var none = path
        none.nodes[0].encryptionKey = HPKEPublicKey(bytes: [4] + [UInt8](repeating: 0, count: 64))
        #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) { try process(none, as: 1) }
    }

    @Test("are refused if the leaf does not bind their keys")
    func binding() throws {
        var wrong = path
        wrong.leafNode.source = .commit(parentHash: [UInt8](repeating: 0, count: 32))
        #expect(throws: MLSError.invalid(.commitParentHashMatches)) { try process(wrong, as: 1) }
        var other = path
        other.nodes[1].encryptionKey = HPKEPrivateKey(generating: suite.kem).publicKey
        #expect(throws: MLSError.invalid(.commitParentHashMatches)) { try process(other, as: 1) }
    }

    @Test("are refused with a ciphertext too many or too few, or of another context or key")
    func ciphertexts() throws {
        for level in path.nodes.indices {
            var fewer = path
            fewer.nodes[level].encryptedPathSecret.removeLast()
            var more = path
            more.nodes[level].encryptedPathSecret.append(path.nodes[level].encryptedPathSecret[0])
            for member in 1..<5 {
                for wrong in [fewer, more] {
                    #expect(throws: MLSError.invalid(.pathCiphertextsMatchResolution)) {
                        try process(wrong, as: member)
                    }
                }
            }
        }
        #expect(throws: MLSError.invalid(.hpkeDecrypts)) { try process(path, as: 1, context: [1, 2]) }
        var wrong = path
        wrong.nodes[0].encryptedPathSecret[0].ciphertext[0] ^= 1
        #expect(throws: MLSError.invalid(.hpkeDecrypts)) { try process(wrong, as: 1) }
    }

    @Test("are refused if a secret gives other keys than the path shows")
    func secrets() throws {
        var wrong = path
        let key = try #require(before[leaf: LeafIndex(rawValue: 1)]?.encryptionKey)
        wrong.nodes[0].encryptedPathSecret[0] = try suite.encrypt(
            suite.randomSecret, to: key, label: "UpdatePathNode", context: context)
        #expect(throws: MLSError.invalid(.pathSecretMatchesKeys)) { try process(wrong, as: 1) }
        #expect(try process(wrong, as: 2) == process(path, as: 2))
    }
}
