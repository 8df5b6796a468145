import ChatWire
import MLSWire
import NIOCore
import TLSSyntax

/// A payload that is what belongs in its place.
struct JudgedPayload {
    var kind: InnerClass
    /// What is encrypted in it: even, if it is.
    var ciphertexts: [[UInt8]] = []
    /// Its length is one of few, so that it says little of what is inside.
    var isPadded = true
}

/// Why a payload is not what belongs in its place. The words never hold any of its bytes.
struct PayloadRefusal: Error, Hashable {
    var words: String

    init(_ words: String) { self.words = words }
}

/// Judges whether a payload is the structure that belongs in its place, in every value that has a form.
struct PayloadAudit {
    let role: PayloadRole
    let place: PayloadPlace

    func judge(_ bytes: [UInt8]) throws(PayloadRefusal) -> JudgedPayload {
        switch role {
        case .policy:
            try Self.checkPolicy(bytes)
            return JudgedPayload(kind: .framing)
        case .number:
            guard bytes.count == 8 else { throw PayloadRefusal("\(bytes.count) bytes are no such number") }
            return JudgedPayload(kind: .framing)
        default: break
        }
        let message: MLSMessage
        do {
            message = try MLSMessage(decoding: bytes)
        } catch {
            throw PayloadRefusal("\(bytes.count) bytes are no MLS message")
        }
        guard message.encoded == bytes else { throw PayloadRefusal("an MLS message in another than its one form") }
        switch (message, role) {
        case (.privateMessage(let message), .privateMessage(let types)): return try judge(message, types)
        case (.privateMessage(let message), .commit): return try judge(message, [.commit])
        case (.privateMessage(let message), .large): return try judge(message, [.application, .proposal, .commit])
        case (.publicMessage(let message), .commit), (.publicMessage(let message), .large):
            return try PublicMessageAudit(message).judgeCommit(of: place)
        case (.publicMessage(let message), .removalRequest):
            return try PublicMessageAudit(message).judgeRemoval(of: place)
        case (.welcome(let welcome), .welcome), (.welcome(let welcome), .large): return try Self.judge(welcome)
        case (.keyPackage(let package), .keyPackage):
            try KeyMaterialAudit.check(package)
            return JudgedPayload(kind: .keyPackage)
        case (.groupInfo(let info), .groupInfo), (.groupInfo(let info), .large):
            try Self.check(info.context.groupID, of: place)
            try KeyMaterialAudit.check(info)
            return JudgedPayload(kind: .groupInfo)
        default: throw PayloadRefusal("an MLS message of another kind (\(message.wireFormat))")
        }
    }

    static func checkPolicy(_ bytes: [UInt8]) throws(PayloadRefusal) {
        do {
            let policy = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in
                try RoomPolicy(from: &reader)
            }
            guard policy.encoded == bytes else { throw PayloadRefusal("a policy in another than its one form") }
        } catch let refusal as PayloadRefusal {
            throw refusal
        } catch {
            throw PayloadRefusal("\(bytes.count) bytes are no policy")
        }
    }

    static func check(_ group: GroupID, of place: PayloadPlace) throws(PayloadRefusal) {
        guard let room = place.room, group.bytes != room.bytes else { return }
        throw PayloadRefusal("its group is not the room")
    }

    /// In the clear beside the ciphertext: nothing, or a version and a hash of 16 bytes that names the epoch.
    static func check(authenticatedData data: [UInt8]) throws(PayloadRefusal) {
        guard data.isEmpty || (data.count == 17 && data.first == 1) else {
            throw PayloadRefusal("\(data.count) bytes of authenticated data that are not an epoch's tag")
        }
    }

    private func judge(
        _ message: PrivateMessage, _ types: Set<MLSContentType>
    ) throws(PayloadRefusal) -> JudgedPayload {
        try Self.check(message.groupID, of: place)
        guard types.contains(message.contentType) else {
            throw PayloadRefusal("a PrivateMessage with another content (\(message.contentType))")
        }
        if let epoch = place.epoch, message.epoch != epoch { throw PayloadRefusal("its epoch is not the one told") }
        try Self.check(authenticatedData: message.authenticatedData)
        guard message.encryptedSenderData.count == SuiteSizes.senderData else {
            throw PayloadRefusal("encrypted sender data of \(message.encryptedSenderData.count) bytes; there are 28")
        }
        // Content and signature, each behind its length, and the tag.
        guard message.ciphertext.count >= 2 + SuiteSizes.leastSignature + SuiteSizes.tag else {
            throw PayloadRefusal("a ciphertext of \(message.ciphertext.count) bytes is too short to be one")
        }
        let kind: InnerClass =
            switch message.contentType {
            case .application: .application
            case .proposal: .proposal
            case .commit: .commit
            }
        return JudgedPayload(
            kind: kind, ciphertexts: [message.encryptedSenderData, message.ciphertext],
            isPadded: kind != .application || Self.isPadded(message.ciphertext.count - SuiteSizes.tag))
    }

    /// Whether a message's plaintext has a length that Conclave pads to: 256, 512, or a multiple of 1,024.
    private static func isPadded(_ length: Int) -> Bool {
        length == 256 || length == 512 || (length > 0 && length.isMultiple(of: 1_024))
    }

    private static func judge(_ welcome: Welcome) throws(PayloadRefusal) -> JudgedPayload {
        guard let sizes = SuiteSizes(welcome.cipherSuite) else { throw PayloadRefusal("a Welcome of an unknown suite") }
        guard !welcome.secrets.isEmpty else { throw PayloadRefusal("a Welcome for nobody") }
        var ciphertexts: [[UInt8]] = []
        for secret in welcome.secrets {
            guard secret.newMember.bytes.count == sizes.hash else {
                throw PayloadRefusal("a Welcome whose reference to a key package is no hash")
            }
            let sealed = secret.encryptedGroupSecrets
            // The joiner's secret, perhaps one of the path, and names of pre-shared keys.
            guard sealed.kemOutput.count == sizes.kem,
                (sizes.hash + 3 + SuiteSizes.tag...4_096).contains(sealed.ciphertext.count)
            else { throw PayloadRefusal("a Welcome whose secrets have not the length of its suite") }
            ciphertexts.append(sealed.ciphertext)
        }
        guard welcome.encryptedGroupInfo.count > 2 * SuiteSizes.tag else {
            throw PayloadRefusal("a Welcome whose group info is too short to be one")
        }
        return JudgedPayload(kind: .welcome, ciphertexts: ciphertexts + [welcome.encryptedGroupInfo])
    }
}
