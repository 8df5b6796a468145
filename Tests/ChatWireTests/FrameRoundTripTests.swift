import Chat
import ChatWire
import NIOCore
import TLSSyntax
import Testing

@Suite("frames of both sides")
struct FrameRoundTripTests {
    @Test("every client frame is read back as it was written")
    func client() throws {
        for frame in try Samples.clientFrames() {
            var buffer = try Samples.encode(frame)
            let raw = try #require(try Frame.next(from: &buffer))
            #expect(try ClientFrame(raw) == frame)
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test("every server frame is read back as it was written")
    func server() throws {
        for frame in try Samples.serverFrames() {
            var buffer = try Samples.encode(frame)
            let raw = try #require(try Frame.next(from: &buffer))
            #expect(try ServerFrame(raw) == frame)
            #expect(buffer.readableBytes == 0)
        }
    }

    @Test("there is a sample of every type")
    func samplesAreComplete() throws {
        #expect(Set(try Samples.clientFrames().map(\.type)) == Set(ClientFrame.FrameType.allCases))
        #expect(Set(try Samples.serverFrames().map(\.type)) == Set(ServerFrame.FrameType.allCases))
    }

    @Test("the bytes are those of the example in docs/protocol.md")
    func example() throws {
        let lab = try #require(RoomID(bytes: try Samples.bytes("b07b6d797936f752ae71cde6c01c18a9")))
        let time = Timestamp(milliseconds: 0x1a0_c450_6c00)
        let content = ByteBuffer(bytes: try Samples.bytes("01 01 00 05 68 65 6c 6c 6f"))
        let alice = try Samples.identity("alice/default")
        func expect(_ buffer: ByteBuffer, _ hex: String) throws {
            #expect(Array(buffer.readableBytesView) == (try Samples.bytes(hex)))
        }
        let room = "b07b6d797936f752ae71cde6c01c18a9"
        try expect(try Samples.encode(.enter(RequestID(1), lab)), "00000015 01 00000001 \(room)")
        try expect(
            try Samples.encode(.send(RequestID(2), lab, token: 1, payload: content)),
            "00000029 04 00000002 \(room) 0000000000000001 000009 0101000568656c6c6f")
        try expect(
            try Samples.encode(.accepted(RequestID(2), sequence: 2, time: time)),
            "00000015 42 00000002 0000000000000002 000001a0c4506c00")
        let entry = LogEntry(
            room: lab, sequence: 2, time: time, sender: alice, token: 1, kind: .message, payload: .inline(content))
        try expect(
            try Samples.encode(.entry(entry)),
            """
            0000004b 50 \(room) 0000000000000002 000001a0c4506c00
            05616c696365 0764656661756c74 0000000000000001 02 000000 000000 00 000009 0101000568656c6c6f
            """)
    }

    @Test("a payload or text that is too long is not written")
    func refusesToWrite() {
        let long = Samples.payload(Frame.maximumPayload + 1)
        #expect(throws: SyntaxError.self) {
            try Samples.encode(.send(RequestID(1), Samples.room, token: 1, payload: long))
        }
        #expect(throws: SyntaxError.self) {
            try Samples.encode(.send(RequestID(1), Samples.room, token: 1, payload: ByteBuffer()))
        }
        let words = String(repeating: "x", count: 513)
        #expect(throws: SyntaxError.self) { try Samples.encode(.closing(Failure(.refused, words))) }
    }

    @Test("a page of 500 of the longest names fits a frame")
    func longestPage() throws {
        let longest = try Samples.identity("\(Samples.longest)/\(Samples.longest)")
        let identities = Array(repeating: longest, count: IdentityPage.maximumCount)
        let buffer = try Samples.encode(.online(RequestID(1), IdentityPage(more: true, identities: identities)))
        #expect(buffer.readableBytes <= Frame.prefixLength + Frame.lengths.upperBound)
    }
}
