package import Chat
package import NIOCore
package import TLSSyntax

/// What a client may say. Each is a request that the server answers with a frame that repeats its id.
package enum ClientFrame: Hashable, Sendable {
    /// Enter a room, which comes into being with its first member. Answer: `joined`.
    case join(RequestID, RoomID)
    /// Leave a room. Answer: `left`.
    case leave(RequestID, RoomID)
    /// Send to everyone else in a room that one is in. Answer: `accepted`.
    case send(RequestID, RoomID, payload: ByteBuffer)
    /// Send to all devices of a user and to one's own other ones. Answer: `accepted`.
    case sendDirect(RequestID, UserName, payload: ByteBuffer)
    /// Who is in a room that one is in, in order, after an identity. Answer: `members`.
    case listMembers(RequestID, RoomID, after: PeerIdentity?)
    /// Who is online, in order, after an identity. Answer: `online`.
    case listOnline(RequestID, after: PeerIdentity?)
    /// Are you there? Answer: `pong`.
    case ping(RequestID)
}

extension ClientFrame {
    /// The types, as they stand on the wire: 1 to 63.
    enum FrameType: UInt8 {
        case join = 1
        case leave = 2
        case send = 3
        case sendDirect = 4
        case listMembers = 5
        case listOnline = 6
        case ping = 7
    }

    /// - Throws: ``FrameError/unknownType(_:)``, ``FrameError/malformed(type:_:)``.
    package init(_ frame: Frame) throws(FrameError) {
        guard let type = FrameType(rawValue: frame.type) else { throw .unknownType(frame.type) }
        let body = frame.body
        self = try frame.parse { (reader) throws(SyntaxError) -> ClientFrame in
            let request = RequestID(try reader.uint32())
            switch type {
            case .join: return .join(request, try reader.roomID())
            case .leave: return .leave(request, try reader.roomID())
            case .send: return .send(request, try reader.roomID(), payload: try reader.payload(in: body))
            case .sendDirect: return .sendDirect(request, try reader.userName(), payload: try reader.payload(in: body))
            case .listMembers: return .listMembers(request, try reader.roomID(), after: try reader.optionalIdentity())
            case .listOnline: return .listOnline(request, after: try reader.optionalIdentity())
            case .ping: return .ping(request)
            }
        }
    }

    /// Appends the whole frame to `buffer`.
    /// - Throws: ``SyntaxError/lengthOutOfRange(offset:length:allowed:)`` for a payload over ``Frame/maximumPayload``.
    package func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        switch self {
        case .join(let request, let room):
            try write(.join, request, to: &buffer) { $0.write(room) }
        case .leave(let request, let room):
            try write(.leave, request, to: &buffer) { $0.write(room) }
        case .send(let request, let room, let payload):
            try write(.send, request, to: &buffer) { (buffer) throws(SyntaxError) in
                buffer.write(room)
                try buffer.write(payload: payload)
            }
        case .sendDirect(let request, let user, let payload):
            try write(.sendDirect, request, to: &buffer) { (buffer) throws(SyntaxError) in
                try buffer.write(user)
                try buffer.write(payload: payload)
            }
        case .listMembers(let request, let room, let after):
            try write(.listMembers, request, to: &buffer) { (buffer) throws(SyntaxError) in
                buffer.write(room)
                try buffer.write(optional: after)
            }
        case .listOnline(let request, let after):
            try write(.listOnline, request, to: &buffer) { (buffer) throws(SyntaxError) in
                try buffer.write(optional: after)
            }
        case .ping(let request):
            try write(.ping, request, to: &buffer) { _ in }
        }
    }

    private func write(
        _ type: FrameType, _ request: RequestID, to buffer: inout ByteBuffer,
        _ body: (inout ByteBuffer) throws(SyntaxError) -> Void
    ) throws(SyntaxError) {
        try Frame.write(type: type.rawValue, to: &buffer) { (buffer) throws(SyntaxError) in
            buffer.write(request.number)
            try body(&buffer)
        }
    }
}
