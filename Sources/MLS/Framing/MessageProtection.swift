package import Crypto
package import MLSWire
import TLSSyntax

/// The keys that protect an epoch's messages, and how they do it (RFC 9420 §6).
package struct MessageProtection: Sendable {
    package let suite: CipherSuite
    package let groupID: GroupID
    package let epoch: UInt64
    /// The group context of the epoch, encoded: every member's signature covers it.
    package let context: [UInt8]
    package let senderData: SymmetricKey
    package let membership: SymmetricKey
    package internal(set) var secretTree: SecretTree

    package init(
        suite: CipherSuite, context: GroupContext, senderData: SymmetricKey, membership: SymmetricKey,
        secretTree: SecretTree
    ) {
        self.suite = suite
        groupID = context.groupID
        epoch = context.epoch
        self.context = context.encoded
        self.senderData = senderData
        self.membership = membership
        self.secretTree = secretTree
    }

    // MARK: Signatures (§6.1)

    /// Signs a message. A commit's confirmation tag comes later: it follows from the signature.
    package func sign(
        _ content: FramedContent, as format: WireFormat, with signer: any Signer
    ) throws(MLSError) -> AuthenticatedContent {
        try Self.sign(content, as: format, context: context, with: signer)
    }

    package static func sign(
        _ content: FramedContent, as format: WireFormat, context: [UInt8], with signer: any Signer
    ) throws(MLSError) -> AuthenticatedContent {
        let signature = try signer.sign(
            content.toBeSigned(as: format, context: context), label: "FramedContentTBS")
        return AuthenticatedContent(wireFormat: format, content: content, auth: .init(signature: signature))
    }

    /// - Throws: ``ValidationRule/framedContentSignature``.
    package func verify(_ message: AuthenticatedContent, key: SignaturePublicKey) throws(MLSError) {
        try Self.verify(message, key: key, suite: suite, context: context)
    }

    package static func verify(
        _ message: AuthenticatedContent, key: SignaturePublicKey, suite: CipherSuite, context: [UInt8]
    ) throws(MLSError) {
        let content = message.content.toBeSigned(as: message.wireFormat, context: context)
        try require(
            .framedContentSignature,
            suite.verify(message.auth.signature, of: content, label: "FramedContentTBS", key: key))
    }

    // MARK: Public messages (§6.2)

    /// - Throws: ``ValidationRule/applicationIsPrivate``: application data is never sent in the clear.
    package func publicMessage(_ message: AuthenticatedContent) throws(MLSError) -> PublicMessage {
        try require(.applicationIsPrivate, message.content.content.type != .application)
        var result = PublicMessage(content: message.content, auth: message.auth)
        if case .member = message.content.sender {
            result.membershipTag = MACTag(bytes: suite.hash.mac(taggedContent(message), key: membership))
        }
        return result
    }

    /// The message, whose sender is a member if it says so. Its signature is still to be verified.
    package func open(_ message: PublicMessage) throws(MLSError) -> AuthenticatedContent {
        let content = AuthenticatedContent(
            wireFormat: .publicMessage, content: message.content, auth: message.auth)
        try require(.applicationIsPrivate, message.content.content.type != .application)
        if case .member = message.content.sender {
            try require(
                .membershipTag,
                suite.hash.verify(message.membershipTag?.bytes ?? [], of: taggedContent(content), key: membership))
        }
        return content
    }

    /// `AuthenticatedContentTBM`.
    private func taggedContent(_ message: AuthenticatedContent) -> [UInt8] {
        var bytes = message.content.toBeSigned(as: message.wireFormat, context: context)
        message.auth.write(into: &bytes)
        return bytes
    }

    // MARK: Private messages (§6.3)

    /// Encrypts a member's signed message with the next key of its chain.
    /// - Parameter padding: the plaintext is filled with zeros up to a multiple of this.
    package mutating func seal(
        _ message: AuthenticatedContent, from leaf: LeafIndex, padding: Int
    ) throws(MLSError) -> PrivateMessage {
        let type = message.content.content.type
        var plaintext: [UInt8] = []
        if case .application(let data) = message.content.content {
            plaintext.reserveCapacity(data.count + message.auth.signature.count + min(max(padding, 0), 1024) + 8)
        }
        message.content.content.write(into: &plaintext)
        message.auth.write(into: &plaintext)
        if padding > 1, plaintext.count % padding > 0 {
            plaintext.append(contentsOf: repeatElement(0, count: padding - plaintext.count % padding))
        }
        let chain = SecretTree.Chain(leaf: leaf, type)
        var ratchet = try secretTree.ratchet(chain)
        let (generation, key) = try ratchet.next(suite)
        secretTree.replace(chain, with: ratchet)

        var result = PrivateMessage(
            groupID: groupID, epoch: epoch, contentType: type,
            authenticatedData: message.content.authenticatedData, encryptedSenderData: [], ciphertext: [])
        let sender = SenderData(leaf: leaf, generation: generation, reuseGuard: Self.randomGuard())
        result.ciphertext = suite.aead.seal(
            plaintext, key: key.key, nonce: Self.guarded(key.nonce, sender.reuseGuard),
            authenticating: result.contentAAD)
        let (senderKey, nonce) = senderDataKey(sample: result.ciphertext)
        result.encryptedSenderData = suite.aead.seal(
            sender.encoded, key: senderKey, nonce: nonce, authenticating: result.senderDataAAD)
        return result
    }

    /// What a private message says of its sender.
    package func senderData(of message: PrivateMessage) throws(MLSError) -> SenderData {
        let (key, nonce) = senderDataKey(sample: message.ciphertext)
        let plaintext = try unwrap(
            .senderDataDecrypts,
            suite.aead.open(
                message.encryptedSenderData, key: key, nonce: nonce, authenticating: message.senderDataAAD))
        return try MLSError.decoding { () throws(SyntaxError) in try SenderData(decoding: [UInt8](plaintext)) }
    }

    /// Decrypts a message and takes its key away, but only after `accept` has agreed to it: a forgery costs the true message nothing.
    package mutating func open(
        _ message: PrivateMessage, from sender: SenderData, limits: RatchetLimits,
        accept: (AuthenticatedContent) throws(MLSError) -> Void
    ) throws(MLSError) -> AuthenticatedContent {
        let chain = SecretTree.Chain(leaf: sender.leaf, message.contentType)
        var ratchet = try secretTree.ratchet(chain)
        let key = try ratchet.take(sender.generation, suite, limits)
        let plaintext = try unwrap(
            .contentDecrypts,
            suite.aead.open(
                message.ciphertext, key: key.key, nonce: Self.guarded(key.nonce, sender.reuseGuard),
                authenticating: message.contentAAD))
        let content = try Self.content([UInt8](plaintext), of: message, from: sender.leaf)
        try accept(content)
        secretTree.replace(chain, with: ratchet)
        return content
    }

    /// `PrivateMessageContent` (§6.3.1), whose padding is all zeros.
    private static func content(
        _ plaintext: [UInt8], of message: PrivateMessage, from leaf: LeafIndex
    ) throws(MLSError) -> AuthenticatedContent {
        var padding: [UInt8] = []
        let content = try MLSError.decoding { () throws(SyntaxError) in
            try SyntaxReader.read(plaintext) { (reader) throws(SyntaxError) in
                let content = try MLSContent(message.contentType, from: &reader)
                let auth = try FramedContentAuthData(of: message.contentType, from: &reader)
                padding = try reader.opaque(reader.remaining)
                return AuthenticatedContent(
                    wireFormat: .privateMessage,
                    content: FramedContent(
                        groupID: message.groupID, epoch: message.epoch, sender: .member(leaf),
                        authenticatedData: message.authenticatedData, content: content),
                    auth: auth)
            }
        }
        try require(.paddingIsZero, padding.allSatisfy { $0 == 0 })
        return content
    }

    /// The key and nonce of the sender's data follow from the ciphertext beside it (§6.3.2).
    package func senderDataKey(sample ciphertext: [UInt8]) -> (SymmetricKey, nonce: [UInt8]) {
        let sample = [UInt8](ciphertext.prefix(suite.hash.byteCount))
        return (
            suite.expand(senderData, "key", context: sample, length: suite.aead.keyLength),
            suite.expand(senderData, "nonce", context: sample, length: suite.aead.nonceLength).bytes
        )
    }

    /// Four random bytes.
    private static func randomGuard() -> [UInt8] {
        withUnsafeBytes(of: UInt32.random(in: .min ... .max)) { [UInt8]($0) }
    }

    private static func guarded(_ nonce: SymmetricKey, _ reuseGuard: [UInt8]) -> [UInt8] {
        var nonce = nonce.bytes
        for (index, byte) in reuseGuard.enumerated() { nonce[index] ^= byte }
        return nonce
    }
}
