package import MLSWire
import TLSSyntax

/// The rules for leaves of a group (RFC 9420 §7.3), with all that they ask of the group and the application.
package struct LeafRules: Sendable {
    /// Where a leaf appears.
    package enum Role {
        case keyPackage
        case update(LeafIndex, replacing: LeafNode)
        /// In a commit's path; `replacing` is nil for a client that joins by itself.
        case commit(LeafIndex, replacing: LeafNode?)
        /// In the tree of a group that is being joined.
        case tree(LeafIndex)
    }

    let suite: CipherSuite
    let groupID: GroupID
    /// The group's extensions in the new epoch.
    let extensions: Extensions
    let required: RequiredCapabilities
    let client: MLSClient

    /// - Throws: ``MLSError/malformed(_:)`` if the extensions that the library reads are none.
    package init(
        suite: CipherSuite, groupID: GroupID, extensions: Extensions, client: MLSClient
    ) throws(MLSError) {
        self.suite = suite
        self.groupID = groupID
        self.extensions = extensions
        required = try extensions.requiredCapabilities()
        self.client = client
    }

    package func check(_ leaf: LeafNode, as role: Role) throws(MLSError) {
        try checkSource(leaf, role)
        try checkCapabilities(leaf)
        try checkLifetime(leaf, role)
        try checkKeys(leaf)
        try checkCredential(leaf, role)
        try checkSignature(leaf, role)
    }

    private func checkSource(_ leaf: LeafNode, _ role: Role) throws(MLSError) {
        switch role {
        case .keyPackage:
            try require(.leafSourceIsKeyPackage, leaf.source.isKeyPackage)
        case .update(_, let old):
            try require(.leafSourceIsUpdate, leaf.source == .update)
            try require(.updateChangesKey, leaf.encryptionKey != old.encryptionKey)
        case .commit(_, let old):
            try require(.leafSourceIsCommit, leaf.source.isCommit)
            try require(.updateChangesKey, leaf.encryptionKey != old?.encryptionKey)
        case .tree: break
        }
    }

    private func checkCapabilities(_ leaf: LeafNode) throws(MLSError) {
        let capabilities = leaf.capabilities
        // That it supports the suite is shown by its keys; some list only suites that were known when they were written.
        try require(.leafSupportsVersion, capabilities.versions.contains(.mls10))
        try require(.leafListsItsExtensions, leaf.extensions.types.allSatisfy(capabilities.supports))
        try require(.leafListsItsCredential, capabilities.supports(leaf.credential.type))
        try require(.leafMeetsRequirements, required.areMet(by: capabilities))
        try require(.leafSupportsGroupExtensions, extensions.types.allSatisfy(capabilities.supports))
    }

    private func checkLifetime(_ leaf: LeafNode, _ role: Role) throws(MLSError) {
        guard case .keyPackage(let lifetime) = leaf.source else { return }
        let isNew = if case .tree = role { false } else { true }
        switch (client.policy.lifetimes, isNew) {
        case (.never, _), (.whenAdded, false): return
        case (.whenAdded, true), (.always, _): break
        }
        try require(.leafIsWithinLifetime, lifetime.contains(client.clock()))
        try require(
            .leafLifetimeIsAcceptable,
            lifetime.notBefore <= lifetime.notAfter
                && lifetime.notAfter - lifetime.notBefore <= client.policy.longestLifetime)
    }

    private func checkKeys(_ leaf: LeafNode) throws(MLSError) {
        try require(.signatureKeyIsValid, suite.signature.isValid(leaf.signatureKey))
        try require(.hpkeKeyIsValid, suite.kem.isValid(leaf.encryptionKey))
    }

    private func checkCredential(_ leaf: LeafNode, _ role: Role) throws(MLSError) {
        let use: CredentialUse
        switch role {
        case .keyPackage, .commit(_, replacing: nil): use = .newMember
        case .tree: use = .member
        case .update(_, let old), .commit(_, replacing: .some(let old)):
            use = .update
            if leaf.credential != old.credential,
                !client.validator.isSuccessor(leaf.credential, of: old.credential)
            {
                throw .credentialRefused("the new credential does not name the member that had the old one")
            }
        }
        try client.validator.check(leaf.credential, key: leaf.signatureKey, for: use, suite: suite)
    }

    private func checkSignature(_ leaf: LeafNode, _ role: Role) throws(MLSError) {
        let index: LeafIndex =
            switch role {
            case .keyPackage: LeafIndex(0)
            case .update(let index, _), .commit(let index, _), .tree(let index): index
            }
        try require(
            .leafSignature,
            suite.verify(
                leaf.signature, of: leaf.toBeSigned(in: groupID, at: index), label: "LeafNodeTBS",
                key: leaf.signatureKey))
    }

    /// What is asked of a leaf with regard to all the others, once it is in the tree with them.
    package func checkAmongMembers(_ leaf: LeafNode, in tree: RatchetTree) throws(MLSError) {
        try require(.leafCredentialIsSupported, tree.capabilities.allSupport(leaf.credential.type))
        try require(
            .leafSupportsCredentialsInUse,
            tree.capabilities.usedCredentials.allSatisfy(leaf.capabilities.supports))
    }

    /// The rules for a key package (§10.1). Its extensions may be any: unknown ones are to be ignored (§13.4).
    package func check(_ package: KeyPackage) throws(MLSError) {
        try require(
            .keyPackageSuiteMatches, package.version == .mls10 && package.cipherSuite == suite.code)
        try check(package.leafNode, as: .keyPackage)
        try require(.hpkeKeyIsValid, suite.kem.isValid(package.initKey))
        try require(
            .keyPackageSignature,
            suite.verify(
                package.signature, of: package.toBeSigned, label: "KeyPackageTBS",
                key: package.leafNode.signatureKey))
        try require(.keyPackageInitKeyDiffers, package.initKey != package.leafNode.encryptionKey)
    }
}

extension LeafNodeSource {
    var isKeyPackage: Bool { if case .keyPackage = self { true } else { false } }
    var isCommit: Bool { if case .commit = self { true } else { false } }
}

extension CredentialValidator {
    /// Checks what the library can of a credential, and asks the application for the rest.
    func check(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse, suite: CipherSuite
    ) throws(MLSError) {
        if case .x509(let certificates) = credential {
            try require(
                .certificateHoldsSignatureKey,
                certificates.first.flatMap { suite.signature.key(certificate: $0) } == key)
        }
        do throws(CredentialRefusal) {
            try validate(credential, key: key, for: use)
        } catch {
            throw .credentialRefused(error.reason)
        }
    }
}

extension Extensions {
    /// The content of `required_capabilities`; nothing, if there is none.
    package func requiredCapabilities() throws(MLSError) -> RequiredCapabilities {
        try MLSError.decoding { () throws(SyntaxError) in
            try value(.requiredCapabilities, as: RequiredCapabilities.self) ?? RequiredCapabilities()
        }
    }

    /// The content of `external_senders`; nobody, if there is none.
    package func externalSenders() throws(MLSError) -> [ExternalSender] {
        try MLSError.decoding { () throws(SyntaxError) in
            try value(.externalSenders, as: ExternalSenders.self)?.senders ?? []
        }
    }
}
