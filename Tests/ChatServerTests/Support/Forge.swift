import Chat
import ChatWire
import MLSWire
import NIOCore

/// MLS messages that have the right form and mean nothing: all that a server can tell.
enum Forge {
    static func privateMessage(
        in room: RoomID, epoch: UInt64, _ content: MLSContentType, _ ciphertext: [UInt8]
    ) -> ByteBuffer {
        let message = PrivateMessage(
            groupID: GroupID(bytes: room.bytes), epoch: epoch, contentType: content, authenticatedData: [1, 2],
            encryptedSenderData: [3, 4], ciphertext: ciphertext)
        return ByteBuffer(bytes: MLSMessage.privateMessage(message).encoded)
    }

    static func message(in room: RoomID, epoch: UInt64 = 0, _ text: String) -> ByteBuffer {
        privateMessage(in: room, epoch: epoch, .application, Array(text.utf8))
    }

    static func proposal(in room: RoomID, epoch: UInt64 = 0) -> ByteBuffer {
        privateMessage(in: room, epoch: epoch, .proposal, [7])
    }

    static func commit(in room: RoomID, epoch: UInt64, size: Int = 100) -> ByteBuffer {
        privateMessage(in: room, epoch: epoch, .commit, [UInt8](repeating: 9, count: size))
    }

    static func welcome(_ text: String) -> ByteBuffer {
        let welcome = Welcome(cipherSuite: .p256AES128, secrets: [], encryptedGroupInfo: Array(text.utf8))
        return ByteBuffer(bytes: MLSMessage.welcome(welcome).encoded)
    }

    /// What begins like a group info; the rest is for those who join.
    static func groupInfo(_ text: String) -> ByteBuffer {
        ByteBuffer(bytes: [0, 1, 0, 4] + Array(text.utf8))
    }

    static func leaf(_ credential: Credential, _ source: LeafNodeSource, number: UInt64 = 0) -> LeafNode {
        let key = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        return LeafNode(
            encryptionKey: HPKEPublicKey(bytes: key), signatureKey: SignaturePublicKey(bytes: [2]),
            credential: credential,
            capabilities: Capabilities(cipherSuites: [.p256AES128], extensions: [], credentials: [.basic]),
            source: source)
    }

    static func name(_ device: PeerIdentity) -> Credential { .basic(identity: Array(device.description.utf8)) }

    static func package(
        of device: PeerIdentity, number: UInt64 = 0, credential: Credential? = nil, notAfter: UInt64 = .max
    ) -> ByteBuffer {
        let lifetime = Lifetime(notBefore: 0, notAfter: notAfter)
        let package = KeyPackage(
            cipherSuite: .p256AES128, initKey: HPKEPublicKey(bytes: [3]),
            leafNode: leaf(credential ?? name(device), .keyPackage(lifetime), number: number))
        return ByteBuffer(bytes: MLSMessage.keyPackage(package).encoded)
    }

    /// A commit by which a device joins of itself.
    static func externalCommit(
        in room: RoomID, epoch: UInt64, _ credential: Credential, sender: Sender = .newMemberCommit
    ) -> ByteBuffer {
        let path = UpdatePath(leafNode: leaf(credential, .commit(parentHash: [])), nodes: [])
        let commit = Commit(proposals: [.proposal(.externalInit(kemOutput: [1]))], path: path)
        let content = FramedContent(
            groupID: GroupID(bytes: room.bytes), epoch: epoch, sender: sender, content: .commit(commit))
        let auth = FramedContentAuthData(signature: [1], confirmationTag: MACTag(bytes: [2]))
        let tag: MACTag? = if case .member = sender { MACTag(bytes: [3]) } else { nil }
        return ByteBuffer(
            bytes: MLSMessage.publicMessage(PublicMessage(content: content, auth: auth, membershipTag: tag)).encoded)
    }
}
