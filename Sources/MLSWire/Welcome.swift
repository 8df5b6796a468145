public import TLSSyntax

/// A new member's share of a welcome (RFC 9420 §12.4.3.1).
public struct EncryptedGroupSecrets: MLSStructure {
    public var newMember: KeyPackageRef
    public var encryptedGroupSecrets: HPKECiphertext

    public init(newMember: KeyPackageRef, encryptedGroupSecrets: HPKECiphertext) {
        self.newMember = newMember
        self.encryptedGroupSecrets = encryptedGroupSecrets
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        newMember = try KeyPackageRef(from: &reader)
        encryptedGroupSecrets = try HPKECiphertext(from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(newMember)
        bytes.write(encryptedGroupSecrets)
    }
}

/// What a committer sends to those whom its commit adds (RFC 9420 §12.4.3.1).
public struct Welcome: MLSStructure {
    public var cipherSuite: MLSCipherSuite
    public var secrets: [EncryptedGroupSecrets]
    public var encryptedGroupInfo: [UInt8]

    public init(cipherSuite: MLSCipherSuite, secrets: [EncryptedGroupSecrets], encryptedGroupInfo: [UInt8]) {
        self.cipherSuite = cipherSuite
        self.secrets = secrets
        self.encryptedGroupInfo = encryptedGroupInfo
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        cipherSuite = try MLSCipherSuite(from: &reader)
        secrets = try reader.variableVector(of: EncryptedGroupSecrets.self, maximumCount: MLSLimits.leaves)
        encryptedGroupInfo = try reader.variableOpaque()
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(cipherSuite)
        bytes.writeVariable(secrets)
        bytes.write(variableOpaque: encryptedGroupInfo)
    }
}
