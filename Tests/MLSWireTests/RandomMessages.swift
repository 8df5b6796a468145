import MLSWire

extension HPKECiphertext: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(kemOutput: source.bytes(), ciphertext: source.bytes())
    }
}

extension UpdatePathNode: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(encryptionKey: source.value(), encryptedPathSecret: source.list())
    }
}

extension UpdatePath: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(leafNode: source.value(), nodes: source.list())
    }
}

extension Commit: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(proposals: source.list(), path: source.choice(3) > 0 ? source.value() : nil)
    }
}

extension Sender: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        switch source.choice(4) {
        case 0: .member(source.value())
        case 1: .external(index: source.number())
        case 2: .newMemberProposal
        default: .newMemberCommit
        }
    }
}

extension MLSContentType: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        [.application, .proposal, .commit][source.choice(3)]
    }
}

extension FramedContent: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let content: MLSContent =
            switch source.value(MLSContentType.self) {
            case .application: .application(source.bytes())
            case .proposal: .proposal(source.value())
            case .commit: .commit(source.value())
            }
        return Self(
            groupID: source.value(), epoch: source.number(), sender: source.value(), authenticatedData: source.bytes(),
            content: content)
    }
}

extension FramedContentAuthData {
    static func random(for content: FramedContent, _ source: inout RandomSource) -> Self {
        Self(signature: source.bytes(), confirmationTag: content.content.type == .commit ? source.value() : nil)
    }
}

extension AuthenticatedContent: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let content: FramedContent = source.value()
        return Self(
            wireFormat: source.choice(2) == 0 ? .publicMessage : .privateMessage, content: content,
            auth: .random(for: content, &source))
    }
}

extension PublicMessage: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        let content: FramedContent = source.value()
        let auth = FramedContentAuthData.random(for: content, &source)
        if case .member = content.sender { return Self(content: content, auth: auth, membershipTag: source.value()) }
        return Self(content: content, auth: auth)
    }
}

extension PrivateMessage: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            groupID: source.value(), epoch: source.number(), contentType: source.value(),
            authenticatedData: source.bytes(), encryptedSenderData: source.bytes(), ciphertext: source.bytes())
    }
}

extension GroupContext: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            cipherSuite: source.value(), groupID: source.value(), epoch: source.number(), treeHash: source.bytes(),
            confirmedTranscriptHash: source.bytes(), extensions: source.value())
    }
}

extension GroupInfo: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(
            context: source.value(), extensions: source.value(), confirmationTag: source.value(),
            signer: source.value(), signature: source.bytes())
    }
}

extension EncryptedGroupSecrets: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(newMember: source.value(), encryptedGroupSecrets: source.value())
    }
}

extension Welcome: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(cipherSuite: source.value(), secrets: source.list(), encryptedGroupInfo: source.bytes())
    }
}

extension MLSMessage: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        switch source.choice(5) {
        case 0: .publicMessage(source.value())
        case 1: .privateMessage(source.value())
        case 2: .welcome(source.value())
        case 3: .groupInfo(source.value())
        default:
            .keyPackage(
                {
                    var keyPackage: KeyPackage = $0.value()
                    keyPackage.version = .mls10
                    return keyPackage
                }(&source))
        }
    }
}

extension LabelledContent: RandomStructure {
    static func random(_ source: inout RandomSource) -> Self {
        Self(["", "LeafNodeTBS", "KeyPackage Reference"][source.choice(3)], source.bytes())
    }
}
