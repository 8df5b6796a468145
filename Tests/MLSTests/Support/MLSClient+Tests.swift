import Crypto
import MLS
import MLSWire

/// What the tests' clients take for the present, in seconds since 1970.
let testTime: UInt64 = 1_800_000_000

/// A type of extension, of proposal or of credential that no RFC defines.
let privateCode: UInt16 = 0xF0C1

extension MLSClient {
    /// A client with a key of its own, and by default a bare name.
    static func named(
        _ name: String, suite: MLSCipherSuite = .p256AES128, signer: SignaturePrivateKey? = nil,
        credential: Credential? = nil, capabilities: Capabilities? = nil,
        preSharedKeys: any PreSharedKeySource = NoPreSharedKeys(), policy: GroupPolicy = GroupPolicy(),
        validator: TestValidator = TestValidator()
    ) throws -> MLSClient {
        MLSClient(
            signer: try signer ?? SignaturePrivateKey(for: suite), credential: credential ?? .named(name),
            capabilities: capabilities, validator: validator, preSharedKeys: preSharedKeys, policy: policy,
            clock: { testTime })
    }
}

extension Capabilities {
    /// Those of ordinary clients, and what is listed here.
    static func with(
        extensions: [ExtensionType] = [], proposals: [ProposalType] = [], credentials: [CredentialType] = [.basic]
    ) -> Capabilities {
        Capabilities(
            cipherSuites: MLSCipherSuite.supported, extensions: [.lastResort] + extensions, proposals: proposals,
            credentials: credentials)
    }
}

extension Extensions {
    static func with(_ type: ExtensionType, _ content: [UInt8] = []) -> Extensions {
        var extensions = Extensions()
        extensions[type] = content
        return extensions
    }
}

extension SymmetricKey {
    /// A key of 32 bytes, all the same.
    static func of(_ byte: UInt8) -> SymmetricKey { SymmetricKey(data: [UInt8](repeating: byte, count: 32)) }
}

/// What a test does to a value before it is signed, encrypted or sent.
typealias Edit<Value> = (inout Value) throws -> Void

/// A key package that may be wrong: each step can be changed before the next builds on it.
struct PackageForgery {
    var leaf: Edit<LeafNode> = { _ in }
    var leafSigner: (any Signer)?
    /// Where the leaf says that it is, if it does not say that it comes from a key package.
    var group = GroupID(bytes: [])
    var signedLeaf: Edit<LeafNode> = { _ in }
    var package: Edit<KeyPackage> = { _ in }
    var signer: (any Signer)?
    var signedPackage: Edit<KeyPackage> = { _ in }
    /// One key for both purposes.
    var hasOneKey = false
}

extension MLSClient {
    /// A key package that is valid but for what the forgery changes.
    func forgedPackage(
        for suite: MLSCipherSuite = .p256AES128, _ edit: Edit<PackageForgery> = { _ in }
    ) throws -> KeyPackageSecrets {
        var forgery = PackageForgery()
        try edit(&forgery)
        let suite = try CipherSuite(suite)
        let leafKey = HPKEPrivateKey(generating: suite.kem)
        let initKey = forgery.hasOneKey ? leafKey : HPKEPrivateKey(generating: suite.kem)
        var leaf = leafNode(
            encryptionKey: leafKey.publicKey,
            source: .keyPackage(Lifetime(notBefore: testTime - 60, notAfter: testTime + 86_400)),
            extensions: Extensions())
        try forgery.leaf(&leaf)
        leaf.signature = try (forgery.leafSigner ?? signer).sign(
            leaf.toBeSigned(in: forgery.group, at: LeafIndex(0)), label: "LeafNodeTBS")
        try forgery.signedLeaf(&leaf)
        var package = KeyPackage(cipherSuite: suite.code, initKey: initKey.publicKey, leafNode: leaf)
        try forgery.package(&package)
        package.signature = try (forgery.signer ?? signer).sign(package.toBeSigned, label: "KeyPackageTBS")
        try forgery.signedPackage(&package)
        return KeyPackageSecrets(keyPackage: package, initKey: initKey, leafKey: leafKey)
    }
}
