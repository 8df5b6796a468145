package import Chat
package import NIOCore
package import TLSSyntax

/// What a server may say: answers, which repeat a request's id, and pushes.
package enum ServerFrame: Hashable, Sendable {
    case greeting(Greeting)
    /// One is told of what is new in the room after `status.head`.
    case entered(RequestID, RoomStatus)
    /// The message has its place in its room's log.
    case accepted(RequestID, sequence: UInt64, time: Timestamp)
    case described(RequestID, RoomStatus)
    /// Key packages (MLSMessage), each of another device.
    case packages(RequestID, [OfferedPackage])
    /// How many key packages are left, and whether there is one of last resort.
    case stocked(RequestID, count: UInt32, hasLastResort: Bool)
    /// A piece of a blob of `total` bytes.
    case part(RequestID, total: UInt32, bytes: ByteBuffer)
    case online(RequestID, IdentityPage)
    case pong(RequestID)
    /// The request was refused; with ``RequestID/none``, a frame that could not be read as one.
    case failed(RequestID, Failure)
    /// The entries that were asked for have come, as many as fit; the log's latest is `head`.
    case readEnd(RequestID, RoomID, head: UInt64)
    case done(RequestID)

    case entry(LogEntry)
    case welcome(WelcomeNotice)
    /// So few key packages are left.
    case stockLow(UInt32)
    /// A device of one's own user has shown itself for the first time.
    case newDevice(PeerIdentity)
    /// The last frame: why the server ends the connection.
    case closing(Failure)
}

/// A device, and a key package by which it can be added.
///
///     struct { Identity device; opaque package<1..2^14>; } OfferedPackage;
package struct OfferedPackage: Hashable, Sendable {
    package var device: PeerIdentity
    package var package: ByteBuffer

    package init(_ device: PeerIdentity, _ package: ByteBuffer) {
        self.device = device
        self.package = package
    }
}

extension ServerFrame {
    /// The types, as they stand on the wire: 64 and up.
    package enum FrameType: UInt8, CaseIterable, Sendable {
        case greeting = 64
        case entered = 65
        case accepted = 66
        case described = 67
        case packages = 68
        case stocked = 69
        case part = 70
        case online = 71
        case pong = 72
        case failed = 73
        case readEnd = 74
        case done = 75
        case entry = 80
        case welcome = 81
        case stockLow = 82
        case newDevice = 83
        case closing = 95
    }

    /// - Throws: ``FrameError/unknownType(_:)``, ``FrameError/malformed(type:_:)``.
    package init(_ frame: Frame) throws(FrameError) {
        guard let type = FrameType(rawValue: frame.type) else { throw .unknownType(frame.type) }
        let body = frame.body
        self = try frame.parse { (reader) throws(SyntaxError) -> ServerFrame in
            try Self.read(type, from: &reader, in: body)
        }
    }

    private static func read(
        _ type: FrameType, from reader: inout SyntaxReader, in body: ByteBuffer
    ) throws(SyntaxError) -> ServerFrame {
        switch type {
        case .greeting: return .greeting(try Greeting(from: &reader))
        case .entered: return .entered(try reader.requestID(), try RoomStatus(from: &reader))
        case .accepted:
            let request = try reader.requestID()
            let sequence = try reader.uint64()
            return .accepted(request, sequence: sequence, time: Timestamp(milliseconds: try reader.uint64()))
        case .described: return .described(try reader.requestID(), try RoomStatus(from: &reader))
        case .packages:
            let request = try reader.requestID()
            let offers = try reader.vector(lengthBytes: 3, 0...0xFF_FFFF) { (inner) throws(SyntaxError) in
                let device = try inner.identity()
                return OfferedPackage(device, try inner.bytes(in: body, 1...ClientFrame.maximumPackage))
            }
            return .packages(request, offers)
        case .stocked:
            let (request, count) = (try reader.requestID(), try reader.uint32())
            return .stocked(request, count: count, hasLastResort: try reader.boolean())
        case .part:
            let (request, total) = (try reader.requestID(), try reader.uint32())
            return .part(request, total: total, bytes: try reader.bytes(in: body))
        case .online: return .online(try reader.requestID(), try IdentityPage(from: &reader))
        case .pong: return .pong(try reader.requestID())
        case .failed: return .failed(try reader.requestID(), try Failure(from: &reader))
        case .readEnd:
            let request = try reader.requestID()
            return .readEnd(request, try reader.roomID(), head: try reader.uint64())
        case .done: return .done(try reader.requestID())
        case .entry: return .entry(try LogEntry(from: &reader, in: body))
        case .welcome: return .welcome(try WelcomeNotice(from: &reader))
        case .stockLow: return .stockLow(try reader.uint32())
        case .newDevice: return .newDevice(try reader.identity())
        case .closing: return .closing(try Failure(from: &reader))
        }
    }

    /// Appends the whole frame to `buffer`.
    /// - Throws: ``SyntaxError/lengthOutOfRange(offset:length:allowed:)`` if a part is longer than its definition allows.
    package func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        try Frame.write(type: type.rawValue, to: &buffer) { (buffer) throws(SyntaxError) in
            try writeBody(to: &buffer)
        }
    }

    package var type: FrameType {
        switch self {
        case .greeting: .greeting
        case .entered: .entered
        case .accepted: .accepted
        case .described: .described
        case .packages: .packages
        case .stocked: .stocked
        case .part: .part
        case .online: .online
        case .pong: .pong
        case .failed: .failed
        case .readEnd: .readEnd
        case .done: .done
        case .entry: .entry
        case .welcome: .welcome
        case .stockLow: .stockLow
        case .newDevice: .newDevice
        case .closing: .closing
        }
    }

    private func writeBody(to buffer: inout ByteBuffer) throws(SyntaxError) {
        switch self {
        case .greeting(let greeting): try greeting.write(to: &buffer)
        case .entered(let request, let status), .described(let request, let status):
            buffer.write(request.number)
            try status.write(to: &buffer)
        case .accepted(let request, let sequence, let time):
            buffer.write(request.number)
            buffer.write(sequence)
            buffer.write(time.milliseconds)
        case .packages(let request, let offers):
            buffer.write(request.number)
            try buffer.writeNested(lengthBytes: 3, 0...0xFF_FFFF) { (buffer) throws(SyntaxError) in
                for offer in offers {
                    try buffer.write(offer.device)
                    try buffer.write(bytes: offer.package, 1...ClientFrame.maximumPackage)
                }
            }
        case .stocked(let request, let count, let hasLastResort):
            buffer.write(request.number)
            buffer.write(count)
            buffer.write(hasLastResort ? 1 : 0 as UInt8)
        case .part(let request, let total, let bytes):
            buffer.write(request.number)
            buffer.write(total)
            try buffer.write(bytes: bytes)
        case .online(let request, let page):
            buffer.write(request.number)
            try page.write(to: &buffer)
        case .pong(let request), .done(let request): buffer.write(request.number)
        case .failed(let request, let failure):
            buffer.write(request.number)
            try failure.write(to: &buffer)
        case .readEnd(let request, let room, let head):
            buffer.write(request.number)
            buffer.write(room)
            buffer.write(head)
        case .entry(let entry): try entry.write(to: &buffer)
        case .welcome(let notice): try notice.write(to: &buffer)
        case .stockLow(let count): buffer.write(count)
        case .newDevice(let device): try buffer.write(device)
        case .closing(let failure): try failure.write(to: &buffer)
        }
    }
}

extension SyntaxReader {
    mutating func requestID() throws(SyntaxError) -> RequestID {
        RequestID(try uint32())
    }
}
