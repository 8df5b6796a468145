import Crypto
import MLSWire
import TLSSyntax

/// An epoch as it is stored, before it is known to be sound.
struct StoredEpoch {
    private let context: GroupContext
    private let tree: TreeNodes
    private let confirmationTag: MACTag
    private let leaf: LeafIndex
    private let leafKey: SymmetricKey
    private let parentKeys: [(node: Int, key: SymmetricKey)]
    private let secrets: EpochSecrets
    private let reInit: ReInit?

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        context = try GroupContext(from: &reader)
        tree = try TreeNodes(from: &reader)
        confirmationTag = try MACTag(from: &reader)
        leaf = try LeafIndex(from: &reader)
        leafKey = try reader.secret()
        parentKeys = try reader.variableVector(maximumCount: 64) {
            (reader) throws(SyntaxError) -> (node: Int, key: SymmetricKey) in
            (Int(try reader.uint32()), try reader.secret())
        }
        secrets = try EpochSecrets(from: &reader)
        reInit = try reader.optional { (reader) throws(SyntaxError) in try ReInit(from: &reader) }
    }

    /// The signature key of this member's leaf; nil if it has none.
    var ownSignatureKey: SignaturePublicKey? {
        let place = leaf.value * 2
        guard place < tree.nodes.count, case .leaf(let own) = tree.nodes[place] else { return nil }
        return own.signatureKey
    }

    /// The epoch without its ratchets.
    /// - Throws: ``MLSError/misuse(_:)`` if its parts do not fit together.
    func restored(_ client: MLSClient, isRemoved: Bool) throws(MLSError) -> EpochState {
        let suite = try CipherSuite(context.cipherSuite)
        var tree = RatchetTree(suite: suite, tree)
        guard tree.treeHash() == context.treeHash else { throw .misuse(.snapshot) }
        var keys = TreePrivateKeys(leaf: leaf, leafKey: try HPKEPrivateKey(raw: leafKey, kem: suite.kem))
        for (node, key) in parentKeys { keys.parents[node] = try HPKEPrivateKey(raw: key, kem: suite.kem) }
        if !isRemoved {
            guard let own = tree[leaf: leaf], own.encryptionKey == keys.leafKey.publicKey,
                keys.parents.allSatisfy({ tree[parent: $0.key]?.encryptionKey == $0.value.publicKey })
            else { throw .misuse(.snapshot) }
            guard own.signatureKey == client.signer.publicKey else { throw .misuse(.signerMismatch) }
        }
        let group = GroupState(
            suite: suite, context: context, tree: tree, clients: ClientIndex(tree, client.validator),
            confirmationTag: confirmationTag)
        return EpochState(
            restoring: group, keys: keys, secrets: secrets,
            secretTree: SecretTree(suite: suite, leafCount: tree.leafCount, nodes: [:], ratchets: [:]), reInit: reInit)
    }
}

extension EpochState {
    /// - Parameter room: bytes of secrets that the caller will write behind it.
    func writeEpoch(into bytes: inout [UInt8], room: Int) {
        bytes.write(group.context)
        bytes.write(group.treeNodes)
        bytes.write(group.confirmationTag)
        bytes.write(leaf)
        // From here on there are secrets: were the array to grow, copies of them would stay where it was.
        bytes.reserveCapacity(bytes.count + room + 2048 + keys.parents.count * 80 + (reInit?.encoded.count ?? 0))
        let capacity = bytes.capacity
        bytes.write(secret: keys.leafKey.raw)
        bytes.writeVariable(keys.parents) { bytes, entry in
            bytes.write(UInt32(entry.key))
            bytes.write(secret: entry.value.raw)
        }
        secrets.write(into: &bytes)
        bytes.writeOptional(reInit) { $1.write(into: &$0) }
        assert(bytes.capacity == capacity, "the array of a snapshot grew")
    }

    /// Bytes that ``writeRatchets(into:)`` takes at most.
    var storedRatchetSize: Int {
        let waiting = proposals.order.reduce(0) { $0 + 96 + (proposals[$1]?.proposal.encoded.count ?? 0) }
        return protection.secretTree.storedSize + waiting + ownUpdates.count * 256 + 64
    }

    func writeRatchets(into bytes: inout [UInt8]) {
        protection.secretTree.write(into: &bytes)
        bytes.writeVariable(proposals.order) { bytes, reference in
            guard let item = proposals[reference] else { return }
            bytes.write(reference)
            bytes.write(item.sender)
            bytes.write(item.proposal)
        }
        bytes.writeVariable(ownUpdates.values) { bytes, update in
            bytes.write(secret: update.leafKey.raw)
            bytes.writeOptional(update.client) { $0.write($1.signer.publicKey) }
        }
    }

    mutating func readRatchets(from reader: inout SyntaxReader, clients: [MLSClient]) throws(SyntaxError) {
        protection.secretTree = try SecretTree(from: &reader, suite: suite, leafCount: group.tree.leafCount)
        let items = try reader.variableVector(maximumCount: .max) {
            (reader) throws(SyntaxError) -> (reference: ProposalRef, sender: Sender, proposal: Proposal) in
            (try ProposalRef(from: &reader), try Sender(from: &reader), try Proposal(from: &reader))
        }
        for item in items { proposals.insert(ReceivedProposal(item.proposal, from: item.sender), as: item.reference) }
        let start = reader.offset
        let updates = try reader.variableVector(maximumCount: .max) {
            (reader) throws(SyntaxError) -> (key: SymmetricKey, signer: SignaturePublicKey?) in
            (
                try reader.secret(),
                try reader.optional { (reader) throws(SyntaxError) in try SignaturePublicKey(from: &reader) }
            )
        }
        for (raw, signer) in updates {
            guard let key = try? HPKEPrivateKey(raw: raw, kem: suite.kem) else {
                throw .invalidValue(offset: start, "private key that is none")
            }
            let client = clients.first { $0.signer.publicKey == signer }
            guard signer == nil || client != nil else { continue }
            ownUpdates[key.publicKey] = OwnUpdate(leafKey: key, client: client)
        }
    }
}

extension EpochSecrets {
    func write(into bytes: inout [UInt8]) {
        for secret in [
            senderData, exporter, external, confirmation, membership, resumption, authenticator, initial,
        ] { bytes.write(secret: secret) }
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self.init(
            senderData: try reader.secret(), exporter: try reader.secret(), external: try reader.secret(),
            confirmation: try reader.secret(), membership: try reader.secret(), resumption: try reader.secret(),
            authenticator: try reader.secret(), initial: try reader.secret())
    }
}

extension PastEpoch {
    /// Bytes that ``write(into:)`` takes at most.
    var storedSize: Int {
        let leaves = replaced.values.reduce(0) { $0 + 8 + ($1?.encoded.count ?? 0) }
        return protection.context.count + protection.secretTree.storedSize + leaves + 256
    }

    func write(into bytes: inout [UInt8]) {
        bytes.write(variableOpaque: protection.context)
        bytes.write(secret: protection.senderData)
        bytes.write(secret: protection.membership)
        bytes.write(UInt32(protection.secretTree.leafCount))
        protection.secretTree.write(into: &bytes)
        Self.write(replaced, into: &bytes)
    }

    static func write(_ replaced: [LeafIndex: LeafNode?], into bytes: inout [UInt8]) {
        bytes.writeVariable(replaced) { bytes, entry in
            bytes.write(entry.key)
            bytes.writeOptional(entry.value) { $1.write(into: &$0) }
        }
    }

    init(from reader: inout SyntaxReader, suite: CipherSuite) throws(SyntaxError) {
        let context = try GroupContext(decoding: try reader.variableOpaque())
        let (senderData, membership) = (try reader.secret(), try reader.secret())
        let start = reader.offset
        let leafCount = Int(try reader.uint32())
        guard leafCount.nonzeroBitCount == 1, leafCount <= MLSLimits.leaves else {
            throw .invalidValue(offset: start, "tree whose size is no power of two")
        }
        let tree = try SecretTree(from: &reader, suite: suite, leafCount: leafCount)
        protection = MessageProtection(
            suite: suite, context: context, senderData: senderData, membership: membership, secretTree: tree)
        replaced = try Self.replaced(from: &reader)
    }

    static func replaced(from reader: inout SyntaxReader) throws(SyntaxError) -> [LeafIndex: LeafNode?] {
        let entries = try reader.variableVector(maximumCount: MLSLimits.leaves) {
            (reader) throws(SyntaxError) -> (leaf: LeafIndex, node: LeafNode?) in
            (
                try LeafIndex(from: &reader),
                try reader.optional { (reader) throws(SyntaxError) in try LeafNode(from: &reader) }
            )
        }
        var replaced: [LeafIndex: LeafNode?] = [:]
        for entry in entries { replaced.updateValue(entry.node, forKey: entry.leaf) }
        return replaced
    }
}
