import Crypto

/// The secrets of TLS sessions as programs write them for `SSLKEYLOGFILE` (RFC 9850): a label, the client's random, the secret.
///
/// Shared by all connections: a capture may bring secrets along the way.
public final class KeyLog {
    /// What a secret is for.
    enum Label: String, Hashable, Sendable, CaseIterable {
        /// Of TLS 1.2 and before: the master secret.
        case master = "CLIENT_RANDOM"
        case clientEarly = "CLIENT_EARLY_TRAFFIC_SECRET"
        case clientHandshake = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
        case serverHandshake = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
        case clientTraffic = "CLIENT_TRAFFIC_SECRET_0"
        case serverTraffic = "SERVER_TRAFFIC_SECRET_0"
    }

    private struct Name: Hashable {
        var label: Label
        var random: [UInt8]
    }

    private var secrets: [Name: SymmetricKey] = [:]
    /// Lines that hold no secret that is used here: other labels, and what is no line of a key log.
    public private(set) var unusedLines = 0

    /// Secrets that are kept.
    private static let mostSecrets = 1 << 20

    public init() {}

    /// Adds the lines of a key log. Comments and empty lines are nothing; a secret that came before stays.
    public func add(_ text: some Sequence<UInt8>) {
        for line in Array(text).split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            guard line.first != UInt8(ascii: "#") else { continue }
            let fields = line.split(separator: UInt8(ascii: " "))
            guard fields.count == 3, let label = Label(rawValue: String(decoding: fields[0], as: UTF8.self)),
                let random = Self.bytes(fields[1], 32...32), let secret = Self.bytes(fields[2], 32...64),
                secrets.count < Self.mostSecrets
            else {
                unusedLines += 1
                continue
            }
            let name = Name(label: label, random: random)
            if secrets[name] == nil { secrets[name] = SymmetricKey(data: secret) }
        }
    }

    public var isEmpty: Bool { secrets.isEmpty }

    /// How many secrets there are.
    public var count: Int { secrets.count }

    func secret(_ label: Label, of clientRandom: [UInt8]) -> SymmetricKey? {
        secrets[Name(label: label, random: clientRandom)]
    }

    /// Hexadecimal digits, for so many bytes.
    private static func bytes(_ digits: ArraySlice<UInt8>, _ allowed: ClosedRange<Int>) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2), allowed.contains(digits.count / 2) else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = digit - UInt8(ascii: "A") + 10
            default: return nil
            }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }
}
