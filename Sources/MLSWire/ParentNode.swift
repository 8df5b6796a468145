public import TLSSyntax

/// A key that the members below it share (RFC 9420 §7.1).
public struct ParentNode: MLSStructure {
    public var encryptionKey: HPKEPublicKey
    public var parentHash: [UInt8]
    /// Leaves below that do not have the private key, in increasing order.
    public var unmergedLeaves: [LeafIndex]

    public init(encryptionKey: HPKEPublicKey, parentHash: [UInt8] = [], unmergedLeaves: [LeafIndex] = []) {
        self.encryptionKey = encryptionKey
        self.parentHash = parentHash
        self.unmergedLeaves = unmergedLeaves
    }

    /// - Throws: `SyntaxError.invalidValue` if the unmerged leaves are not in increasing order.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        encryptionKey = try HPKEPublicKey(from: &reader)
        parentHash = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        let start = reader.offset
        unmergedLeaves = try reader.variableVector(of: LeafIndex.self, maximumCount: MLSLimits.leaves)
        guard zip(unmergedLeaves, unmergedLeaves.dropFirst()).allSatisfy({ $0 < $1 }) else {
            throw .invalidValue(offset: start, "unmerged leaves that are not in increasing order")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(encryptionKey)
        bytes.write(variableOpaque: parentHash)
        bytes.writeVariable(unmergedLeaves)
    }
}
