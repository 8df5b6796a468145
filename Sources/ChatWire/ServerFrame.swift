package import Chat
package import NIOCore
package import TLSSyntax

/// What a server may say: answers, which repeat a request's id, and pushes.
package enum ServerFrame: Hashable, Sendable {
    case greeting(Greeting)
    /// In the room since message number `sequence`.
    case joined(RequestID, RoomID, sequence: UInt64)
    case left(RequestID, RoomID)
    /// The message has its place: `sequence` in its room, 0 for a direct one.
    case accepted(RequestID, sequence: UInt64, time: Timestamp)
    case members(RequestID, IdentityPage)
    case online(RequestID, IdentityPage)
    case pong(RequestID)
    /// The request was refused; with ``RequestID/none``, a frame that could not be read as one.
    case failed(RequestID, Failure)

    case delivery(Delivery)
    case directDelivery(DirectDelivery)
    /// A device entered a room that one is in.
    case memberJoined(RoomID, PeerIdentity)
    /// A device left it; `lost` if its connection ended instead.
    case memberLeft(RoomID, PeerIdentity, lost: Bool)
    /// The last frame: why the server ends the connection.
    case closing(Failure)
}

extension ServerFrame {
    /// The types, as they stand on the wire: 64 and up.
    enum FrameType: UInt8 {
        case greeting = 64
        case joined = 65
        case left = 66
        case accepted = 67
        case members = 68
        case online = 69
        case pong = 70
        case failed = 71
        case delivery = 80
        case directDelivery = 81
        case memberJoined = 82
        case memberLeft = 83
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
        case .joined:
            let request = try reader.requestID()
            return .joined(request, try reader.roomID(), sequence: try reader.uint64())
        case .left: return .left(try reader.requestID(), try reader.roomID())
        case .accepted:
            let request = try reader.requestID()
            let sequence = try reader.uint64()
            return .accepted(request, sequence: sequence, time: Timestamp(milliseconds: try reader.uint64()))
        case .members: return .members(try reader.requestID(), try IdentityPage(from: &reader))
        case .online: return .online(try reader.requestID(), try IdentityPage(from: &reader))
        case .pong: return .pong(try reader.requestID())
        case .failed: return .failed(try reader.requestID(), try Failure(from: &reader))
        case .delivery: return .delivery(try Delivery(from: &reader, in: body))
        case .directDelivery: return .directDelivery(try DirectDelivery(from: &reader, in: body))
        case .memberJoined: return .memberJoined(try reader.roomID(), try reader.identity())
        case .memberLeft:
            let room = try reader.roomID()
            return .memberLeft(room, try reader.identity(), lost: try reader.uint8() == 1)
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

    private var type: FrameType {
        switch self {
        case .greeting: .greeting
        case .joined: .joined
        case .left: .left
        case .accepted: .accepted
        case .members: .members
        case .online: .online
        case .pong: .pong
        case .failed: .failed
        case .delivery: .delivery
        case .directDelivery: .directDelivery
        case .memberJoined: .memberJoined
        case .memberLeft: .memberLeft
        case .closing: .closing
        }
    }

    private func writeBody(to buffer: inout ByteBuffer) throws(SyntaxError) {
        switch self {
        case .greeting(let greeting): try greeting.write(to: &buffer)
        case .joined(let request, let room, let sequence):
            buffer.write(request.number)
            buffer.write(room)
            buffer.write(sequence)
        case .left(let request, let room):
            buffer.write(request.number)
            buffer.write(room)
        case .accepted(let request, let sequence, let time):
            buffer.write(request.number)
            buffer.write(sequence)
            buffer.write(time.milliseconds)
        case .members(let request, let page), .online(let request, let page):
            buffer.write(request.number)
            try page.write(to: &buffer)
        case .pong(let request): buffer.write(request.number)
        case .failed(let request, let failure):
            buffer.write(request.number)
            try failure.write(to: &buffer)
        case .delivery(let delivery): try delivery.write(to: &buffer)
        case .directDelivery(let delivery): try delivery.write(to: &buffer)
        case .memberJoined(let room, let identity):
            buffer.write(room)
            try buffer.write(identity)
        case .memberLeft(let room, let identity, let lost):
            buffer.write(room)
            try buffer.write(identity)
            buffer.write(lost ? 1 : 0 as UInt8)
        case .closing(let failure): try failure.write(to: &buffer)
        }
    }
}

extension SyntaxReader {
    mutating func requestID() throws(SyntaxError) -> RequestID {
        RequestID(try uint32())
    }
}
