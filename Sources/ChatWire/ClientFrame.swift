package import Chat
package import NIOCore
package import TLSSyntax

/// What a client may say. Each is a request that the server answers with a frame that repeats its id.
package enum ClientFrame: Hashable, Sendable {
    /// Be told of what is new in a room whose messages one gets. Answer: `entered`.
    case enter(RequestID, RoomID)
    /// Entries after a number. Answer: `entry` frames, then `readEnd`.
    case read(RequestID, RoomID, after: UInt64)
    /// Found a room, with oneself alone. `groupInfo` (an MLS GroupInfo) is empty unless the room is open. Answer: `accepted`.
    case create(RequestID, RoomID, RoomPolicy, groupInfo: ByteBuffer)
    /// An MLS PrivateMessage with a message or a proposal, for the log. Answer: `accepted`.
    case send(RequestID, RoomID, token: UInt64, payload: ByteBuffer)
    /// A commit. Answer: `accepted`, or the failure `epochTaken` when another was first.
    case submit(RequestID, Submission)
    /// Key packages for others to add one by. With `lastResort` (empty: none) the stock begins anew: all that were published before are
    /// dropped. Answer: `stocked`.
    case publish(RequestID, packages: [ByteBuffer], lastResort: ByteBuffer)
    /// One key package of each device of a user, or of one device. Answer: `packages`.
    case claim(RequestID, UserName, DeviceName?)
    /// A part of a blob from an offset. Answer: `part`.
    case fetch(RequestID, RoomID, Digest, offset: UInt32)
    /// Where a room is, that is open or that one is a member of. Answer: `described`.
    case describe(RequestID, RoomID)
    /// Who is online, in order, after an identity. Answer: `online`.
    case listOnline(RequestID, after: PeerIdentity?)
    /// Are you there? Answer: `pong`.
    case ping(RequestID)
    /// Get no more of a room's messages. The payload is an MLS PrivateMessage that proposes one's own removal, or empty. Answer: `accepted`.
    case leave(RequestID, RoomID, token: UInt64, payload: ByteBuffer)
    /// Ask the members to add this device anew, by this key package. Answer: `accepted`.
    case readd(RequestID, RoomID, token: UInt64, package: ByteBuffer)
    /// A welcome was stored, or is of no use. Answer: `done`.
    case takeWelcome(RequestID, UInt64)
    /// One cannot accept the commit with this number. Answer: `done`.
    case reject(RequestID, RoomID, sequence: UInt64)
    /// This device has stored all entries up to this one. Answer: `done`, once the server has stored that.
    case mark(RequestID, RoomID, sequence: UInt64)
}

extension ClientFrame {
    /// The types, as they stand on the wire: 1 to 63. 62 and 63 belong to ``FrameAssembler``.
    package enum FrameType: UInt8, CaseIterable, Sendable {
        case enter = 1
        case read = 2
        case create = 3
        case send = 4
        case submit = 5
        case publish = 6
        case claim = 7
        case fetch = 8
        case describe = 9
        case listOnline = 10
        case ping = 11
        case leave = 12
        case readd = 13
        case takeWelcome = 14
        case reject = 15
        case mark = 16

        /// Whether a frame of this type may be longer than ``Frame/lengths`` allows, and then comes in pieces.
        var mayBeLong: Bool {
            switch self {
            case .create, .submit, .publish: true
            default: false
            }
        }
    }

    /// - Throws: ``FrameError/unknownType(_:)``, ``FrameError/malformed(type:_:)``.
    package init(_ frame: Frame) throws(FrameError) {
        guard let type = FrameType(rawValue: frame.type) else { throw .unknownType(frame.type) }
        let body = frame.body
        self = try frame.parse { (reader) throws(SyntaxError) -> ClientFrame in
            try Self.read(type, RequestID(try reader.uint32()), from: &reader, in: body)
        }
    }

    private static func read(
        _ type: FrameType, _ request: RequestID, from reader: inout SyntaxReader, in body: ByteBuffer
    ) throws(SyntaxError) -> ClientFrame {
        switch type {
        case .enter: return .enter(request, try reader.roomID())
        case .read: return .read(request, try reader.roomID(), after: try reader.uint64())
        case .create:
            let (room, policy) = (try reader.roomID(), try RoomPolicy(from: &reader))
            return .create(request, room, policy, groupInfo: try reader.bytes(in: body))
        case .send:
            let (room, token) = (try reader.roomID(), try reader.uint64())
            return .send(request, room, token: token, payload: try reader.bytes(in: body, 1...Frame.maximumPayload))
        case .submit: return .submit(request, try Submission(from: &reader, in: body))
        case .publish:
            let packages = try reader.vector(lengthBytes: 3, packageLengths) { (inner) throws(SyntaxError) in
                try inner.bytes(in: body, 1...maximumPackage)
            }
            return .publish(request, packages: packages, lastResort: try reader.bytes(in: body, 0...maximumPackage))
        case .claim: return .claim(request, try reader.userName(), try reader.optionalDevice())
        case .fetch:
            let (room, hash) = (try reader.roomID(), try Digest(from: &reader))
            return .fetch(request, room, hash, offset: try reader.uint32())
        case .describe: return .describe(request, try reader.roomID())
        case .listOnline: return .listOnline(request, after: try reader.optionalIdentity())
        case .ping: return .ping(request)
        case .leave:
            let (room, token) = (try reader.roomID(), try reader.uint64())
            return .leave(request, room, token: token, payload: try reader.bytes(in: body, 0...Frame.maximumPayload))
        case .readd:
            let (room, token) = (try reader.roomID(), try reader.uint64())
            return .readd(request, room, token: token, package: try reader.bytes(in: body, 1...maximumPackage))
        case .takeWelcome: return .takeWelcome(request, try reader.uint64())
        case .reject: return .reject(request, try reader.roomID(), sequence: try reader.uint64())
        case .mark: return .mark(request, try reader.roomID(), sequence: try reader.uint64())
        }
    }

    /// Bytes of a key package.
    package static let maximumPackage = 16_384
    /// Bytes of all key packages in one frame.
    private static let packageLengths = 0...(4 << 20)

    /// The frame as it goes over the wire: whole, or in pieces if it is long.
    /// - Throws: ``SyntaxError/lengthOutOfRange(offset:length:allowed:)`` for what is too long even so.
    package func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        guard type.mayBeLong else {
            return try Frame.write(type: type.rawValue, to: &buffer) { (buffer) throws(SyntaxError) in
                buffer.write(request.number)
                try writeBody(to: &buffer)
            }
        }
        var body = ByteBuffer()
        body.write(request.number)
        try writeBody(to: &body)
        try FrameAssembler.write(type: type.rawValue, body, to: &buffer)
    }

    private func writeBody(to buffer: inout ByteBuffer) throws(SyntaxError) {
        switch self {
        case .enter(_, let room), .describe(_, let room): buffer.write(room)
        case .read(_, let room, let after):
            buffer.write(room)
            buffer.write(after)
        case .create(_, let room, let policy, let groupInfo):
            buffer.write(room)
            try policy.write(to: &buffer)
            try buffer.write(bytes: groupInfo)
        case .send(_, let room, let token, let payload):
            buffer.write(room)
            buffer.write(token)
            try buffer.write(bytes: payload, 1...Frame.maximumPayload)
        case .submit(_, let submission): try submission.write(to: &buffer)
        case .publish(_, let packages, let lastResort):
            try buffer.writeNested(lengthBytes: 3, Self.packageLengths) { (buffer) throws(SyntaxError) in
                for package in packages { try buffer.write(bytes: package, 1...Self.maximumPackage) }
            }
            try buffer.write(bytes: lastResort, 0...Self.maximumPackage)
        case .claim(_, let user, let device):
            try buffer.write(user)
            try buffer.write(optional: device)
        case .fetch(_, let room, let hash, let offset):
            buffer.write(room)
            hash.write(to: &buffer)
            buffer.write(offset)
        case .listOnline(_, let after): try buffer.write(optional: after)
        case .ping: break
        case .leave(_, let room, let token, let payload):
            buffer.write(room)
            buffer.write(token)
            try buffer.write(bytes: payload, 0...Frame.maximumPayload)
        case .readd(_, let room, let token, let package):
            buffer.write(room)
            buffer.write(token)
            try buffer.write(bytes: package, 1...Self.maximumPackage)
        case .takeWelcome(_, let id): buffer.write(id)
        case .reject(_, let room, let sequence), .mark(_, let room, let sequence):
            buffer.write(room)
            buffer.write(sequence)
        }
    }

    /// What the answer repeats.
    package var request: RequestID {
        switch self {
        case .enter(let id, _), .read(let id, _, _), .create(let id, _, _, _), .send(let id, _, _, _),
            .submit(let id, _),
            .publish(let id, _, _), .claim(let id, _, _), .fetch(let id, _, _, _), .describe(let id, _),
            .listOnline(let id, _), .ping(let id), .leave(let id, _, _, _), .readd(let id, _, _, _),
            .takeWelcome(let id, _), .reject(let id, _, _), .mark(let id, _, _):
            id
        }
    }

    package var type: FrameType {
        switch self {
        case .enter: .enter
        case .read: .read
        case .create: .create
        case .send: .send
        case .submit: .submit
        case .publish: .publish
        case .claim: .claim
        case .fetch: .fetch
        case .describe: .describe
        case .listOnline: .listOnline
        case .ping: .ping
        case .leave: .leave
        case .readd: .readd
        case .takeWelcome: .takeWelcome
        case .reject: .reject
        case .mark: .mark
        }
    }
}
