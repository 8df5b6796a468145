import MLS
import MLSWire

/// A device that can be a member of real MLS groups.
struct GroupDevice {
    let client: MLSClient

    init(_ name: String) throws {
        client = MLSClient(
            signer: try SignaturePrivateKey(for: .p256AES128), credential: .basic(identity: Array(name.utf8)),
            validator: NameValidator(), clock: { 1_800_000_000 })
    }
}

/// Knows everybody by the name in a basic credential, and refuses nobody.
private struct NameValidator: CredentialValidator {
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {}

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] {
        switch credential {
        case .basic(let identity): identity
        case .x509(let certificates): certificates.first ?? []
        }
    }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
}
