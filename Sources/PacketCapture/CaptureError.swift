/// Why packets cannot be captured or read, and what to do.
public enum CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotOpen(file: String, reason: String)
    /// Packed in a format that is not unpacked here; the program that unpacks it.
    case compressed(file: String, with: String)
    case notACapture(file: String)
    case malformed(file: String, offset: Int, what: String)
    case badFilter(String, reason: String)
    case noSuchInterface(String)
    case notPermitted(interface: String)
    /// Of a setting, what was given and what it must be.
    case badSetting(String)
    case failed(String)
    case cannotWrite(file: String, reason: String)

    public var description: String {
        switch self {
        case .cannotOpen(let file, let reason): "\(Self.name(file)) cannot be read: \(reason)"
        case .compressed(let file, let program):
            "\(Self.name(file)) is compressed with \(program); unpack it first: \(program) -dk \(file)"
        case .notACapture(let file): "\(Self.name(file)) is no capture file: neither pcap nor pcapng"
        case .malformed(let file, let offset, let what): "\(Self.name(file)) is damaged at byte \(offset): \(what)"
        case .badFilter(let filter, let reason):
            "the filter \"\(filter)\" is not understood: \(reason); see man pcap-filter"
        case .noSuchInterface(let name): "there is no interface \(name); tlsmon list shows them"
        case .notPermitted(let interface):
            "capturing on \(interface) is not permitted: CAP_NET_RAW is missing; "
                + "use sudo, or once: sudo setcap cap_net_raw+ep \"$(command -v tlsmon)\""
        case .badSetting(let words): words
        case .failed(let reason): "capturing failed: \(reason)"
        case .cannotWrite(let file, let reason): "\(file) cannot be written: \(reason)"
        }
    }

    private static func name(_ file: String) -> String { file == "-" ? "standard input" : file }
}
