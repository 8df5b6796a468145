public import TLSSyntax

/// Somebody outside of the group whose proposals members accept (RFC 9420 §12.1.8.1).
public struct ExternalSender: MLSStructure {
    public var signatureKey: SignaturePublicKey
    public var credential: Credential

    public init(signatureKey: SignaturePublicKey, credential: Credential) {
        self.signatureKey = signatureKey
        self.credential = credential
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        signatureKey = try SignaturePublicKey(from: &reader)
        credential = try Credential(from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(signatureKey)
        bytes.write(credential)
    }
}

/// The content of the extension `external_senders`.
public struct ExternalSenders: MLSStructure {
    public var senders: [ExternalSender]

    public init(_ senders: [ExternalSender]) { self.senders = senders }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        senders = try reader.variableVector(of: ExternalSender.self, maximumCount: MLSLimits.externalSenders)
    }

    public func write(into bytes: inout [UInt8]) { bytes.writeVariable(senders) }
}
