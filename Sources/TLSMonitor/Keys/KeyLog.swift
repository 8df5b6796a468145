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

        init?(_ text: ArraySlice<UInt8>) {
            guard let label = Label.allCases.first(where: { text.elementsEqual($0.rawValue.utf8) }) else { return nil }
            self = label
        }

        /// Bytes that such a secret has.
        var lengths: ClosedRange<Int> { self == .master ? 48...48 : 32...48 }
    }

    private struct Name: Hashable {
        var label: Label
        var random: [UInt8]
    }

    private var secrets: [Name: SymmetricKey] = [:]
    /// Lines that hold no secret that is used here: other labels, and what is no line of a key log.
    public private(set) var unusedLines = 0
    private let limit: Int

    /// Secrets that are kept.
    public static let mostSecrets = 1 << 20
    /// Of a line; the longest that is used has 177 bytes.
    private static let longestLine = 512

    public convenience init() { self.init(limit: Self.mostSecrets) }

    init(limit: Int) { self.limit = limit }

    /// Adds the lines of a key log. Comments and empty lines are nothing; a secret that came before stays. The last line needs no end.
    public func add(_ text: some Sequence<UInt8>) {
        var line: [UInt8] = []
        var isTooLong = false
        line.reserveCapacity(Self.longestLine)
        for byte in text {
            guard byte != 10, byte != 13 else {
                take(line, isTooLong: isTooLong)
                line.removeAll(keepingCapacity: true)
                isTooLong = false
                continue
            }
            if line.count < Self.longestLine { line.append(byte) } else { isTooLong = true }
        }
        take(line, isTooLong: isTooLong)
    }

    private func take(_ line: [UInt8], isTooLong: Bool) {
        let fields = line.split(maxSplits: 3) { $0 == UInt8(ascii: " ") || $0 == 9 }
        guard let first = fields.first, first.first != UInt8(ascii: "#") else { return }
        guard !isTooLong, fields.count == 3, let label = Label(first), let random = Self.bytes(fields[1], 32...32),
            let secret = Self.bytes(fields[2], label.lengths)
        else {
            unusedLines += 1
            return
        }
        let name = Name(label: label, random: random)
        guard secrets[name] == nil else { return }
        guard secrets.count < limit else {
            unusedLines += 1
            return
        }
        secrets[name] = SymmetricKey(data: secret)
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
        bytes.reserveCapacity(digits.count / 2)
        var high: UInt8?
        for digit in digits {
            guard let value = value(digit) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
