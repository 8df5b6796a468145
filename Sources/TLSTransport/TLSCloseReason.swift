package import ChatWire

/// Why a connection ended.
package enum TLSCloseReason: Sendable {
    /// We closed it.
    case local
    /// The peer closed it in order, with close_notify.
    case peer
    /// The stream ended without close_notify: what came before may be cut short (RFC 8446 §6.1).
    case truncated
    /// The socket failed.
    case socket(String)
    /// The handshake was not done in time.
    case handshakeTimeout(seconds: Int)
    /// The stream ended before the handshake was done.
    case handshakeBrokenOff
    /// The peer sent more than a handshake can need.
    case handshakeTooLong(bytes: Int)
    /// TLS failed, in the handshake or later.
    case tls(TLSFailure)
    /// The peer broke the framing.
    case framing(FrameError)
    /// The peer took too long to read what it was sent.
    case tooSlow(bytes: Int)
    /// More handshakes wait than can be served in time.
    case overloaded
}

extension TLSCloseReason: CustomStringConvertible {
    package var description: String {
        switch self {
        case .local: "closed"
        case .peer: "closed by the other side"
        case .truncated: "the connection broke off without a TLS close_notify: the last words may be missing"
        case .socket(let reason): reason
        case .handshakeTimeout(let seconds):
            "the TLS handshake was not finished within \(seconds) s; is the other side a Conclave program?"
        case .handshakeBrokenOff:
            "the other side ended the connection before the TLS handshake was done; is it a Conclave program, and not busy?"
        case .handshakeTooLong(let bytes):
            "the other side sent more than \(bytes) bytes for a TLS handshake; is it a Conclave program?"
        case .tls(let failure): failure.description
        case .framing(let error): "the other side broke the protocol: \(error)"
        case .tooSlow(let bytes): "the other side does not read: \(bytes) bytes wait for it"
        case .overloaded: "too many handshakes at once; try again in a moment"
        }
    }

    /// Whether connecting again can help without anybody doing anything.
    package var canRetry: Bool {
        switch self {
        case .local, .framing, .handshakeTooLong: false
        case .tls(let failure): failure.canRetry
        case .peer, .truncated, .socket, .handshakeTimeout, .handshakeBrokenOff, .tooSlow, .overloaded: true
        }
    }

    /// Whether the connection broke off, rather than ended by somebody's will.
    package var isLoss: Bool {
        switch self {
        case .local, .peer, .framing: false
        default: true
        }
    }

    /// Whether the peer can still take our last words and a close_notify.
    var leavesPeerReading: Bool {
        switch self {
        case .local, .peer, .framing, .overloaded: true
        case .truncated, .socket, .handshakeTimeout, .handshakeBrokenOff, .handshakeTooLong, .tls, .tooSlow: false
        }
    }
}
