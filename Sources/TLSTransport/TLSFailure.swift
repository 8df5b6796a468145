import COpenSSL

/// Why TLS failed, in one sentence with the remedy.
package struct TLSFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    /// Whether connecting again can help without anybody doing anything.
    package let canRetry: Bool
    /// The fatal alert that we sent (RFC 8446 §6), if any.
    package let sentAlert: UInt8?
    /// The fatal alert that the peer sent, if any.
    package let receivedAlert: UInt8?

    /// What the peer did wrong, as far as that is proven; `nil` where the network, or this side, may be at fault.
    package let offence: TLSOffence?

    init(role: TLSRole, evidence: TLSEvidence) {
        sentAlert = evidence.sentAlert
        receivedAlert = evidence.receivedAlert
        if let verification = evidence.verification {
            description = verification.description
            canRetry = false
            offence = verification.blamesPeer ? .badCertificate : nil
        } else if evidence.lacksProtocol {
            let peer = role == .client ? "the server" : "the client"
            description =
                "\(peer) does not name the protocol \(TLSContext.applicationProtocol) (ALPN); is it a Conclave program?"
            canRetry = false
            offence = .badHandshake
        } else if let code = evidence.receivedAlert {
            let alert = TLSAlert(code: code)
            description = alert.sentence(to: role)
            canRetry = alert.canRetry
            // Somebody who does not trust us does us no harm.
            offence = nil
        } else {
            let reason = TLSLibraryReason(evidence.reason)
            description = reason.sentence(at: role)
            canRetry = reason.canRetry
            offence = reason.offence
        }
    }
}
