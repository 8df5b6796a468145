import MLS
import MLSWire

/// A client that joins a group and follows it from epoch to epoch.
struct PassiveClientVector: VectorEntry {
    let cipherSuite: UInt16
    let externalPsks: [Key]
    let keyPackage: HexBytes
    let signaturePriv: HexBytes
    let encryptionPriv: HexBytes
    let initPriv: HexBytes
    let welcome: HexBytes
    let ratchetTree: HexBytes?
    let initialEpochAuthenticator: HexBytes
    let epochs: [Epoch]

    struct Key: Decodable {
        let pskId: HexBytes
        let psk: HexBytes
    }

    struct Epoch: Decodable {
        let proposals: [HexBytes]
        let commit: HexBytes
        let epochAuthenticator: HexBytes
    }

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        var group = try within("joining") { try join(suite) }
        try expect("initial_epoch_authenticator", group.epochAuthenticator, is: initialEpochAuthenticator)
        for (number, epoch) in epochs.enumerated() {
            try within("epoch \(number)") { try epoch.follow(&group) }
        }
    }

    private func join(_ suite: CipherSuite) throws -> MLSGroup {
        guard case .keyPackage(let package) = try keyPackage.decoded("key_package", as: MLSMessage.self),
            case .welcome(let welcome) = try welcome.decoded("welcome", as: MLSMessage.self)
        else { throw VectorFailure("key_package or welcome is a message of another kind") }
        let signer = try SignaturePrivateKey(raw: signaturePriv.secret, for: suite.code)
        try expect("signature_priv is not the key package's", signer.publicKey == package.leafNode.signatureKey)
        // Refuses private keys that do not belong to the key package.
        let secrets = try KeyPackageSecrets(package, initKey: initPriv.secret, leafKey: encryptionPriv.secret)
        let tree: TreeNodes? = try ratchetTree.map { try $0.decoded("ratchet_tree") }
        return try MLSGroup.join(welcome, with: secrets, tree: tree, client: client(package, signer))
    }

    private func client(_ package: KeyPackage, _ signer: SignaturePrivateKey) -> MLSClient {
        var keys = PreSharedKeys()
        for key in externalPsks { keys.set(key.psk.secret, externalID: key.pskId.bytes) }
        // The vectors were made some time ago: the clock shows a moment at which the client's key package is valid.
        let now: UInt64 =
            if case .keyPackage(let lifetime) = package.leafNode.source { lifetime.notBefore } else { 0 }
        return MLSClient(
            signer: signer, credential: package.leafNode.credential, capabilities: package.leafNode.capabilities,
            validator: AnyCredential(), preSharedKeys: keys,
            policy: GroupPolicy(resumptionEpochs: .max, lifetimes: .never, longestLifetime: .max), clock: { now })
    }
}

extension PassiveClientVector.Epoch {
    func follow(_ group: inout MLSGroup) throws {
        for (index, proposal) in proposals.enumerated() {
            try within("proposal \(index)") {
                switch try group.receive(try proposal.decoded("the message")) {
                case .proposal: return
                default: throw VectorFailure("it is no proposal of another member")
                }
            }
        }
        try within("commit") {
            switch try group.receive(try commit.decoded("the message")) {
            case .commit(let next):
                guard let authenticator = next.epochAuthenticator else { throw VectorFailure("it removes the client") }
                try expect("epoch_authenticator", authenticator, is: epochAuthenticator)
                group.adopt(next)
            default: throw VectorFailure("it is no commit of another member")
            }
        }
        try expect("epoch_authenticator, once adopted,", group.epochAuthenticator, is: epochAuthenticator)
    }
}

/// Believes whatever a vector's members say of themselves.
private struct AnyCredential: CredentialValidator {
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {}

    /// Two clients may have one name: in these files nobody says that they may not.
    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { key.bytes }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { true }
}
