import MLS
import MLSWire

/// Believes every name but those that begin with "refused"; a client is its name.
struct TestValidator: CredentialValidator {
    /// In which roles it believes nobody.
    var refusedUses: Set<CredentialUse> = []
    /// Whose Updates it does not believe.
    var refusedClient: String?

    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {
        if use == .update, identity(of: credential) == refusedClient.map({ Array($0.utf8) }) {
            throw CredentialRefusal(Self.reason)
        }
        if refusedUses.contains(use) || identity(of: credential).starts(with: Array("refused".utf8)) {
            throw CredentialRefusal(Self.reason)
        }
    }

    static let reason = "nobody believes that"

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] { identity(of: credential) }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool {
        identity(of: credential) == identity(of: old)
    }

    private func identity(of credential: Credential) -> [UInt8] {
        switch credential {
        case .basic(let identity): identity
        case .x509(let certificates): certificates.first ?? []
        }
    }
}

extension Credential {
    static func named(_ name: String) -> Credential { .basic(identity: Array(name.utf8)) }
}
