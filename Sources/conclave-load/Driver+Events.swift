import ChatWire

/// What a server's frame means to the generator.
enum Event {
    case greeting
    case joined
    /// A message; the payload's place in the bytes read, and what is to be answered.
    case delivery(Range<Int>, answer: [UInt8]? = nil)
    /// A message was taken: by which number it was sent, and its place in the room's log where the server tells it.
    case accepted(UInt32, place: UInt64?)
    /// Answers and notices without a meaning here.
    case other
    /// The server refused or ended something.
    case refusal(String)
}

extension Driver {
    /// Reads the frame that starts at `offset`.
    /// - Returns: what it means and where the next one starts; `nil` if it is not all there yet.
    func next(in bytes: UnsafeRawBufferPointer, at offset: Int) throws -> (event: Event, end: Int)? {
        if self == .mosquitto || self == .mosquittoSaving { return try MQTT.next(in: bytes, at: offset) }
        guard bytes.count - offset >= 5 else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length >= 1, length <= 1 << 17 else {
            throw LoadError.connection("the server sent a frame of \(length) bytes: is it a server of this protocol?")
        }
        let end = offset + 4 + length
        guard end <= bytes.count else { return nil }
        let type = bytes[offset + 4]
        if self == .conclave { return (conclaveEvent(type, in: bytes, offset + 5..<end), end) }
        return (try referenceEvent(type, offset + 5..<end), end)
    }

    /// Types and layout: docs/protocol.md, "From the server".
    private func conclaveEvent(_ type: UInt8, in bytes: UnsafeRawBufferPointer, _ body: Range<Int>) -> Event {
        switch type {
        case 80:
            guard let payload = Self.ciphertext(ofEntry: body, in: bytes) else { return .other }
            return .delivery(payload)
        case 64: return .greeting
        case 65: return .joined
        case 66:
            guard body.count >= 12 else { return .refusal("the server sent a malformed acknowledgement") }
            let request = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: body.lowerBound, as: UInt32.self))
            let place = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: body.lowerBound + 4, as: UInt64.self))
            // The founding's own answers are none of a message.
            return request < Self.firstRequest ? .other : .accepted(request, place: place)
        case 73, 95:
            // The words stand behind request, code, whether to try again, and their length.
            let failure = body.dropFirst(type == 73 ? 9 : 5)
            let words = String(decoding: bytes[failure], as: UTF8.self)
            return .refusal(type == 73 ? "the server refused a request: \(words)" : "the server closed: \(words)")
        default: return .other
        }
    }

    /// Where in an entry the ciphertext of its message lies; `nil` for an entry of another kind.
    private static func ciphertext(ofEntry body: Range<Int>, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        // room 16, seq 8, time 8, user, device, token 8
        var place = body.lowerBound + 32
        for _ in 0..<2 where place < body.upperBound { place += 1 + Int(bytes[place]) }
        place += 8
        guard place < body.upperBound, bytes[place] == EntryKind.message.rawValue else { return nil }
        // kind, two empty lists, form, length; then version and form of the message, group, epoch and content type
        place += 1 + 3 + 3 + 1 + 3 + 4 + (1 + 16) + 8 + 1
        // authenticated data and sender data, both empty
        place += 1 + 1
        guard place < body.upperBound else { return nil }
        place += 1 << Int(bytes[place] >> 6)
        return place <= body.upperBound ? place..<body.upperBound : nil
    }

    private func referenceEvent(_ type: UInt8, _ body: Range<Int>) throws -> Event {
        switch type {
        case UInt8(ascii: "D"):
            guard body.count > 4 else { throw LoadError.connection("the server sent a malformed delivery") }
            return .delivery(body.lowerBound + 4..<body.upperBound)
        case UInt8(ascii: "l"): return .greeting
        case UInt8(ascii: "j"): return .joined
        default: return .other
        }
    }
}
