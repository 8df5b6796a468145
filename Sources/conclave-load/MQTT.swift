/// What the generator says and hears of MQTT 3.1.1 (OASIS standard, 2014): clients that publish with QoS 1, and others that subscribe.
enum MQTT {
    private enum Packet: UInt8 {
        case connect = 1
        case connectAcknowledgement
        case publish
        case publishAcknowledgement
        case subscribe = 8
        case subscribeAcknowledgement
    }

    /// QoS 1, as it stands in the flags of PUBLISH (§3.3.1.2).
    private static let atLeastOnce: UInt8 = 0b0010
    /// What a packet's length may be: larger ones are none that this generator asked for.
    private static let longest = 1 << 17

    static func topic(of room: UInt32) -> String { "r/\(room)" }

    /// Identifiers are 1 to 65,535 (§2.3.1), round and round.
    static func identifier(ofMessage number: UInt64) -> UInt16 { UInt16(number % 65_535) + 1 }

    // MARK: Said

    /// CONNECT (§3.1) for a session that the server keeps when the connection ends, without a keep-alive.
    static func connect(as name: String) -> [UInt8] {
        packet(.connect, string("MQTT") + [4, 0, 0, 0] + string(name))
    }

    /// SUBSCRIBE (§3.8) to one topic, with QoS 1.
    static func subscribe(to topic: String) -> [UInt8] {
        packet(.subscribe, flags: 0b0010, [0, 1] + string(topic) + [1])
    }

    /// PUBLISH (§3.3) with QoS 1.
    /// - Returns: the packet, and where its identifier stands, a big-endian number of 2 bytes.
    static func publish(to topic: String, _ payload: [UInt8]) -> (bytes: [UInt8], identifier: Int) {
        let name = string(topic)
        let bytes = packet(.publish, flags: atLeastOnce, name + [0, 1] + payload)
        return (bytes, bytes.count - payload.count - 2)
    }

    private static func acknowledgement(of identifier: (UInt8, UInt8)) -> [UInt8] {
        packet(.publishAcknowledgement, [identifier.0, identifier.1])
    }

    private static func packet(_ type: Packet, flags: UInt8 = 0, _ body: [UInt8]) -> [UInt8] {
        var bytes = [type.rawValue << 4 | flags]
        // The length in groups of 7 bits, the lowest first (§2.2.3).
        var rest = body.count
        repeat {
            bytes.append(UInt8(rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
            rest >>= 7
        } while rest > 0
        return bytes + body
    }

    private static func string(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8)
        return [UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    // MARK: Heard

    /// Reads the packet that starts at `offset`.
    /// - Returns: what it means and where the next one starts; `nil` if it is not all there yet.
    static func next(in bytes: UnsafeRawBufferPointer, at offset: Int) throws -> (event: Event, end: Int)? {
        var start = offset + 1
        var length = 0
        for shift in [0, 7, 14, 21] {
            guard start < bytes.count else { return nil }
            let group = bytes[start]
            start += 1
            length |= Int(group & 0x7f) << shift
            guard group & 0x80 != 0 else { break }
            guard shift < 21 else { throw malformed("a packet of unknown length") }
        }
        guard length <= longest else { throw malformed("a packet of \(length) bytes") }
        guard start + length <= bytes.count else { return nil }
        return (try event(bytes[offset], in: bytes, start..<(start + length)), start + length)
    }

    private static func event(_ first: UInt8, in bytes: UnsafeRawBufferPointer, _ body: Range<Int>) throws -> Event {
        let start = body.lowerBound
        switch Packet(rawValue: first >> 4) {
        case .connectAcknowledgement:
            guard body.count == 2 else { throw malformed("a malformed CONNACK") }
            return bytes[start + 1] == 0 ? .greeting : .refusal("the server refused with code \(bytes[start + 1])")
        case .subscribeAcknowledgement:
            guard body.count == 3 else { throw malformed("a malformed SUBACK") }
            return bytes[start + 2] == 1 ? .joined : .refusal("the server refused QoS 1")
        case .publishAcknowledgement:
            guard body.count == 2 else { throw malformed("a malformed PUBACK") }
            return .accepted(UInt32(bytes[start]) << 8 | UInt32(bytes[start + 1]), place: nil)
        case .publish:
            guard body.count >= 2 else { throw malformed("a malformed PUBLISH") }
            let identifier = start + 2 + (Int(bytes[start]) << 8 | Int(bytes[start + 1]))
            guard first & 0b0110 == atLeastOnce, identifier + 2 <= body.upperBound else {
                throw malformed("a malformed PUBLISH, or one without QoS 1")
            }
            let answer = acknowledgement(of: (bytes[identifier], bytes[identifier + 1]))
            return .delivery(identifier + 2..<body.upperBound, answer: answer)
        default: return .other
        }
    }

    private static func malformed(_ what: String) -> LoadError {
        .connection("the server sent \(what): is it a server of MQTT?")
    }
}
