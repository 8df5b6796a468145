/// What a peer did wrong in TLS, over a connection whose TCP handshake was done: its address is not forged.
package enum TLSOffence: Hashable, Sendable {
    /// One that is not of this deployment, expired, revoked, or whose key the peer does not have.
    case badCertificate
    case noCertificate
    /// Something else than a TLS 1.3 handshake for our protocol.
    case badHandshake
}

extension TLSCloseReason {
    /// What the peer did wrong in TLS, if that is why the connection ended.
    package var offence: TLSOffence? {
        switch self {
        case .tls(let failure): failure.offence
        case .handshakeTooLong, .handshakeTimeout: .badHandshake
        // A lost network, a health check, or our own doing.
        case .local, .peer, .truncated, .socket, .handshakeBrokenOff, .framing, .tooSlow, .overloaded: nil
        }
    }
}
