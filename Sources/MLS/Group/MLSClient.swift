public import MLSWire

/// Who this device is in its groups: its key, its credential, and what it thinks of those of others. It holds no group's state.
public struct MLSClient: Sendable {
    /// Signs leaves and messages.
    public let signer: any Signer
    /// Who this client says it is.
    public let credential: Credential
    /// What it tells others that it can do (§7.2); random values that mean nothing are added (§13.5).
    public let capabilities: Capabilities
    /// Judges the credentials of others, and its own.
    public let validator: any CredentialValidator
    /// Knows keys from outside.
    public let preSharedKeys: any PreSharedKeySource
    /// What RFC 9420 leaves open.
    public let policy: GroupPolicy
    /// Seconds since 1970.
    public let clock: @Sendable () -> UInt64

    /// - Parameter capabilities: by default all suites that work here, and the credential's type.
    public init(
        signer: any Signer, credential: Credential, capabilities: Capabilities? = nil,
        validator: any CredentialValidator, preSharedKeys: any PreSharedKeySource = NoPreSharedKeys(),
        policy: GroupPolicy = GroupPolicy(), clock: @escaping @Sendable () -> UInt64
    ) {
        self.signer = signer
        self.credential = credential
        self.capabilities =
            capabilities
            ?? Capabilities(
                cipherSuites: MLSCipherSuite.supported, extensions: [.lastResort], credentials: [credential.type])
        self.validator = validator
        self.preSharedKeys = preSharedKeys
        self.policy = policy
        self.clock = clock
    }

    /// A key package to publish, and the private keys that belong to it.
    /// - Parameters:
    ///   - lifetime: how long it may be used, in seconds from now; it counts from an hour ago, for clocks that are slow.
    ///   - isLastResort: whether it may be used more than once.
    public func makeKeyPackage(
        for suite: MLSCipherSuite, lifetime: UInt64 = 90 * 86_400, isLastResort: Bool = false,
        leafExtensions: Extensions = Extensions()
    ) throws(MLSError) -> KeyPackageSecrets {
        let cipherSuite = try CipherSuite(suite)
        let now = clock()
        let (end, overflow) = now.addingReportingOverflow(lifetime)
        guard lifetime > 0, !overflow else { throw .misuse(.lifetime) }
        let initKey = HPKEPrivateKey(generating: cipherSuite.kem)
        let leafKey = HPKEPrivateKey(generating: cipherSuite.kem)
        var leaf = leafNode(
            encryptionKey: leafKey.publicKey,
            source: .keyPackage(Lifetime(notBefore: now - min(now, 3600), notAfter: end)), extensions: leafExtensions)
        if isLastResort, !leaf.capabilities.supports(.lastResort) {
            leaf.capabilities.extensions.append(.lastResort)
        }
        try sign(&leaf, in: GroupID(bytes: []), at: LeafIndex(0), suite: cipherSuite)
        var package = KeyPackage(cipherSuite: suite, initKey: initKey.publicKey, leafNode: leaf)
        if isLastResort { package.extensions[.lastResort] = [] }
        package.signature = try signer.sign(package.toBeSigned, label: "KeyPackageTBS")
        return KeyPackageSecrets(keyPackage: package, initKey: initKey, leafKey: leafKey)
    }

    /// This client's leaf, not yet signed.
    package func leafNode(
        encryptionKey: HPKEPublicKey, source: LeafNodeSource, extensions: Extensions
    ) -> LeafNode {
        LeafNode(
            encryptionKey: encryptionKey, signatureKey: signer.publicKey, credential: credential,
            capabilities: capabilities.greased, source: source, extensions: extensions)
    }

    package func sign(
        _ leaf: inout LeafNode, in group: GroupID, at index: LeafIndex, suite: CipherSuite
    ) throws(MLSError) {
        guard suite.signature.isValid(signer.publicKey) else { throw .misuse(.signerMismatch) }
        leaf.signature = try signer.sign(leaf.toBeSigned(in: group, at: index), label: "LeafNodeTBS")
    }
}
