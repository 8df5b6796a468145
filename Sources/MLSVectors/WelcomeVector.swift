import Crypto
import MLS
import MLSWire

/// A welcome for a key package, without a tree to check it against.
struct WelcomeVector: VectorEntry {
    let cipherSuite: UInt16
    let initPriv: HexBytes
    let signerPub: HexBytes
    let keyPackage: HexBytes
    let welcome: HexBytes

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        guard case .keyPackage(let package) = try keyPackage.decoded("key_package", as: MLSMessage.self),
            case .welcome(let welcome) = try welcome.decoded("welcome", as: MLSMessage.self)
        else { throw VectorFailure("key_package or welcome is a message of another kind") }
        let initKey = try HPKEPrivateKey(raw: initPriv.secret, kem: suite.kem)
        try expect("init_priv is not the key package's", initKey.publicKey == package.initKey)

        let secrets = try groupSecrets(in: welcome, for: package, initKey, suite)
        let key = WelcomeKey(
            suite, EpochSecrets.welcome(suite, joiner: secrets.joiner, psk: suite.zeroSecret))
        let opened = suite.aead.open(
            welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, authenticating: [])
        guard let opened else { throw VectorFailure("the group info does not decrypt") }
        try check(HexBytes(Array(opened)).decoded("group info"), secrets, suite)
    }

    private func groupSecrets(
        in welcome: Welcome, for package: KeyPackage, _ initKey: HPKEPrivateKey, _ suite: CipherSuite
    ) throws -> GroupSecrets {
        let reference = suite.reference(to: package)
        guard let own = welcome.secrets.first(where: { $0.newMember == reference }) else {
            throw VectorFailure("the welcome has no secrets for the key package")
        }
        let opened = try suite.decrypt(
            own.encryptedGroupSecrets, with: initKey, label: "Welcome", context: welcome.encryptedGroupInfo)
        let secrets = try GroupSecrets(decoding: opened)
        try expect("group secrets, written again,", secrets.encoded.bytes, is: HexBytes(opened.bytes))
        try expect("the welcome names pre-shared keys", secrets.preSharedKeys.isEmpty)
        return secrets
    }

    private func check(_ info: GroupInfo, _ secrets: GroupSecrets, _ suite: CipherSuite) throws {
        try expect(
            "the group info's signature is not valid",
            suite.verify(
                info.signature, of: info.toBeSigned, label: "GroupInfoTBS",
                key: SignaturePublicKey(bytes: signerPub.bytes)))
        let epoch = EpochSecrets.epoch(
            suite, joiner: secrets.joiner, psk: suite.zeroSecret, context: info.context.encoded)
        let confirmation = EpochSecrets.derive(suite, epoch: epoch).0.confirmation
        let tag = suite.hash.mac(info.context.confirmedTranscriptHash, key: confirmation)
        try expect("confirmation_tag", tag, is: HexBytes(info.confirmationTag.bytes))
    }
}
