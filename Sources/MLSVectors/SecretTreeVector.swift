import MLS
import MLSWire

/// The keys of messages, and those of their senders' data.
struct SecretTreeVector: VectorEntry {
    let cipherSuite: UInt16
    let senderData: SenderData
    let encryptionSecret: HexBytes
    let leaves: [[Generation]]

    struct SenderData: Decodable {
        let senderDataSecret: HexBytes
        let ciphertext: HexBytes
        let key: HexBytes
        let nonce: HexBytes

        func check(_ suite: CipherSuite) throws {
            let protection = MessageProtection(
                suite: suite,
                context: GroupContext(cipherSuite: suite.code, groupID: GroupID(bytes: []), epoch: 0, treeHash: []),
                senderData: senderDataSecret.secret, membership: suite.zeroSecret,
                secretTree: SecretTree(suite: suite, leafCount: 1, root: suite.zeroSecret))
            let made = protection.senderDataKey(sample: ciphertext.bytes)
            try expect("key", made.0.bytes, is: key)
            try expect("nonce", made.nonce, is: nonce)
        }
    }

    struct Generation: Decodable {
        let generation: UInt32
        let handshakeKey: HexBytes
        let handshakeNonce: HexBytes
        let applicationKey: HexBytes
        let applicationNonce: HexBytes
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        try within("sender_data") { try senderData.check(suite) }
        try expect("there are no leaves", !leaves.isEmpty)
        var tree = SecretTree(
            suite: suite, leafCount: TreeMath.leafCapacity(leaves.count), root: encryptionSecret.secret)
        for (index, generations) in leaves.enumerated() {
            for entry in generations {
                try within("leaf \(index), generation \(entry.generation)") {
                    let leaf = LeafIndex(index)
                    let handshake = try take(entry.generation, .init(leaf: leaf, .commit), from: &tree, suite)
                    try expect("handshake_key", handshake.key.bytes, is: entry.handshakeKey)
                    try expect("handshake_nonce", handshake.nonce.bytes, is: entry.handshakeNonce)
                    let application = try take(entry.generation, .init(leaf: leaf, .application), from: &tree, suite)
                    try expect("application_key", application.key.bytes, is: entry.applicationKey)
                    try expect("application_nonce", application.nonce.bytes, is: entry.applicationNonce)
                }
            }
        }
    }

    private func take(
        _ generation: UInt32, _ chain: SecretTree.Chain, from tree: inout SecretTree, _ suite: CipherSuite
    ) throws -> MessageKey {
        var ratchet = try tree.ratchet(chain)
        let key = try ratchet.take(generation, suite, RatchetLimits())
        tree.replace(chain, with: ratchet)
        return key
    }
}
