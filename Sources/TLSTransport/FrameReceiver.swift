package import ChatWire

/// Who takes what connections bring. All calls come on the connection's event loop.
package protocol FrameReceiver: AnyObject {
    /// The TLS handshake is done. For a client this is not yet acceptance: that is the server's greeting.
    func connected(_ connection: TLSConnection)
    func received(_ frame: Frame, on connection: TLSConnection)
    /// The peer broke the framing, and is not heard any more. Whoever is told ends the connection, at once or when what is under way
    /// was said, by ``TLSConnection/close()`` or ``TLSConnection/close(because:)``.
    func violated(_ error: FrameError, on connection: TLSConnection)
    /// The last call, also for a connection whose handshake failed.
    func closed(_ connection: TLSConnection, because reason: TLSCloseReason)
}
