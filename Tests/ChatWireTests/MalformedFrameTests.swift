import Chat
import NIOCore
import TLSSyntax
import Testing

@testable import ChatWire

@Suite("malformed frames")
struct MalformedFrameTests {
    /// A request id and a room, as most bodies begin.
    private static let start: [UInt8] = [0, 0, 0, 1] + Samples.room.bytes
    private static let alice: [UInt8] = [5] + Array("alice".utf8) + [2] + Array("pc".utf8)

    @Test(
        "a type that no client frame has is told apart", arguments: [0, 17, 61, 62, 63, 64, 65, 80, 95, 255] as [UInt8])
    func unknownClientType(type: UInt8) {
        #expect(throws: FrameError.unknownType(type)) { try ClientFrame(Frame(type: type, body: ByteBuffer())) }
    }

    @Test(
        "a type that no server frame has is told apart", arguments: [0, 1, 16, 63, 76, 79, 84, 94, 96, 255] as [UInt8])
    func unknownServerType(type: UInt8) {
        #expect(throws: FrameError.unknownType(type)) { try ServerFrame(Frame(type: type, body: ByteBuffer())) }
    }

    @Test("every frame that is cut short anywhere, or has a byte too many, is refused and names its type")
    func cutOrExtended() throws {
        let buffers =
            try Samples.clientFrames().map { (true, try Samples.encode($0)) }
            + Samples.serverFrames().map { (false, try Samples.encode($0)) }
        for (isClient, buffer) in buffers {
            var buffer = buffer
            let frame = try #require(try Frame.next(from: &buffer))
            let body = Array(frame.body.readableBytesView)
            // Long bodies are cut at both ends only.
            let cuts = body.count < 200 ? Array(0..<body.count) : Array(0..<100) + Array(body.count - 100..<body.count)
            for count in cuts { expectMalformed(frame.type, Array(body.prefix(count)), isClient) }
            expectMalformed(frame.type, body + [0], isClient)
        }
    }

    private func expectMalformed(_ type: UInt8, _ body: [UInt8], _ isClient: Bool) {
        let frame = Frame(type: type, body: ByteBuffer(bytes: body))
        #expect("type \(type), \(body.count) bytes") {
            _ = isClient ? try ClientFrame(frame).hashValue : try ServerFrame(frame).hashValue
        } throws: {
            guard case .malformed(type, _)? = $0 as? FrameError else { return false }
            return true
        }
    }

    @Test("a byte that stands for yes or no is neither", arguments: [2, 4, 0x80, 0xFF] as [UInt8])
    func neitherYesNorNo(byte: UInt8) throws {
        let request: [UInt8] = [0, 0, 0, 1]
        let bodies: [(UInt8, (UInt8) -> [UInt8])] = [
            (69, { request + [0, 0, 0, 9, $0] }), (71, { request + [$0, 0, 0] }),
            (73, { request + [0, 1, $0, 0, 0] }), (95, { [0, 1, $0, 0, 0] }),
        ]
        for (type, body) in bodies {
            expectMalformed(type, body(byte), false)
            for fine in [0, 1] as [UInt8] {
                _ = try ServerFrame(Frame(type: type, body: ByteBuffer(bytes: body(fine))))
            }
        }
    }

    @Test(
        "a payload is empty, too long, or longer than the frame",
        arguments: [
            ([0, 0, 0], 6), ([1, 0, 1], 6), ([0xFF, 0xFF, 0xFF], 6), ([0, 0, 2, 65], 6), ([0, 1], 6),
            ([0, 0, 1, 65, 66], 6),
        ] as [([UInt8], Int)])
    func payload(tail: [UInt8], _: Int) {
        expectMalformed(4, Self.start + [UInt8](repeating: 1, count: 8) + tail, true)
    }

    @Test(
        "a name that breaks the rule makes the frame malformed",
        arguments: ["", "Bob", ".bob", "b b", "b\0", "bö", String(repeating: "b", count: 33)])
    func names(name: String) {
        let bytes = [UInt8(name.utf8.count)] + Array(name.utf8)
        expectMalformed(7, [0, 0, 0, 1] + bytes + [0], true)
        expectMalformed(83, bytes + [2] + Array("pc".utf8), false)
        expectMalformed(83, [2] + Array("pc".utf8) + bytes, false)
        // After a user, the device may be left out.
        if !name.isEmpty { expectMalformed(7, [0, 0, 0, 1, 1, 97] + bytes, true) }
    }

    @Test(
        "a room's policy has a known version and admission",
        arguments: [(0, 1), (2, 1), (1, 0), (1, 4), (1, 255)] as [(UInt8, UInt8)])
    func policies(version: UInt8, admission: UInt8) throws {
        expectMalformed(3, Self.start + [version, admission, 0, 0, 0, 0], true)
        let good = Frame(type: 3, body: ByteBuffer(bytes: Self.start + [1, 1, 0, 0, 0, 0]))
        #expect(
            try ClientFrame(good)
                == .create(RequestID(1), Samples.room, RoomPolicy(.open), groupInfo: ByteBuffer()))
    }

    @Test("an entry has a known kind, and a payload of a known form")
    func entries() throws {
        var buffer = try Samples.encode(
            .entry(Samples.entry(.message, by: try Samples.identity("a/b"), .inline(Samples.payload(3)))))
        let frame = try #require(try Frame.next(from: &buffer))
        let body = Array(frame.body.readableBytesView)
        let kind = 16 + 8 + 8 + 4 + 8
        for value in [0, 9, 255] as [UInt8] {
            var changed = body
            changed[kind] = value
            expectMalformed(80, changed, false)
            changed = body
            changed[kind + 7] = max(2, value)
            expectMalformed(80, changed, false)
        }
    }

    @Test("lists of many small things are bounded: what they are read into takes many times as much")
    func lists() throws {
        let (alice, id) = (try Samples.identity("a/b"), RequestID(1))
        func submission(additions: Int, recipients: Int) -> Submission {
            Submission(
                room: Samples.room, token: 1, epoch: 0, commit: Samples.payload(1),
                roster: Roster(added: Array(repeating: .init(alice, leaf: 0), count: additions)),
                recipients: Array(repeating: .init(alice, package: [1]), count: recipients))
        }
        #expect(throws: Never.self) {
            try Samples.encode(.submit(id, submission(additions: 8_192, recipients: 43_690)))
        }
        #expect(throws: SyntaxError.self) {
            try Samples.encode(.submit(id, submission(additions: 8_193, recipients: 0)))
        }
        #expect(throws: SyntaxError.self) {
            try Samples.encode(.submit(id, submission(additions: 0, recipients: 43_691)))
        }
        let packages = Array(repeating: Samples.payload(1), count: (1 << 20) + 1)
        #expect(throws: SyntaxError.self) {
            try Samples.encode(.publish(id, packages: packages, lastResort: ByteBuffer()))
        }
        let head: [UInt8] = Self.start + [UInt8](repeating: 0, count: 16) + [0, 0, 1, 1]
        let tooMany: [UInt8] = [1, 0, 8] + (0..<8_193).flatMap { _ in [1, 97, 1, 98, 0, 0, 0, 0] as [UInt8] }
        expectMalformed(5, head + tooMany + [UInt8](repeating: 0, count: 12), true)
        expectMalformed(6, [0, 0, 0, 1, 0x40, 0, 1] + [UInt8](repeating: 0, count: (4 << 20) + 4), true)
    }

    @Test("a blob is of 16 MiB at most")
    func blobs() throws {
        let digest = [UInt8](repeating: 7, count: 32)
        func status(_ size: UInt32) -> [UInt8] {
            let number = withUnsafeBytes(of: size.bigEndian) { Array($0) }
            return Self.start + [UInt8](repeating: 0, count: 16) + digest + [UInt8](repeating: 0, count: 16) + [
                1, 1, 0, 1,
            ] + number + digest
        }
        expectMalformed(65, status(16 << 20 + 1), false)
        #expect(throws: Never.self) {
            try ServerFrame(Frame(type: 65, body: ByteBuffer(bytes: status(16 << 20))))
        }
    }

    @Test(
        "text that is not UTF-8 is refused",
        arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xC3]] as [[UInt8]])
    func text(bytes: [UInt8]) {
        expectMalformed(95, [0, 1, 0, 0, UInt8(bytes.count)] + bytes, false)
        expectMalformed(64, [0, 1, UInt8(bytes.count)] + bytes + Self.alice + [UInt8](repeating: 0, count: 12), false)
    }

    @Test("after a list's last identity there is nothing, or exactly one identity")
    func after() throws {
        expectMalformed(10, [0, 0, 0, 1, UInt8(Self.alice.count * 2)] + Self.alice + Self.alice, true)
        expectMalformed(10, [0, 0, 0, 1, 67] + [UInt8](repeating: 97, count: 67), true)
        let good = Frame(type: 10, body: ByteBuffer(bytes: [0, 0, 0, 1, UInt8(Self.alice.count)] + Self.alice))
        #expect(try ClientFrame(good) == .listOnline(RequestID(1), after: try Samples.identity("alice/pc")))
    }

    @Test("words of more than 512 bytes are refused")
    func words() {
        expectMalformed(95, [0, 1, 0, 2, 1] + [UInt8](repeating: 97, count: 513), false)
    }

    @Test("a malformed frame says in words what it was")
    func description() {
        let error = FrameError.malformed(type: 3, .truncated(offset: 4, needed: 16, available: 2))
        #expect(error.description == "a malformed frame of type 3: truncated at byte 4: 16 bytes needed, 2 left")
        #expect(
            FrameError.lengthOutOfRange(0).description == "a frame of 0 bytes; 1 to 69632 are allowed")
    }
}
