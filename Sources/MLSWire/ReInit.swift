public import TLSSyntax

/// The parameters of the group that is to take this one's place (RFC 9420 §12.1.5).
public struct ReInit: MLSStructure {
    public var groupID: GroupID
    public var version: ProtocolVersion
    public var cipherSuite: MLSCipherSuite
    public var extensions: Extensions

    public init(
        groupID: GroupID, version: ProtocolVersion = .mls10, cipherSuite: MLSCipherSuite,
        extensions: Extensions = Extensions()
    ) {
        self.groupID = groupID
        self.version = version
        self.cipherSuite = cipherSuite
        self.extensions = extensions
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        groupID = try GroupID(from: &reader)
        version = try ProtocolVersion(from: &reader)
        cipherSuite = try MLSCipherSuite(from: &reader)
        extensions = try Extensions(from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(groupID)
        bytes.write(version)
        bytes.write(cipherSuite)
        bytes.write(extensions)
    }
}
