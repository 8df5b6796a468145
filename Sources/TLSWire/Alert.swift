/// An alert (RFC 8446 §6).
public struct Alert: Hashable, Sendable, CustomStringConvertible {
    public var level: UInt8
    public var code: UInt8

    public init(level: UInt8, code: UInt8) {
        self.level = level
        self.code = code
    }

    /// A clear alert is two bytes: a level of 1 or 2, and a code. `nil` for anything else.
    public init?(_ payload: [UInt8]) {
        guard payload.count == 2, (1...2).contains(payload[0]) else { return nil }
        self.init(level: payload[0], code: payload[1])
    }

    public var isClosure: Bool { code == 0 || code == 90 }

    public var description: String { Self.names[code] ?? "alert \(code)" }

    /// "TLS Alerts" in IANA's registry.
    private static let names: [UInt8: String] = [
        0: "close_notify", 1: "end_of_early_data", 10: "unexpected_message", 20: "bad_record_mac",
        21: "decryption_failed", 22: "record_overflow", 30: "decompression_failure", 40: "handshake_failure",
        41: "no_certificate", 42: "bad_certificate", 43: "unsupported_certificate", 44: "certificate_revoked",
        45: "certificate_expired", 46: "certificate_unknown", 47: "illegal_parameter", 48: "unknown_ca",
        49: "access_denied", 50: "decode_error", 51: "decrypt_error", 52: "too_many_cids_requested",
        60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
        86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
        110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
        113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
        116: "certificate_required", 117: "general_error", 120: "no_application_protocol", 121: "ech_required",
    ]
}
