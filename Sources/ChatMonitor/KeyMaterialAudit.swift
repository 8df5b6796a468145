import ChatWire
import MLSWire
import TLSSyntax

/// Judges what MLS shows by design: that a value is as long as its suite makes it, and that what could hold anything holds nothing else.
enum KeyMaterialAudit {
    /// The room's policy in a group's context.
    private static let policy = ExtensionType(rawValue: 0xF0CC)
    /// Entries of one list of capabilities.
    private static let capabilities = 32

    private static func require(_ condition: Bool, _ words: @autoclosure () -> String) throws(PayloadRefusal) {
        if !condition { throw PayloadRefusal(words()) }
    }

    private static func sizes(_ suite: MLSCipherSuite) throws(PayloadRefusal) -> SuiteSizes {
        guard let sizes = SuiteSizes(suite) else { throw PayloadRefusal("key material of an unknown suite") }
        return sizes
    }

    static func check(_ package: KeyPackage) throws(PayloadRefusal) {
        let sizes = try sizes(package.cipherSuite)
        try require(package.initKey.bytes.count == sizes.kem, "a key package whose key has not its suite's length")
        try check(package.leafNode, sizes)
        for type in package.extensions.types {
            try require(
                type == .lastResort && package.extensions[type]?.isEmpty == true,
                "a key package with an extension that Conclave does not have")
        }
        try require(
            sizes.isSignature(package.signature),
            "a key package whose signature has not its suite's form")
    }

    static func check(_ leaf: LeafNode, _ sizes: SuiteSizes) throws(PayloadRefusal) {
        try require(leaf.encryptionKey.bytes.count == sizes.kem, "a leaf whose key has not its suite's length")
        try require(
            leaf.signatureKey.bytes.count == sizes.signatureKey,
            "a leaf whose signature key has not its suite's length")
        try check(leaf.credential)
        try check(leaf.capabilities)
        if case .commit(let parentHash) = leaf.source {
            try require(
                parentHash.isEmpty || parentHash.count == sizes.hash, "a leaf whose parent hash is no hash")
        }
        try require(leaf.extensions.isEmpty, "a leaf with an extension that Conclave does not have")
        try require(sizes.isSignature(leaf.signature), "a leaf whose signature has not its suite's form")
    }

    /// Codes that have a meaning, and those that are sent to see whether others ignore them (RFC 9420 §13.5).
    private static func check(_ list: Capabilities) throws(PayloadRefusal) {
        try check(list.versions)
        try check(list.cipherSuites)
        try check(list.extensions)
        try check(list.proposals)
        try check(list.credentials)
    }

    private static func check<Code: MLSCode>(_ codes: [Code]) throws(PayloadRefusal) {
        let areKnown = codes.allSatisfy { code in
            Code.names[code.rawValue] != nil || code.isGREASE || (code as? ExtensionType) == policy
        }
        try require(areKnown && codes.count <= capabilities, "a list of capabilities that there are not")
    }

    /// Certificates alone: a bare name can be any text.
    private static func check(_ credential: Credential) throws(PayloadRefusal) {
        guard case .x509(let certificates) = credential else {
            throw PayloadRefusal("a credential that is no certificate")
        }
        try require(
            !certificates.isEmpty && certificates.allSatisfy(OuterDER.isOneSequence),
            "a certificate that is not one structure of DER")
    }

    static func check(_ info: GroupInfo) throws(PayloadRefusal) {
        let sizes = try sizes(info.context.cipherSuite)
        let hash = info.context.confirmedTranscriptHash.count
        try require(
            info.context.treeHash.count == sizes.hash && (hash == 0 || hash == sizes.hash)
                && info.confirmationTag.bytes.count == sizes.hash,
            "a group info whose hashes have not their suite's length")
        try require(
            sizes.isSignature(info.signature), "a group info whose signature has not its suite's form")
        do {
            for type in info.context.extensions.types {
                try checkContext(type, info.context.extensions[type] ?? [])
            }
            for type in info.extensions.types {
                switch type {
                case .ratchetTree:
                    let tree = try info.extensions.value(type, as: TreeNodes.self)
                    let nodes = tree?.nodes ?? []
                    for node in nodes { try check(node, sizes, leaves: (nodes.count + 1) / 2) }
                case .externalPub:
                    let key = try info.extensions.value(type, as: HPKEPublicKey.self)
                    try require(
                        key?.bytes.count == sizes.kem, "a group info whose external key has not its suite's length")
                default: throw PayloadRefusal("a group info with an extension that Conclave does not have")
                }
            }
        } catch let refusal as PayloadRefusal {
            throw refusal
        } catch {
            throw PayloadRefusal("an extension that is not what its type says")
        }
    }

    /// An extension of a group's context. - Throws: also `SyntaxError`.
    private static func checkContext(_ type: ExtensionType, _ content: [UInt8]) throws {
        switch type {
        case .requiredCapabilities:
            let required = try RequiredCapabilities(decoding: content)
            try check(required.extensions)
            try check(required.proposals)
            try check(required.credentials)
        case .externalSenders:
            for sender in try ExternalSenders(decoding: content).senders {
                try check(sender.credential)
                try require(
                    SuiteSizes.signatureKeys.contains(sender.signatureKey.bytes.count),
                    "an external sender whose key is none")
            }
        case policy: try PayloadAudit.checkPolicy(content)
        default: throw PayloadRefusal("a group with an extension that Conclave does not have")
        }
    }

    private static func check(_ node: TreeNode?, _ sizes: SuiteSizes, leaves: Int) throws(PayloadRefusal) {
        switch node {
        case nil: break
        case .leaf(let leaf): try check(leaf, sizes)
        case .parent(let parent):
            try require(
                parent.encryptionKey.bytes.count == sizes.kem
                    && (parent.parentHash.isEmpty || parent.parentHash.count == sizes.hash)
                    && parent.unmergedLeaves.allSatisfy { $0.rawValue < leaves },
                "a node of a tree whose values have not their suite's length")
        }
    }
}
