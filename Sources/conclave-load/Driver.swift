import Chat
import ChatWire
import NIOCore

/// The protocol of a server under load: what is written to it, and how what it writes is read.
///
/// Requests are encoded once; a message is a template in which only the stamp is replaced. What arrives is read in place.
enum Driver: String, Sendable {
    /// conclave-server: docs/protocol.md.
    case conclave
    /// A server with nothing but the fan-out, which marks what libssl and the kernel cost:
    /// `uint32 length; uint8 type; body`, L → l, J room → j, M room payload → D room payload to all others.
    case reference

    /// What the client offers by ALPN.
    var applicationProtocol: String? {
        switch self {
        case .conclave: "conclave/1"
        case .reference: nil
        }
    }

    /// What a client says first; the greeting that follows makes it connected.
    var login: [UInt8] {
        switch self {
        case .conclave: []
        case .reference: Self.referenceFrame("L", number: 0)
        }
    }

    func join(room: UInt32) throws -> [UInt8] {
        switch self {
        case .conclave: try Self.bytes(of: .join(RequestID(1), Self.id(of: room)))
        case .reference: Self.referenceFrame("J", number: room)
        }
    }

    /// A message to a room whose last `payload.count` bytes are the payload.
    func message(room: UInt32, payload: [UInt8]) throws -> [UInt8] {
        switch self {
        case .conclave: try Self.bytes(of: .send(RequestID(2), Self.id(of: room), payload: ByteBuffer(bytes: payload)))
        case .reference: Self.referenceFrame("M", number: room, payload)
        }
    }

    private static func id(of room: UInt32) -> RoomID {
        RoomID(high: 0x6c6f_6164, low: UInt64(room))
    }

    private static func bytes(of frame: ClientFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    private static func referenceFrame(_ type: Unicode.Scalar, number: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        bigEndian(UInt32(5 + payload.count)) + [UInt8(ascii: type)] + bigEndian(number) + payload
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}

/// What a server's frame means to the generator.
enum Event {
    case greeting
    case joined
    /// A message; the payload's place in the bytes read.
    case delivery(Range<Int>)
    /// Answers and notices without a meaning here.
    case other
    /// The server refused or ended something.
    case refusal(String)
}

extension Driver {
    /// Reads the frame that starts at `offset`.
    /// - Returns: what it means and where the next one starts; `nil` if it is not all there yet.
    func next(in bytes: UnsafeRawBufferPointer, at offset: Int) throws -> (event: Event, end: Int)? {
        guard bytes.count - offset >= 5 else { return nil }
        let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length >= 1, length <= 1 << 17 else {
            throw LoadError.connection("the server sent a frame of \(length) bytes: is it a server of this protocol?")
        }
        let end = offset + 4 + length
        guard end <= bytes.count else { return nil }
        let type = bytes[offset + 4]
        switch self {
        case .conclave: return (try conclaveEvent(type, in: bytes, offset + 5..<end), end)
        case .reference: return (try referenceEvent(type, offset + 5..<end), end)
        }
    }

    /// Types and layout: docs/protocol.md, "From the server".
    private func conclaveEvent(_ type: UInt8, in bytes: UnsafeRawBufferPointer, _ body: Range<Int>) throws -> Event {
        switch type {
        case 80:
            // room 16, seq 8, time 8, user, device, payload behind three bytes of length
            var place = body.lowerBound + 32
            for _ in 0..<2 where place < body.upperBound { place += 1 + Int(bytes[place]) }
            place += 3
            guard place < body.upperBound else { throw LoadError.connection("the server sent a malformed delivery") }
            return .delivery(place..<body.upperBound)
        case 64: return .greeting
        case 65: return .joined
        case 71, 95:
            let failure = body.dropFirst(type == 71 ? 8 : 4)
            let words = String(decoding: bytes[failure], as: UTF8.self)
            return .refusal(type == 71 ? "the server refused a request: \(words)" : "the server closed: \(words)")
        default: return .other
        }
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
