/// Why packets cannot be captured or read, and what to do.
public enum CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotOpen(file: String, reason: String)
    case compressed(file: String)
    case notACapture(file: String)
    case malformed(file: String, offset: Int, what: String)
    case badFilter(String, reason: String)
    case noSuchInterface(String)
    case notPermitted(interface: String)
    case failed(String)
    case cannotWrite(file: String, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let file, let reason): "\(file) cannot be read: \(reason)"
        case .compressed(let file): "\(file) is compressed; unpack it first: gunzip -k \(file)"
        case .notACapture(let file): "\(file) is no capture file: neither pcap nor pcapng"
        case .malformed(let file, let offset, let what): "\(file) is damaged at byte \(offset): \(what)"
        case .badFilter(let filter, let reason):
            "the filter \"\(filter)\" is not understood: \(reason); see man pcap-filter"
        case .noSuchInterface(let name): "there is no interface \(name); tlsmon list shows them"
        case .notPermitted(let interface):
            "capturing on \(interface) is not permitted: CAP_NET_RAW is missing; "
                + "use sudo, or once: sudo setcap cap_net_raw+ep \"$(command -v tlsmon)\""
        case .failed(let reason): "capturing failed: \(reason)"
        case .cannotWrite(let file, let reason): "\(file) cannot be written: \(reason)"
        }
    }
}
