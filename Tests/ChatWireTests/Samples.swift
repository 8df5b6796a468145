import Chat
import ChatWire
import NIOCore
import TLSSyntax
import Testing

/// A frame of every type, small and at its limits.
enum Samples {
    static let room = RoomID(high: 0x0102_0304_0506_0708, low: 0x1112_1314_1516_1718)
    static let longest = String(repeating: "z", count: 32)

    static func identity(_ text: String) throws -> PeerIdentity { try #require(PeerIdentity(text)) }

    static func user(_ text: String) throws -> UserName { try #require(UserName(text)) }

    static func payload(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ 7) })
    }

    static func clientFrames() throws -> [ClientFrame] {
        let (low, high) = (RequestID(1), RequestID(.max))
        return [
            .join(low, room), .join(high, RoomID(high: 0, low: 0)), .leave(low, RoomID(high: .max, low: .max)),
            .send(low, room, payload: payload(1)), .send(high, room, payload: payload(Frame.maximumPayload)),
            .sendDirect(low, try user("b"), payload: payload(9)),
            .sendDirect(high, try user(longest), payload: payload(Frame.maximumPayload)),
            .listMembers(low, room, after: nil), .listMembers(low, room, after: try identity("alice/laptop")),
            .listOnline(RequestID.none, after: nil), .listOnline(low, after: try identity("\(longest)/\(longest)")),
            .ping(low),
        ]
    }

    static func serverFrames() throws -> [ServerFrame] {
        let id = RequestID(7)
        let (alice, longest) = (try identity("alice/laptop"), try identity("\(longest)/\(longest)"))
        let time = Timestamp(milliseconds: 1_790_000_000_000)
        return [
            .greeting(Greeting(software: "conclave-server 1", you: alice, time: time, maximumPayload: 65_536)),
            .greeting(
                Greeting(
                    software: String(repeating: "s", count: 64), you: longest, time: Timestamp(milliseconds: .max),
                    maximumPayload: .max)),
            .joined(id, room, sequence: 0), .joined(id, room, sequence: .max), .left(id, room),
            .accepted(id, sequence: 1, time: time),
            .members(id, IdentityPage(more: true, identities: [alice, longest])),
            .members(id, IdentityPage(more: false, identities: [])),
            .online(id, IdentityPage(more: false, identities: Array(repeating: longest, count: 500))),
            .pong(.none), .failed(id, Failure(.notAMember, "join first")),
            .failed(.none, Failure(Failure.Code(rawValue: .max), canRetry: true, String(repeating: "é", count: 256))),
            .delivery(Delivery(room: room, sequence: 1, time: time, sender: alice, payload: payload(1))),
            .delivery(
                Delivery(
                    room: room, sequence: .max, time: time, sender: longest, payload: payload(Frame.maximumPayload))),
            .directDelivery(DirectDelivery(recipient: alice.user, time: time, sender: longest, payload: payload(300))),
            .memberJoined(room, alice), .memberLeft(room, alice, lost: true), .memberLeft(room, longest, lost: false),
            .closing(Failure(.shuttingDown, canRetry: true, "")),
        ]
    }

    static func encode(_ frame: ClientFrame) throws(SyntaxError) -> ByteBuffer {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return buffer
    }

    static func encode(_ frame: ServerFrame) throws(SyntaxError) -> ByteBuffer {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return buffer
    }

    /// The bytes of a frame with this type and body.
    static func raw(_ type: UInt8, _ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(body.count + 1))
        buffer.writeInteger(type)
        buffer.writeBytes(body)
        return buffer
    }

    static func bytes(_ hex: String) throws -> [UInt8] {
        let digits = Array(hex.filter { !$0.isWhitespace })
        return try stride(from: 0, to: digits.count, by: 2).map {
            try #require(UInt8(String(digits[$0..<$0 + 2]), radix: 16))
        }
    }
}
