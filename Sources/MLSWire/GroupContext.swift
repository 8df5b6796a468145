public import TLSSyntax

/// What all members of a group agree on in an epoch (RFC 9420 §8.1).
public struct GroupContext: MLSStructure {
    public var version: ProtocolVersion
    public var cipherSuite: MLSCipherSuite
    public var groupID: GroupID
    public var epoch: UInt64
    public var treeHash: [UInt8]
    public var confirmedTranscriptHash: [UInt8]
    public var extensions: Extensions

    public init(
        version: ProtocolVersion = .mls10, cipherSuite: MLSCipherSuite, groupID: GroupID, epoch: UInt64,
        treeHash: [UInt8], confirmedTranscriptHash: [UInt8] = [], extensions: Extensions = Extensions()
    ) {
        self.version = version
        self.cipherSuite = cipherSuite
        self.groupID = groupID
        self.epoch = epoch
        self.treeHash = treeHash
        self.confirmedTranscriptHash = confirmedTranscriptHash
        self.extensions = extensions
    }

    /// - Throws: `SyntaxError.invalidValue` for another version: in a group of this protocol it is `mls10`.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        version = try ProtocolVersion(from: &reader)
        guard version == .mls10 else {
            throw .invalidValue(offset: start, "group context of the unknown version \(version)")
        }
        cipherSuite = try MLSCipherSuite(from: &reader)
        groupID = try GroupID(from: &reader)
        epoch = try reader.uint64()
        treeHash = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        confirmedTranscriptHash = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        extensions = try Extensions(from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(version)
        bytes.write(cipherSuite)
        bytes.write(groupID)
        bytes.write(epoch)
        bytes.write(variableOpaque: treeHash)
        bytes.write(variableOpaque: confirmedTranscriptHash)
        bytes.write(extensions)
    }
}
