import TLSWire

/// Puts handshake messages together that span records, and takes records apart that hold several (RFC 8446 §5.1).
///
/// What it keeps is bounded: a message that is longer than ``longestKept`` (no chain of certificates is) passes without being kept.
struct HandshakeAssembler {
    private var bytes: [UInt8] = []
    /// Bytes of a message that is too long to be kept, which are still to come.
    private var skipping = 0
    private var skipped: HandshakeType?

    /// A hello is at most so long: its fields cannot hold more (RFC 8446 §4.1.2).
    static let longestHello = 2 + 32 + 33 + 2 + 65_534 + 256 + 2 + 65_535
    /// Any other is kept up to here; by its header it could have 16 MiB.
    static let longestKept = 1 << 20

    struct Message {
        var type: HandshakeType
        var body: [UInt8]
        /// Whether ``body`` is the message's: it is empty if the message is too long.
        var isKept = true
    }

    /// Bytes that are kept.
    var heldBytes: Int { bytes.count }

    /// A message has begun and is not whole.
    var isInMessage: Bool { !bytes.isEmpty || skipping > 0 }

    /// - Returns: the messages that are whole now; `nil` for a hello that announces to be longer than a hello can be.
    mutating func append(_ payload: [UInt8]) -> [Message]? {
        var messages: [Message] = []
        var rest = payload[...]
        if skipping > 0 {
            let count = min(skipping, rest.count)
            skipping -= count
            rest = rest.dropFirst(count)
            if skipping == 0, let type = skipped { messages.append(Message(type: type, body: [], isKept: false)) }
        }
        bytes.append(contentsOf: rest)
        var start = 0
        while bytes.count - start >= 4 {
            let type = HandshakeType(rawValue: bytes[start])
            let length = Int(bytes[start + 1]) << 16 | Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            guard length <= (Self.isHello(type) ? Self.longestHello : (1 << 24)) else {
                bytes = []
                return nil
            }
            let available = bytes.count - start - 4
            if length > Self.longestKept, available < length {
                skipped = type
                skipping = length - available
                start = bytes.count
                break
            }
            guard available >= length else { break }
            messages.append(Message(type: type, body: Array(bytes[(start + 4)..<(start + 4 + length)])))
            start += 4 + length
        }
        bytes.removeFirst(start)
        return messages
    }

    private static func isHello(_ type: HandshakeType) -> Bool { type == .clientHello || type == .serverHello }

    /// Whether `payload`, the first of a stream that is seen, looks like messages in the clear: they follow one another to its end, and
    /// only the last may go on behind it.
    static func isPlausible(_ payload: [UInt8]) -> Bool {
        var start = 0
        while start + 4 <= payload.count {
            let length = Int(payload[start + 1]) << 16 | Int(payload[start + 2]) << 8 | Int(payload[start + 3])
            switch payload[start] {
            case 0, 14: guard length == 0 else { return false }
            case 1, 2: guard (38...longestHello).contains(length) else { return false }
            case 11: guard length >= 3, isCertificateList(payload, at: start + 4, length) else { return false }
            case 4, 12, 13, 15, 16, 21, 22, 23: guard (1...(1 << 17)).contains(length) else { return false }
            default: return false
            }
            let end = start + 4 + length
            // What goes on in the next record fills this one.
            if end > payload.count { return payload.count - start >= 512 || [1, 2, 11].contains(payload[start]) }
            if payload[start] == 0, payload.count != 4 { return false }
            start = end
        }
        return start == payload.count
    }

    /// A Certificate message repeats its length: the list is all it has.
    private static func isCertificateList(_ payload: [UInt8], at start: Int, _ length: Int) -> Bool {
        guard start + 3 <= payload.count else { return true }
        return Int(payload[start]) << 16 | Int(payload[start + 1]) << 8 | Int(payload[start + 2]) == length - 3
    }
}
