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

    @Test("a type that no client frame has is told apart", arguments: [0, 8, 63, 64, 65, 80, 95, 255] as [UInt8])
    func unknownClientType(type: UInt8) {
        #expect(throws: FrameError.unknownType(type)) { try ClientFrame(Frame(type: type, body: ByteBuffer())) }
    }

    @Test(
        "a type that no server frame has is told apart", arguments: [0, 1, 7, 63, 72, 79, 84, 94, 96, 255] as [UInt8])
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

    @Test(
        "a payload is empty, too long, or longer than the frame",
        arguments: [
            ([0, 0, 0], 6), ([1, 0, 1], 6), ([0xFF, 0xFF, 0xFF], 6), ([0, 0, 2, 65], 6), ([0, 1], 6),
            ([0, 0, 1, 65, 66], 6),
        ] as [([UInt8], Int)])
    func payload(tail: [UInt8], _: Int) {
        expectMalformed(3, Self.start + tail, true)
        expectMalformed(4, [0, 0, 0, 1, 3] + Array("bob".utf8) + tail, true)
    }

    @Test(
        "a name that breaks the rule makes the frame malformed",
        arguments: ["", "Bob", ".bob", "b b", "b\0", "bö", String(repeating: "b", count: 33)])
    func names(name: String) {
        let bytes = [UInt8(name.utf8.count)] + Array(name.utf8)
        expectMalformed(4, [0, 0, 0, 1] + bytes + [0, 0, 1, 65], true)
        expectMalformed(82, Samples.room.bytes + bytes + [2] + Array("pc".utf8), false)
        expectMalformed(82, Samples.room.bytes + [2] + Array("pc".utf8) + bytes, false)
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
        expectMalformed(6, [0, 0, 0, 1, UInt8(Self.alice.count * 2)] + Self.alice + Self.alice, true)
        expectMalformed(6, [0, 0, 0, 1, 67] + [UInt8](repeating: 97, count: 67), true)
        let good = Frame(type: 6, body: ByteBuffer(bytes: [0, 0, 0, 1, UInt8(Self.alice.count)] + Self.alice))
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
            FrameError.lengthOutOfRange(0).description == "a frame of 0 bytes; 1 to 66560 are allowed")
    }
}
