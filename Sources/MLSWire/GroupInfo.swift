public import TLSSyntax

/// What a newcomer needs to know of a group's epoch, signed by a member (RFC 9420 §12.4.3).
public struct GroupInfo: MLSStructure {
    public var context: GroupContext
    public var extensions: Extensions
    public var confirmationTag: MACTag
    public var signer: LeafIndex
    public var signature: [UInt8]

    public init(
        context: GroupContext, extensions: Extensions = Extensions(), confirmationTag: MACTag, signer: LeafIndex,
        signature: [UInt8] = []
    ) {
        self.context = context
        self.extensions = extensions
        self.confirmationTag = confirmationTag
        self.signer = signer
        self.signature = signature
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        context = try GroupContext(from: &reader)
        extensions = try Extensions(from: &reader)
        confirmationTag = try MACTag(from: &reader)
        signer = try LeafIndex(from: &reader)
        signature = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: toBeSigned)
        bytes.write(variableOpaque: signature)
    }

    /// `GroupInfoTBS`: what the signature covers.
    public var toBeSigned: [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(context)
        bytes.write(extensions)
        bytes.write(confirmationTag)
        bytes.write(signer)
        return bytes
    }
}
