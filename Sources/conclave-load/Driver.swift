import Chat
import ChatWire
import MLSWire
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

    /// What the first member says before anybody joins: a room with all devices. The server cannot read MLS: what it takes for
    /// commits and messages are bytes that have their form and mean nothing.
    /// - Parameter devices: whose the connections are, the first member's device first.
    func found(room: UInt32, devices: [String]) throws -> [UInt8] {
        guard self == .conclave else { return [] }
        let id = Self.id(of: room)
        var bytes = try Self.bytes(of: .create(RequestID(3), id, RoomPolicy(.invite), groupInfo: ByteBuffer()))
        let additions = try devices.enumerated().dropFirst().map { leaf, name in
            guard let device = PeerIdentity(name) else { throw LoadError.setup("\(name) is no name of a device") }
            return Roster.Addition(device, leaf: UInt32(clamping: leaf))
        }
        for (epoch, start) in stride(from: 0, to: additions.count, by: Self.additionsPerCommit).enumerated() {
            let end = min(start + Self.additionsPerCommit, additions.count)
            let commit = Self.privateMessage(room, .commit, epoch: UInt64(epoch), [0])
            let submission = Submission(
                room: id, token: UInt64(epoch) + 1, epoch: UInt64(epoch), commit: commit,
                roster: Roster(added: Array(additions[start..<end])))
            bytes += try Self.bytes(of: .submit(RequestID(4), submission))
        }
        return bytes
    }

    /// So many have a place in the roster of one commit.
    private static let additionsPerCommit = 500
    /// Tokens up to here are those of the founding.
    static let foundingTokens: UInt64 = 1_000

    func join(room: UInt32) throws -> [UInt8] {
        switch self {
        case .conclave: try Self.bytes(of: .enter(RequestID(1), Self.id(of: room)))
        case .reference: Self.referenceFrame("J", number: room)
        }
    }

    /// A message to a room whose last `payload.count` bytes are the payload.
    /// - Parameter devices: how many the room was founded with.
    func message(room: UInt32, devices: Int, payload: [UInt8]) throws -> [UInt8] {
        switch self {
        case .conclave:
            let epoch = UInt64((devices + Self.additionsPerCommit - 2) / Self.additionsPerCommit)
            let message = Self.privateMessage(room, .application, epoch: epoch, payload)
            return try Self.bytes(of: .send(RequestID(2), Self.id(of: room), token: 0, payload: message))
        case .reference: return Self.referenceFrame("M", number: room, payload)
        }
    }

    /// Where in a message its token stands, a big-endian number of 8 bytes, which is to be another in each of a device's messages.
    var tokenPlace: Int? {
        switch self {
        // Behind length, type, request and room.
        case .conclave: 4 + 1 + 4 + 16
        case .reference: nil
        }
    }

    private static func privateMessage(
        _ room: UInt32, _ content: MLSContentType, epoch: UInt64, _ ciphertext: [UInt8]
    ) -> ByteBuffer {
        let message = PrivateMessage(
            groupID: GroupID(bytes: id(of: room).bytes), epoch: epoch, contentType: content, authenticatedData: [],
            encryptedSenderData: [], ciphertext: ciphertext)
        return ByteBuffer(bytes: MLSMessage.privateMessage(message).encoded)
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
        case .conclave: return (conclaveEvent(type, in: bytes, offset + 5..<end), end)
        case .reference: return (try referenceEvent(type, offset + 5..<end), end)
        }
    }

    /// Types and layout: docs/protocol.md, "From the server".
    private func conclaveEvent(_ type: UInt8, in bytes: UnsafeRawBufferPointer, _ body: Range<Int>) -> Event {
        switch type {
        case 80:
            guard let payload = Self.ciphertext(ofEntry: body, in: bytes) else { return .other }
            return .delivery(payload)
        case 64: return .greeting
        case 65: return .joined
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
