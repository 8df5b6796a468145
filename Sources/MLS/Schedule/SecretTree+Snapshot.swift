import Crypto
import MLSWire
import TLSSyntax

/// The ratchets as they are stored.
extension SecretTree {
    /// Bytes that ``write(into:)`` takes at most.
    var storedSize: Int {
        let secret = suite.hash.byteCount + 8
        return ratchets.values.reduce(64 + nodes.count * secret) { $0 + secret + 32 + $1.kept.count * 64 }
    }

    func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(nodes) { bytes, entry in
            bytes.write(UInt32(entry.key))
            bytes.write(secret: entry.value)
        }
        bytes.writeVariable(ratchets) { bytes, entry in
            bytes.write(entry.key.leaf)
            bytes.append(entry.key.isHandshake ? 1 : 0)
            entry.value.write(into: &bytes)
        }
    }

    init(from reader: inout SyntaxReader, suite: CipherSuite, leafCount: Int) throws(SyntaxError) {
        let start = reader.offset
        let stored = try StoredRatchets(from: &reader)
        guard stored.fit(suite) else { throw .invalidValue(offset: start, "ratchets of another cipher suite") }
        self.init(suite: suite, leafCount: leafCount, nodes: stored.nodes, ratchets: stored.chains)
    }
}

/// The ratchets of an epoch as they are stored, before it is known whether they are of its cipher suite.
struct StoredRatchets {
    let nodes: [Int: SymmetricKey]
    let chains: [SecretTree.Chain: HashRatchet]

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let nodes = try reader.variableVector(maximumCount: MLSLimits.nodes) {
            (reader) throws(SyntaxError) -> (node: Int, secret: SymmetricKey) in
            (Int(try reader.uint32()), try reader.secret())
        }
        let chains = try reader.variableVector(maximumCount: MLSLimits.nodes) {
            (reader) throws(SyntaxError) -> (chain: SecretTree.Chain, ratchet: HashRatchet) in
            let leaf = try LeafIndex(from: &reader)
            let start = reader.offset
            let kind = try reader.uint8()
            guard kind <= 1 else { throw .invalidValue(offset: start, "chain of unknown kind") }
            return (SecretTree.Chain(leaf: leaf, isHandshake: kind == 1), try HashRatchet(from: &reader))
        }
        self.nodes = Dictionary(nodes.map { ($0.node, $0.secret) }) { first, _ in first }
        self.chains = Dictionary(chains.map { ($0.chain, $0.ratchet) }) { first, _ in first }
    }

    /// Whether all keys have the suite's lengths.
    func fit(_ suite: CipherSuite) -> Bool {
        let bits = suite.hash.byteCount * 8
        return nodes.values.allSatisfy { $0.bitCount == bits }
            && chains.values.allSatisfy { chain in
                chain.secret.bitCount == bits && chain.kept.values.allSatisfy { $0.fits(suite.aead) }
            }
    }
}

extension HashRatchet {
    fileprivate func write(into bytes: inout [UInt8]) {
        bytes.write(secret: secret)
        bytes.write(generation)
        bytes.writeVariable(kept) { bytes, entry in
            bytes.write(entry.key)
            bytes.write(secret: entry.value.key)
            bytes.write(secret: entry.value.nonce)
        }
    }

    fileprivate init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let secret = try reader.secret()
        let generation = try reader.uint32()
        let entries = try reader.variableVector(maximumCount: .max) {
            (reader) throws(SyntaxError) -> (generation: UInt32, key: MessageKey) in
            (try reader.uint32(), MessageKey(key: try reader.secret(), nonce: try reader.secret()))
        }
        self.init(
            secret: secret, generation: generation,
            kept: Dictionary(entries.map { ($0.generation, $0.key) }) { first, _ in first })
    }
}

extension MessageKey {
    fileprivate func fits(_ aead: AEAD) -> Bool {
        key.bitCount == aead.keyLength * 8 && nonce.bitCount == aead.nonceLength * 8
    }
}
