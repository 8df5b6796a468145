/// Where every byte of TCP payload went. Each is in exactly one class.
public struct ByteLedger: Hashable, Sendable {
    /// Handshake messages in the clear: the hellos, and before TLS 1.3 more.
    public var handshake = 0
    public var changeCipherSpec = 0
    /// Alerts in the clear.
    public var alert = 0
    /// Records under keys.
    public var protected = 0
    /// Bytes that are none of these.
    public var unaccounted = 0

    public init() {}

    public var total: Int { handshake + changeCipherSpec + alert + protected + unaccounted }

    public static func += (left: inout ByteLedger, right: ByteLedger) {
        left.handshake += right.handshake
        left.changeCipherSpec += right.changeCipherSpec
        left.alert += right.alert
        left.protected += right.protected
        left.unaccounted += right.unaccounted
    }

    mutating func add(_ count: Int, to kind: RecordClass) {
        switch kind {
        case .handshake: handshake += count
        case .changeCipherSpec: changeCipherSpec += count
        case .alert: alert += count
        case .protected: protected += count
        case .unaccounted: unaccounted += count
        }
    }
}

/// The class of a record in the ledger.
public enum RecordClass: String, Hashable, Sendable {
    case handshake
    case changeCipherSpec = "ccs"
    case alert
    case protected
    case unaccounted
}
