import TLSWire

/// Puts handshake messages together that span records, and takes records apart that hold several (RFC 8446 §5.1).
struct HandshakeAssembler {
    private var bytes: [UInt8] = []

    /// Bytes that one message in the clear may have.
    private static let longestMessage = 1 << 17

    struct Message {
        var type: HandshakeType
        var body: [UInt8]
    }

    /// A message has begun and is not whole.
    var isInMessage: Bool { !bytes.isEmpty }

    /// - Returns: the messages that are whole now; `nil` if one announces to be too long.
    mutating func append(_ payload: [UInt8]) -> [Message]? {
        bytes.append(contentsOf: payload)
        var messages: [Message] = []
        var start = 0
        while bytes.count - start >= 4 {
            let length = Int(bytes[start + 1]) << 16 | Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
            guard length <= Self.longestMessage else {
                bytes = []
                return nil
            }
            guard bytes.count - start >= 4 + length else { break }
            messages.append(
                Message(
                    type: HandshakeType(rawValue: bytes[start]), body: Array(bytes[(start + 4)..<(start + 4 + length)]))
            )
            start += 4 + length
        }
        bytes.removeFirst(start)
        return messages
    }
}
