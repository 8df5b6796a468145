public import TLSSyntax

/// How a leaf came into the tree, and what it carries because of that (RFC 9420 §7.2).
public enum LeafNodeSource: Hashable, Sendable {
    /// From a key package, which is valid for some time.
    case keyPackage(Lifetime)
    /// By an Update proposal.
    case update
    /// By a commit, which binds it to the parents that it set.
    case commit(parentHash: [UInt8])
}

/// Seconds since 1970 between which a key package may be used (RFC 9420 §7.2).
public struct Lifetime: MLSStructure {
    public var notBefore: UInt64
    public var notAfter: UInt64

    public init(notBefore: UInt64, notAfter: UInt64) {
        self.notBefore = notBefore
        self.notAfter = notAfter
    }

    public func contains(_ seconds: UInt64) -> Bool { notBefore <= seconds && seconds <= notAfter }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        notBefore = try reader.uint64()
        notAfter = try reader.uint64()
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(notBefore)
        bytes.write(notAfter)
    }
}

/// A client's place in a group, signed by the client (RFC 9420 §7.2).
public struct LeafNode: MLSStructure {
    public var encryptionKey: HPKEPublicKey
    public var signatureKey: SignaturePublicKey
    public var credential: Credential
    public var capabilities: Capabilities
    public var source: LeafNodeSource
    public var extensions: Extensions
    public var signature: [UInt8]

    public init(
        encryptionKey: HPKEPublicKey, signatureKey: SignaturePublicKey, credential: Credential,
        capabilities: Capabilities, source: LeafNodeSource, extensions: Extensions = Extensions(),
        signature: [UInt8] = []
    ) {
        self.encryptionKey = encryptionKey
        self.signatureKey = signatureKey
        self.credential = credential
        self.capabilities = capabilities
        self.source = source
        self.extensions = extensions
        self.signature = signature
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        encryptionKey = try HPKEPublicKey(from: &reader)
        signatureKey = try SignaturePublicKey(from: &reader)
        credential = try Credential(from: &reader)
        capabilities = try Capabilities(from: &reader)
        let start = reader.offset
        switch try reader.uint8() {
        case 1: source = .keyPackage(try Lifetime(from: &reader))
        case 2: source = .update
        case 3: source = .commit(parentHash: try reader.variableOpaque(0...MLSLimits.cryptographicLength))
        default: throw .invalidValue(offset: start, "leaf node of unknown source")
        }
        extensions = try Extensions(from: &reader)
        signature = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
    }

    public func write(into bytes: inout [UInt8]) {
        writeUnsigned(into: &bytes)
        bytes.write(variableOpaque: signature)
    }

    /// `LeafNodeTBS`: what the signature covers. A leaf that was made in a group is bound to its place there,
    /// one in a key package is not.
    public func toBeSigned(in group: GroupID, at index: LeafIndex) -> [UInt8] {
        var bytes: [UInt8] = []
        writeUnsigned(into: &bytes)
        if case .keyPackage = source { return bytes }
        bytes.write(group)
        bytes.write(index)
        return bytes
    }

    private func writeUnsigned(into bytes: inout [UInt8]) {
        bytes.write(encryptionKey)
        bytes.write(signatureKey)
        bytes.write(credential)
        bytes.write(capabilities)
        switch source {
        case .keyPackage(let lifetime):
            bytes.append(1)
            bytes.write(lifetime)
        case .update: bytes.append(2)
        case .commit(let parentHash):
            bytes.append(3)
            bytes.write(variableOpaque: parentHash)
        }
        bytes.write(extensions)
    }
}
