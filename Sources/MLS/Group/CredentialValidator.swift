public import MLSWire

/// The authentication service (RFC 9420 §5.3.1): what the application knows of credentials, and the library cannot.
///
/// It is asked anew each time that a leaf enters a group: at every join for every member, at every Add, at every Update and
/// every commit with a path, and when external senders are named.
public protocol CredentialValidator: Sendable {
    /// Refuses a credential that does not prove who it names, or names nobody who may be here. That the signature key of an
    /// X.509 credential is the certificate's own was checked before.
    /// - Throws: ``CredentialRefusal`` with the reason.
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal)

    /// What makes a client the same client: no two members of a group have it in common.
    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8]

    /// Whether a member may replace one credential by another: in general, whether both name the same client.
    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool
}

/// In what role a credential is shown.
public enum CredentialUse: Hashable, Sendable {
    /// Of somebody who is a member already, to a client that joins.
    case member
    /// Of a client that is to be added, or joins by itself.
    case newMember
    /// Of a member that replaces its leaf.
    case update
    /// Of somebody outside who may make proposals.
    case externalSender
}

/// Why a credential was refused.
public struct CredentialRefusal: Error, Hashable, Sendable {
    /// For people: what is wrong with the credential.
    public let reason: String
    public init(_ reason: String) { self.reason = reason }
}
