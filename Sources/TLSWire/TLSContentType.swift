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

    /// The name of any content type, also of those that cannot stand in a record over TCP: `tls12_cid` (RFC 9146) and `ACK`
    /// (RFC 9147) belong to datagrams.
    public static func name(of number: UInt8) -> String {
        switch number {
        case 0: "invalid"
        case 25: "tls12_cid"
        case 26: "ACK"
        case 27: "return_routability_check"
        default: TLSContentType(rawValue: number)?.description ?? "content of type \(number)"
        }
    }
}
