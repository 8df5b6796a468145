/// What a TLS record carries (RFC 8446 §5.1, RFC 6520).
public enum TLSContentType: UInt8, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case changeCipherSpec = 20
    case alert = 21
    case handshake = 22
    case applicationData = 23
    case heartbeat = 24

    public var description: String {
        switch self {
        case .changeCipherSpec: "ChangeCipherSpec"
        case .alert: "alert"
        case .handshake: "part of a handshake message"
        case .applicationData: "application data"
        case .heartbeat: "heartbeat"
        }
    }
}
