package import Chat
import ChatWire
import MLSWire

/// A device at the other end of a connection, as its certificate proves.
package struct ConnectedDevice: Hashable, Sendable {
    package var identity: PeerIdentity
    /// The certificate, in DER; empty where the connection has none.
    package var certificate: [UInt8]

    package init(_ identity: PeerIdentity, certificate: [UInt8] = []) {
        self.identity = identity
        self.certificate = certificate
    }

    /// Whether an MLS credential says no more than the connection proves: it holds the same certificate, or, over a connection
    /// without one, the bare name.
    func owns(_ credential: Credential) -> Bool {
        switch credential {
        case .x509(let certificates): !certificate.isEmpty && certificates.first == certificate
        case .basic(let name): certificate.isEmpty && name == Array(identity.description.utf8)
        }
    }

    /// - Throws: ``Failure/Code/notAllowed`` unless the credential is this device's.
    func requireOwn(_ credential: Credential) throws(Failure) {
        guard owns(credential) else {
            throw Failure(.notAllowed, "the credential in it is not the certificate of this connection, \(identity)")
        }
    }
}
