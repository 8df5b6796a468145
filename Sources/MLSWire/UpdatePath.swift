public import TLSSyntax

/// Something that was encrypted to a public key (RFC 9420 §7.6).
public struct HPKECiphertext: MLSStructure {
    public var kemOutput: [UInt8]
    public var ciphertext: [UInt8]

    public init(kemOutput: [UInt8], ciphertext: [UInt8]) {
        self.kemOutput = kemOutput
        self.ciphertext = ciphertext
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        kemOutput = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        ciphertext = try reader.variableOpaque()
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(variableOpaque: kemOutput)
        bytes.write(variableOpaque: ciphertext)
    }
}

/// A new key for a parent node, and its secret for each node of the other side's resolution (RFC 9420 §7.6).
public struct UpdatePathNode: MLSStructure {
    public var encryptionKey: HPKEPublicKey
    public var encryptedPathSecret: [HPKECiphertext]

    public init(encryptionKey: HPKEPublicKey, encryptedPathSecret: [HPKECiphertext]) {
        self.encryptionKey = encryptionKey
        self.encryptedPathSecret = encryptedPathSecret
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        encryptionKey = try HPKEPublicKey(from: &reader)
        encryptedPathSecret = try reader.variableVector(of: HPKECiphertext.self, maximumCount: MLSLimits.leaves)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(encryptionKey)
        bytes.writeVariable(encryptedPathSecret)
    }
}

/// New keys from a committer's leaf to the root, along its filtered direct path (RFC 9420 §7.6).
public struct UpdatePath: MLSStructure {
    public var leafNode: LeafNode
    /// From the leaf upwards. A tree has no more levels than a leaf's index has bits.
    public var nodes: [UpdatePathNode]

    public init(leafNode: LeafNode, nodes: [UpdatePathNode]) {
        self.leafNode = leafNode
        self.nodes = nodes
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        leafNode = try LeafNode(from: &reader)
        nodes = try reader.variableVector(of: UpdatePathNode.self, maximumCount: 32)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(leafNode)
        bytes.writeVariable(nodes)
    }
}
