package import Crypto
public import MLSWire
import TLSSyntax

/// The labelled functions of RFC 9420: whatever is derived, signed, encrypted or hashed says what it is for.
extension CipherSuite {
    /// `ExpandWithLabel` (§8), for `1...255 × Nh` bytes.
    package func expand(_ secret: SymmetricKey, _ label: String, context: [UInt8] = [], length: Int) -> SymmetricKey {
        var info = kdfLabel(label, length: length, contextCount: context.count)
        info.append(contentsOf: context)
        return hash.expand(secret, info: info, length: length)
    }

    /// `KDFLabel` (§8) up to its context, with room for that and for what HKDF appends.
    private func kdfLabel(_ label: String, length: Int, contextCount: Int) -> [UInt8] {
        var info: [UInt8] = []
        info.reserveCapacity(label.utf8.count + contextCount + 32)
        info.write(UInt16(truncatingIfNeeded: length))
        info.write(label: label)
        info.write(variableLength: contextCount)
        return info
    }

    /// `DeriveSecret` (§8).
    package func derive(_ secret: SymmetricKey, _ label: String) -> SymmetricKey {
        expand(secret, label, length: hash.byteCount)
    }

    /// `DeriveTreeSecret` (§9.1).
    package func deriveTree(
        _ secret: SymmetricKey, _ label: String, generation: UInt32, length: Int
    ) -> SymmetricKey {
        var info = kdfLabel(label, length: length, contextCount: 4)
        info.write(generation)
        return hash.expand(secret, info: info, length: length)
    }

    /// `RefHash` (§5.2). Here the label is all of it: nothing is put in front.
    package func reference(_ label: String, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(label.utf8.count + value.count + 8)
        bytes.write(variableOpaque: Array(label.utf8))
        bytes.write(variableOpaque: value)
        return hash.digest(bytes)
    }

    /// `MakeKeyPackageRef` (§5.2).
    package func reference(to keyPackage: KeyPackage) -> KeyPackageRef {
        KeyPackageRef(bytes: reference("MLS 1.0 KeyPackage Reference", keyPackage.encoded))
    }

    /// `MakeProposalRef` (§5.2).
    package func reference(to proposal: AuthenticatedContent) -> ProposalRef {
        ProposalRef(bytes: reference("MLS 1.0 Proposal Reference", proposal.encoded))
    }

    /// `VerifyWithLabel` (§5.1.2). False too if the key is none.
    package func verify(_ bytes: [UInt8], of content: [UInt8], label: String, key: SignaturePublicKey) -> Bool {
        signature.verify(bytes, of: .labelled(label, content), key: key)
    }

    /// `EncryptWithLabel` (§5.1.3).
    /// - Throws: ``ValidationRule/hpkeKeyIsValid`` if the key is none.
    package func encrypt(
        _ plaintext: SymmetricKey, to key: HPKEPublicKey, label: String, context: [UInt8]
    ) throws(MLSError) -> HPKECiphertext {
        try encrypt(plaintext, to: key, HPKEInfo(suite: self, LabelledContent(label, context).encoded))
    }

    /// The same for many recipients: what does not depend on them is hashed once.
    package func encrypt(
        _ plaintext: SymmetricKey, to key: HPKEPublicKey, _ info: HPKEInfo
    ) throws(MLSError) -> HPKECiphertext {
        let sender = try HPKESender(suite: self, to: key, info: info)
        return HPKECiphertext(kemOutput: sender.kemOutput, ciphertext: sender.keys.seal(plaintext))
    }

    /// `DecryptWithLabel` (§5.1.3).
    /// - Throws: ``ValidationRule/hpkeDecrypts``.
    package func decrypt(
        _ ciphertext: HPKECiphertext, with key: HPKEPrivateKey, label: String, context: [UInt8]
    ) throws(MLSError) -> SymmetricKey {
        let keys = try key.decapsulate(
            ciphertext.kemOutput, suite: self, info: LabelledContent(label, context).encoded)
        return try unwrap(.hpkeDecrypts, keys.open(ciphertext.ciphertext))
    }
}

/// Something that signs: a key in memory, or one that a device or another process holds.
public protocol Signer: Sendable {
    /// The key that verifies what it signs: the one in this client's leaves.
    var publicKey: SignaturePublicKey { get }
    /// Signs the content, with the hash of the scheme: ECDSA in DER, Ed25519 as R and S (RFC 9420 §5.1.2).
    func signature(of content: [UInt8]) throws(MLSError) -> [UInt8]
}

extension Signer {
    /// `SignWithLabel` (§5.1.2).
    package func sign(_ content: [UInt8], label: String) throws(MLSError) -> [UInt8] {
        try signature(of: .labelled(label, content))
    }
}

extension [UInt8] {
    /// ``LabelledContent``, encoded at once: it is written for each message that is signed.
    fileprivate static func labelled(_ label: String, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(label.utf8.count + content.count + 16)
        bytes.write(label: label)
        bytes.write(variableOpaque: content)
        return bytes
    }

    /// A label with what is in front of all labels.
    fileprivate mutating func write(label: String) {
        write(variableLength: label.utf8.count + 8)
        append(contentsOf: "MLS 1.0 ".utf8)
        append(contentsOf: label.utf8)
    }
}
