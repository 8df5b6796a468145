/// A fatal alert from the peer (RFC 8446 §6.2), told to a person.
struct TLSAlert: Hashable, Sendable {
    var code: UInt8

    /// What the peer's alert means for the side that plays `role`, and what to do.
    func sentence(to role: TLSRole) -> String {
        let peer = role == .client ? "the server" : "the client"
        let renew = role == .client ? "run scripts/certs renew USER" : "run scripts/certs renew server"
        let remake = role == .client ? "make it with scripts/certs client" : "make it with scripts/certs server"
        return switch code {
        case 0: "\(peer) ended the connection; connect again"
        case 10, 21, 47, 50, 60: "\(peer) says that we broke the TLS protocol (\(name)); is it a Conclave program?"
        case 20, 51:
            "\(peer) could not verify what we sent (\(name)): something on the way changes the data, or our key "
                + "does not belong to our certificate"
        case 22, 30: "\(peer) says that a record was too long: something on the way changes the data"
        case 40: "\(peer) found no TLS settings in common; update the older of the two programs"
        case 41: "\(peer) wants a certificate and got none; give one with --as and --certs"
        case 42: "\(peer) refuses our certificate as badly made; \(remake)"
        case 43: "\(peer) refuses our certificate: it is not for this purpose; \(remake)"
        case 44: "\(peer) refuses our certificate: it was revoked; ask whoever runs the authority"
        case 45: "\(peer) refuses our certificate: it has expired, or a clock is wrong; \(renew), or run timedatectl"
        case 46: "\(peer) refuses our certificate (\(name)); ask whoever runs the authority"
        case 48:
            "\(peer) does not know the authority of our certificate; "
                + "use one from its own authority (scripts/certs client, scripts/certs bundle)"
        case 49: "\(peer) denies us access; ask whoever runs it"
        case 70: "\(peer) does not speak TLS 1.3; update it"
        case 71: "\(peer) wants stronger cryptography; update the older of the two programs"
        case 80: "\(peer) had an internal error; see its log"
        case 86, 100, 109, 110, 115: "\(peer) wants other TLS extensions (\(name)); is it a Conclave program?"
        case 90: "\(peer) gave up the handshake; try again"
        case 112: "\(peer) does not answer to that name; check the host name"
        case 111, 113, 114:
            "\(peer) refuses our certificate's status (\(name)); ask whoever runs the authority"
        case 116: "\(peer) wants a certificate and got none; give one with --as and --certs"
        case 120: "\(peer) does not speak \(TLSContext.applicationProtocol); is it a Conclave program of this version?"
        default: "\(peer) ended the connection with the TLS alert \(name); see its log"
        }
    }

    /// Whether trying again can help by itself.
    var canRetry: Bool {
        switch code {
        case 20, 22, 51, 80, 90: true
        default: false
        }
    }

    /// The alert's name in RFC 8446 §6 and, for those that older versions sent, §B.2.
    var name: String {
        Self.names[code] ?? "\(code)"
    }

    static let names: [UInt8: String] = [
        0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed",
        22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate",
        42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
        45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
        49: "access_denied", 50: "decode_error", 51: "decrypt_error", 60: "export_restriction", 70: "protocol_version",
        71: "insufficient_security", 80: "internal_error", 86: "inappropriate_fallback", 90: "user_canceled",
        100: "no_renegotiation", 109: "missing_extension", 110: "unsupported_extension",
        111: "certificate_unobtainable", 112: "unrecognized_name",
        113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
        116: "certificate_required",
        120: "no_application_protocol",
    ]
}
