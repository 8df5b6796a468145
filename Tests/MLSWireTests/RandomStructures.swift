import MLSWire

extension RandomStructure where Self: OpaqueValue {
    static func random(_ source: inout RandomSource) -> Self {
        Self(bytes: Array(source.bytes().prefix(allowedLength.upperBound)))
    }
}

extension GroupID: RandomStructure {}
extension HPKEPublicKey: RandomStructure {}
extension SignaturePublicKey: RandomStructure {}
extension KeyPackageRef: RandomStructure {}
extension ProposalRef: RandomStructure {}
extension MACTag: RandomStructure {}

extension RandomStructure where Self: MLSCode {
    static func random(_ source: inout RandomSource) -> Self { Self(rawValue: source.number()) }
}

extension ProtocolVersion: RandomStructure {}
extension MLSCipherSuite: RandomStructure {}
extension WireFormat: RandomStructure {}
extension ExtensionType: RandomStructure {}
extension ProposalType: RandomStructure {}
extension CredentialType: RandomStructure {}

extension LeafIndex: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self { Self(rawValue: source.number()) }
}

extension Capabilities: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            versions: source.list(), cipherSuites: source.list(), extensions: source.list(), proposals: source.list(),
            credentials: source.list())
    }
}

extension RequiredCapabilities: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(extensions: source.list(), proposals: source.list(), credentials: source.list())
    }
}

extension Credential: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        source.choice(2) == 0
            ? .basic(identity: source.bytes()) : .x509(certificates: source.list { $0.bytes() })
    }
}

extension Extensions: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        var extensions = Self()
        for (type, content) in source.list({ ($0.value(ExtensionType.self), $0.bytes()) }) {
            extensions[type] = content
        }
        return extensions
    }
}

extension ExternalSender: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(signatureKey: source.value(), credential: source.value())
    }
}

extension ExternalSenders: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self { Self(source.list()) }
}

extension Lifetime: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(notBefore: source.number(), notAfter: source.number())
    }
}

extension LeafNode: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let origin: LeafNodeSource =
            switch source.choice(3) {
            case 0: .keyPackage(source.value())
            case 1: .update
            default: .commit(parentHash: source.bytes())
            }
        return Self(
            encryptionKey: source.value(), signatureKey: source.value(), credential: source.value(),
            capabilities: source.value(), source: origin, extensions: source.value(), signature: source.bytes())
    }
}

extension ParentNode: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let unmerged: [LeafIndex] = source.list()
        return Self(
            encryptionKey: source.value(), parentHash: source.bytes(), unmergedLeaves: Set(unmerged).sorted())
    }
}

extension TreeNode: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        source.choice(2) == 0 ? .leaf(source.value()) : .parent(source.value())
    }
}

extension TreeNodes: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let count = source.list({ _ in }).count * 2
        let nodes = (0...count).map { index -> TreeNode? in
            guard index == count || source.choice(3) > 0 else { return nil }
            return index.isMultiple(of: 2) ? .leaf(source.value()) : .parent(source.value())
        }
        return Self(nodes)
    }
}

extension KeyPackage: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            version: source.value(), cipherSuite: source.value(), initKey: source.value(), leafNode: source.value(),
            extensions: source.value(), signature: source.bytes())
    }
}

extension PreSharedKeyID: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let usages: [ResumptionUsage] = [.application, .reInit, .branch]
        let origin: Source =
            source.choice(2) == 0
            ? .external(id: source.bytes())
            : .resumption(usage: usages[source.choice(3)], group: source.value(), epoch: source.number())
        return Self(source: origin, nonce: source.bytes())
    }
}

extension ReInit: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            groupID: source.value(), version: source.value(), cipherSuite: source.value(), extensions: source.value())
    }
}

extension Proposal: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        switch source.choice(8) {
        case 0: .add(source.value())
        case 1: .update(source.value())
        case 2: .remove(source.value())
        case 3: .preSharedKey(source.value())
        case 4: .reInit(source.value())
        case 5: .externalInit(kemOutput: source.bytes())
        case 6: .groupContextExtensions(source.value())
        default: .custom(ProposalType(rawValue: .random(in: 8...UInt16.max, using: &source)), source.bytes())
        }
    }
}

extension ProposalOrRef: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        source.choice(2) == 0 ? .proposal(source.value()) : .reference(source.value())
    }
}
