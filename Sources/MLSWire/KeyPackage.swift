public import TLSSyntax

/// What a client publishes so that others can add it to groups while it is away (RFC 9420 §10).
public struct KeyPackage: MLSStructure {
    public var version: ProtocolVersion
    public var cipherSuite: MLSCipherSuite
    /// To this key a welcome is encrypted.
    public var initKey: HPKEPublicKey
    public var leafNode: LeafNode
    public var extensions: Extensions
    public var signature: [UInt8]

    public init(
        version: ProtocolVersion = .mls10, cipherSuite: MLSCipherSuite, initKey: HPKEPublicKey, leafNode: LeafNode,
        extensions: Extensions = Extensions(), signature: [UInt8] = []
    ) {
        self.version = version
        self.cipherSuite = cipherSuite
        self.initKey = initKey
        self.leafNode = leafNode
        self.extensions = extensions
        self.signature = signature
    }

    /// Whether the package may serve more than once, when no other is left.
    public var isLastResort: Bool { extensions[.lastResort] != nil }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        version = try ProtocolVersion(from: &reader)
        cipherSuite = try MLSCipherSuite(from: &reader)
        initKey = try HPKEPublicKey(from: &reader)
        leafNode = try LeafNode(from: &reader)
        extensions = try Extensions(from: &reader)
        signature = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: toBeSigned)
        bytes.write(variableOpaque: signature)
    }

    /// `KeyPackageTBS`: what the signature covers.
    public var toBeSigned: [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(version)
        bytes.write(cipherSuite)
        bytes.write(initKey)
        bytes.write(leafNode)
        bytes.write(extensions)
        return bytes
    }
}
