import MLS
import MLSWire

/// A proposal, a commit and application data, each as the messages that protect it.
struct MessageProtectionVector: VectorEntry {
    let cipherSuite: UInt16
    let groupId: HexBytes
    let epoch: UInt64
    let treeHash: HexBytes
    let confirmedTranscriptHash: HexBytes
    let signaturePriv: HexBytes
    let signaturePub: HexBytes
    let encryptionSecret: HexBytes
    let senderDataSecret: HexBytes
    let membershipKey: HexBytes
    let proposal: HexBytes
    let proposalPub: HexBytes
    let proposalPriv: HexBytes
    let commit: HexBytes
    let commitPub: HexBytes
    let commitPriv: HexBytes
    let application: HexBytes
    let applicationPriv: HexBytes

    /// All messages are by the second of two members.
    private static let sender = LeafIndex(rawValue: 1)

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        let signer = try SignaturePrivateKey(raw: signaturePriv.secret, for: suite.code)
        try expect("public key of signature_priv", signer.publicKey.bytes, is: signaturePub)
        let proposal = MLSContent.proposal(try proposal.decoded("proposal"))
        let commit = MLSContent.commit(try commit.decoded("commit"))
        let application = MLSContent.application(application.bytes)

        try within("proposal_pub") { try checkPublic(proposalPub, proposal, signer, suite) }
        try within("proposal_priv") { try checkPrivate(proposalPriv, proposal, signer, suite) }
        try within("commit_pub") { try checkPublic(commitPub, commit, signer, suite) }
        try within("commit_priv") { try checkPrivate(commitPriv, commit, signer, suite) }
        try within("application_priv") { try checkPrivate(applicationPriv, application, signer, suite) }
        let protection = protection(suite)
        let signed = try protection.sign(framed(application), as: .publicMessage, with: signer)
        try expectRefusal("application data as a public message") { _ = try protection.publicMessage(signed) }
    }

    private func protection(_ suite: CipherSuite) -> MessageProtection {
        let context = GroupContext(
            cipherSuite: suite.code, groupID: groupId.groupID, epoch: epoch, treeHash: treeHash.bytes,
            confirmedTranscriptHash: confirmedTranscriptHash.bytes)
        return MessageProtection(
            suite: suite, context: context, senderData: senderDataSecret.secret, membership: membershipKey.secret,
            secretTree: SecretTree(suite: suite, leafCount: 2, root: encryptionSecret.secret))
    }

    private func framed(_ content: MLSContent) -> FramedContent {
        FramedContent(groupID: groupId.groupID, epoch: epoch, sender: .member(Self.sender), content: content)
    }

    /// Opens the given message, and then one that is made here of the same content.
    private func checkPublic(
        _ given: HexBytes, _ content: MLSContent, _ signer: SignaturePrivateKey, _ suite: CipherSuite
    ) throws {
        guard case .publicMessage(let message) = try given.decoded("the message", as: MLSMessage.self) else {
            throw VectorFailure("it is no public message")
        }
        let protection = protection(suite)
        let opened = try open(message, protection)
        try expect("it does not hold the content", opened.content.content == content)
        try within("our own message") {
            var signed = try protection.sign(framed(content), as: .publicMessage, with: signer)
            signed.auth.confirmationTag = opened.auth.confirmationTag
            let sent = MLSMessage.publicMessage(try protection.publicMessage(signed)).encoded
            guard case .publicMessage(let made) = try MLSMessage(decoding: sent) else {
                throw VectorFailure("it is no public message")
            }
            try expect("it does not hold the content", try open(made, protection) == signed)
        }
    }

    private func open(_ message: PublicMessage, _ protection: MessageProtection) throws -> AuthenticatedContent {
        try expect("it is not by member 1", message.content.sender == .member(Self.sender))
        let opened = try protection.open(message)
        try protection.verify(opened, key: SignaturePublicKey(bytes: signaturePub.bytes))
        return opened
    }

    private func checkPrivate(
        _ given: HexBytes, _ content: MLSContent, _ signer: SignaturePrivateKey, _ suite: CipherSuite
    ) throws {
        guard case .privateMessage(let message) = try given.decoded("the message", as: MLSMessage.self) else {
            throw VectorFailure("it is no private message")
        }
        let opened = try open(message, protection(suite))
        try expect("it does not hold the content", opened.content.content == content)
        try within("our own message") {
            var sender = protection(suite)
            var signed = try sender.sign(framed(content), as: .privateMessage, with: signer)
            signed.auth.confirmationTag = opened.auth.confirmationTag
            let made = try sender.seal(signed, from: Self.sender, padding: 64)
            guard case .privateMessage(let made) = try MLSMessage(decoding: MLSMessage.privateMessage(made).encoded)
            else { throw VectorFailure("it is no private message") }
            try expect("it does not hold the content", try open(made, protection(suite)) == signed)
        }
    }

    private func open(_ message: PrivateMessage, _ protection: MessageProtection) throws -> AuthenticatedContent {
        var protection = protection
        let data = try protection.senderData(of: message)
        try expect("it is not by member 1", data.leaf == Self.sender)
        let (suite, context) = (protection.suite, protection.context)
        return try protection.open(message, from: data, limits: RatchetLimits()) { (content) throws(MLSError) in
            try MessageProtection.verify(
                content, key: SignaturePublicKey(bytes: signaturePub.bytes), suite: suite, context: context)
        }
    }
}
