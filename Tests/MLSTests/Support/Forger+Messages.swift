import Crypto
import MLS
import MLSWire

/// How a forged private message differs from a true one.
struct SealForgery {
    /// The leaf that the message says it is from.
    var leaf: LeafIndex?
    /// The number of the key that it is encrypted with.
    /// By default one that this forger has not used, and an ordinary member does not use so soon.
    var generation: UInt32?
    var padding: [UInt8] = []
}

/// Counts upwards from 8.
final class Counter {
    private var value: UInt32 = 7

    func next() -> UInt32 {
        value += 1
        return value
    }
}

extension Forger {
    /// A signed message, with any content.
    func signed(
        _ content: MLSContent, as format: WireFormat = .publicMessage, signer: (any Signer)? = nil,
        _ edit: Edit<FramedContent> = { _ in }
    ) throws -> AuthenticatedContent {
        var framed = FramedContent(groupID: old.id, epoch: old.epoch, sender: sender, content: content)
        try edit(&framed)
        return try MessageProtection.sign(
            framed, as: format, context: protection.context, with: signer ?? client.signer)
    }

    /// A message that is ready to be sent.
    func message(
        _ content: MLSContent, as format: WireFormat = .publicMessage, signer: (any Signer)? = nil,
        _ edit: Edit<FramedContent> = { _ in }
    ) throws -> MLSMessage {
        try protect(try signed(content, as: format, signer: signer, edit))
    }

    /// The message as it is sent, in the format that it was signed for.
    func protect(_ message: AuthenticatedContent) throws -> MLSMessage {
        guard message.wireFormat == .publicMessage else { return .privateMessage(try seal(message)) }
        return .publicMessage(publicMessage(message))
    }

    /// A public message with its membership tag, whatever the content.
    func publicMessage(_ message: AuthenticatedContent) -> PublicMessage {
        var result = PublicMessage(content: message.content, auth: message.auth)
        guard case .member = message.content.sender else { return result }
        var tagged = message.content.toBeSigned(as: message.wireFormat, context: protection.context)
        message.auth.write(into: &tagged)
        result.membershipTag = MACTag(bytes: suite.hash.mac(tagged, key: protection.membership))
        return result
    }

    /// Encrypts a signed message, with a key of the forger's or of anybody's.
    func seal(_ message: AuthenticatedContent, _ forgery: SealForgery = SealForgery()) throws -> PrivateMessage {
        let leaf = forgery.leaf ?? sender.member ?? LeafIndex(0)
        let type = message.content.content.type
        var plaintext: [UInt8] = []
        message.content.content.write(into: &plaintext)
        message.auth.write(into: &plaintext)
        plaintext += forgery.padding

        var tree = protection.secretTree
        var ratchet = try tree.ratchet(SecretTree.Chain(leaf: leaf, type))
        ratchet.skip(to: forgery.generation ?? counter.next(), suite)
        let (generation, key) = try ratchet.next(suite)
        let sender = SenderData(leaf: leaf, generation: generation, reuseGuard: [1, 2, 3, 4])
        var nonce = key.nonce.bytes
        for (index, byte) in sender.reuseGuard.enumerated() { nonce[index] ^= byte }

        var result = PrivateMessage(
            groupID: message.content.groupID, epoch: message.content.epoch, contentType: type,
            authenticatedData: message.content.authenticatedData, encryptedSenderData: [], ciphertext: [])
        result.ciphertext = suite.aead.seal(
            plaintext, key: key.key, nonce: nonce, authenticating: result.contentAAD)
        let (senderKey, senderNonce) = protection.senderDataKey(sample: result.ciphertext)
        result.encryptedSenderData = suite.aead.seal(
            sender.encoded, key: senderKey, nonce: senderNonce, authenticating: result.senderDataAAD)
        return result
    }

    /// An Update of the forger's leaf.
    func update(
        _ edit: Edit<LeafNode> = { _ in }, signer: (any Signer)? = nil, at place: LeafIndex? = nil
    ) throws -> Proposal {
        let leaf = place ?? sender.member ?? LeafIndex(0)
        var node = client.leafNode(
            encryptionKey: HPKEPrivateKey(generating: suite.kem).publicKey, source: .update, extensions: Extensions())
        try edit(&node)
        node.signature = try (signer ?? client.signer).sign(
            node.toBeSigned(in: old.id, at: leaf), label: "LeafNodeTBS")
        return .update(node)
    }
}
