public import TLSSyntax

/// A message that is signed and encrypted (RFC 9420 §6.3). What can be read here, whoever carries it can read.
public struct PrivateMessage: MLSStructure {
    public var groupID: GroupID
    public var epoch: UInt64
    public var contentType: MLSContentType
    public var authenticatedData: [UInt8]
    public var encryptedSenderData: [UInt8]
    public var ciphertext: [UInt8]

    public init(
        groupID: GroupID, epoch: UInt64, contentType: MLSContentType, authenticatedData: [UInt8],
        encryptedSenderData: [UInt8], ciphertext: [UInt8]
    ) {
        self.groupID = groupID
        self.epoch = epoch
        self.contentType = contentType
        self.authenticatedData = authenticatedData
        self.encryptedSenderData = encryptedSenderData
        self.ciphertext = ciphertext
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        groupID = try GroupID(from: &reader)
        epoch = try reader.uint64()
        contentType = try MLSContentType(from: &reader)
        authenticatedData = try reader.variableOpaque()
        encryptedSenderData = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        ciphertext = try reader.variableOpaque()
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(groupID)
        bytes.write(epoch)
        bytes.write(contentType)
        bytes.write(variableOpaque: authenticatedData)
        bytes.write(variableOpaque: encryptedSenderData)
        bytes.write(variableOpaque: ciphertext)
    }

    /// `SenderDataAAD` (§6.3.2).
    public var senderDataAAD: [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(groupID)
        bytes.write(epoch)
        bytes.write(contentType)
        return bytes
    }

    /// `PrivateContentAAD` (§6.3.1).
    public var contentAAD: [UInt8] {
        var bytes = senderDataAAD
        bytes.write(variableOpaque: authenticatedData)
        return bytes
    }
}
