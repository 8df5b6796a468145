/// What is known of why a session failed.
struct TLSEvidence: Sendable {
    /// Our own check of the peer's certificate, if it failed.
    var verification: VerificationFailure?
    /// The peer did not name our application protocol.
    var lacksProtocol = false
    /// The first alert that the peer sent (RFC 8446 §6), close_notify apart.
    var receivedAlert: UInt8?
    /// The first alert that we sent, close_notify apart.
    var sentAlert: UInt8?
    /// What libssl says.
    var reason: TLSLibraryError?
}
