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
        let (alice, longest) = (try identity("alice/laptop"), try identity("\(longest)/\(longest)"))
        let far = RoomID(high: .max, low: .max)
        return [
            .enter(low, room), .enter(high, far), .read(low, room, after: 0), .read(high, far, after: .max),
            .create(low, room, RoomPolicy(.invite), groupInfo: ByteBuffer()),
            .create(high, far, RoomPolicy(.open, auditor: longest.user), groupInfo: payload(400)),
            .send(low, room, token: 1, payload: payload(1)),
            .send(high, far, token: .max, payload: payload(Frame.maximumPayload)),
            .submit(low, Submission(room: room, token: 1, epoch: 0, commit: payload(1))),
            .submit(high, submission(alice, longest, commit: payload(300))),
            .publish(low, packages: [], lastResort: ByteBuffer()),
            .publish(high, packages: [payload(1), payload(500)], lastResort: payload(16_384)),
            .claim(low, alice.user, nil), .claim(high, longest.user, longest.device),
            .fetch(low, room, Digest(of: payload(1)), offset: 0),
            .fetch(high, far, Digest(of: payload(2)), offset: .max),
            .describe(low, room), .listOnline(RequestID.none, after: nil), .listOnline(low, after: alice),
            .listOnline(high, after: longest), .ping(low), .leave(low, room, token: 2, payload: ByteBuffer()),
            .leave(high, far, token: .max, payload: payload(300)),
            .readd(low, room, token: 3, package: payload(1)), .readd(high, far, token: 3, package: payload(16_384)),
            .takeWelcome(low, 1), .takeWelcome(high, .max), .reject(low, room, sequence: 1),
            .reject(high, far, sequence: .max), .mark(low, room, sequence: 1), .mark(high, far, sequence: .max),
        ]
    }

    static func submission(_ alice: PeerIdentity, _ other: PeerIdentity, commit: ByteBuffer) -> Submission {
        Submission(
            room: room, token: .max, epoch: .max, commit: commit,
            roster: Roster(added: [.init(alice, leaf: 0), .init(other, leaf: .max)], removed: [other]),
            recipients: [.init(alice, package: [1]), .init(other, package: [UInt8](repeating: 2, count: 64))],
            welcome: payload(200), groupInfo: payload(100))
    }

    static func serverFrames() throws -> [ServerFrame] {
        let id = RequestID(7)
        let (alice, longest) = (try identity("alice/laptop"), try identity("\(longest)/\(longest)"))
        let time = Timestamp(milliseconds: 1_790_000_000_000)
        let digest = Digest(of: payload(5))
        let status = RoomStatus(
            room: room, first: 1, head: 2, chain: digest, epoch: 3, policy: RoomPolicy(.direct), groupInfo: nil)
        let open = RoomStatus(
            room: room, first: .max, head: .max, chain: digest, cursor: .max, epoch: .max,
            policy: RoomPolicy(.open, auditor: longest.user), groupInfo: BlobRef(of: payload(70)))
        return [
            .greeting(Greeting(software: "conclave-server 1", you: alice, time: time, maximumPayload: 65_536)),
            .greeting(
                Greeting(
                    software: String(repeating: "s", count: 64), you: longest, time: Timestamp(milliseconds: .max),
                    maximumPayload: .max)),
            .entered(id, status), .entered(id, open), .described(id, open), .accepted(id, sequence: 1, time: time),
            .packages(id, []),
            .packages(id, [OfferedPackage(alice, payload(1)), OfferedPackage(longest, payload(900))]),
            .stocked(id, count: 0, hasLastResort: false), .stocked(id, count: .max, hasLastResort: true),
            .part(id, total: 0, bytes: ByteBuffer()), .part(id, total: .max, bytes: payload(60_000)),
            .online(id, IdentityPage(more: true, identities: [alice, longest])),
            .online(id, IdentityPage(more: false, identities: Array(repeating: longest, count: 500))),
            .pong(.none), .failed(id, Failure(.notAMember, "join first")),
            .failed(.none, Failure(Failure.Code(rawValue: .max), canRetry: true, String(repeating: "é", count: 256))),
            .readEnd(id, room, head: 9), .done(id),
            .entry(entry(.message, by: alice, .inline(payload(1)))),
            .entry(entry(.commit, by: longest, .inline(payload(60_000)))),
            .entry(entry(.created, by: alice, .blob(BlobRef(of: payload(99))))),
            .welcome(
                WelcomeNotice(
                    id: 1, room: room, sequence: 2, chain: digest, sender: alice, package: [1],
                    welcome: BlobRef(of: payload(3)))),
            .stockLow(7), .newDevice(alice), .newDevice(longest), .closing(Failure(.shuttingDown, canRetry: true, "")),
        ]
    }

    static func entry(_ kind: EntryKind, by sender: PeerIdentity, _ payload: LogEntry.Payload) -> LogEntry {
        LogEntry(
            room: room, sequence: 5, time: Timestamp(milliseconds: 6), sender: sender, token: 7, kind: kind,
            roster: kind == .commit ? Roster(added: [.init(sender, leaf: 8)], removed: [sender]) : Roster(),
            payload: payload)
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
