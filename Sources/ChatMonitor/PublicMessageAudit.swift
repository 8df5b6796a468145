import MLSWire

/// Judges a message that MLS sends signed and not encrypted: of those who are not members, and of nobody else.
struct PublicMessageAudit {
    private let message: PublicMessage

    init(_ message: PublicMessage) {
        self.message = message
    }

    /// A device joins by its own commit (RFC 9420 §12.4.3.2).
    func judgeCommit(of place: PayloadPlace) throws(PayloadRefusal) -> JudgedPayload {
        guard case .newMemberCommit = message.content.sender, case .commit(let commit) = message.content.content else {
            throw PayloadRefusal("a message in the clear (\(message.content.content.type)); members send ciphertext")
        }
        try checkHead(of: place)
        guard let path = commit.path, let sizes = SuiteSizes(kemLength: path.leafNode.encryptionKey.bytes.count) else {
            throw PayloadRefusal("a newcomer's commit without new keys")
        }
        guard message.auth.confirmationTag?.bytes.count == sizes.hash,
            sizes.isSignature(message.auth.signature)
        else { throw PayloadRefusal("a newcomer's commit whose proofs have not its suite's form") }
        for entry in commit.proposals { try check(entry, sizes) }
        try KeyMaterialAudit.check(path.leafNode, sizes)
        var ciphertexts: [[UInt8]] = []
        for node in path.nodes {
            guard node.encryptionKey.bytes.count == sizes.kem else {
                throw PayloadRefusal("a newcomer's commit with a key that has not its suite's length")
            }
            for secret in node.encryptedPathSecret {
                // A path's secret behind its length, and the tag.
                guard secret.kemOutput.count == sizes.kem,
                    secret.ciphertext.count == sizes.hash + SuiteSizes.tag
                        || secret.ciphertext.count == sizes.hash + 1 + SuiteSizes.tag
                        || secret.ciphertext.count == sizes.hash + 2 + SuiteSizes.tag
                else { throw PayloadRefusal("a newcomer's commit with a secret that has not its suite's length") }
                ciphertexts.append(secret.ciphertext)
            }
        }
        return JudgedPayload(kind: .publicMessage, ciphertexts: ciphertexts)
    }

    private func check(_ entry: ProposalOrRef, _ sizes: SuiteSizes) throws(PayloadRefusal) {
        guard case .proposal(let proposal) = entry else {
            throw PayloadRefusal("a newcomer's commit that refers to proposals of others")
        }
        switch proposal {
        case .externalInit(let output) where output.count == sizes.kem: break
        case .remove: break
        case .preSharedKey(let key):
            guard case .resumption(_, let group, _) = key.source, group == message.content.groupID,
                key.nonce.count == sizes.hash
            else { throw PayloadRefusal("a newcomer's commit with a key from elsewhere") }
        default: throw PayloadRefusal("a newcomer's commit with a proposal that no newcomer makes")
        }
    }

    /// The server asks that a device be removed (§12.1.8).
    func judgeRemoval(of place: PayloadPlace) throws(PayloadRefusal) -> JudgedPayload {
        guard case .external = message.content.sender, case .proposal(.remove) = message.content.content else {
            throw PayloadRefusal("a message in the clear (\(message.content.content.type)) that asks for no removal")
        }
        try checkHead(of: place)
        guard SuiteSizes.isAnySignature(message.auth.signature) else {
            throw PayloadRefusal("a removal request whose signature is none")
        }
        return JudgedPayload(kind: .publicMessage)
    }

    private func checkHead(of place: PayloadPlace) throws(PayloadRefusal) {
        try PayloadAudit.check(message.content.groupID, of: place)
        if let epoch = place.epoch, message.content.epoch != epoch {
            throw PayloadRefusal("its epoch is not the one told")
        }
        try PayloadAudit.check(authenticatedData: message.content.authenticatedData)
    }
}
