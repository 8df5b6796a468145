/// What a TLS record carries (RFC 8446 §5.1, RFC 6520).
public enum TLSContentType: UInt8, Hashable, Sendable, CaseIterable {
    case changeCipherSpec = 20
    case alert = 21
    case handshake = 22
    case applicationData = 23
    case heartbeat = 24
}
