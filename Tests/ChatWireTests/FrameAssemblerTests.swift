import Chat
import NIOCore
import TLSSyntax
import Testing

@testable import ChatWire

@Suite("long frames")
struct FrameAssemblerTests {
    private func frames(_ buffer: ByteBuffer) throws -> [Frame] {
        var buffer = buffer
        var frames: [Frame] = []
        while let frame = try Frame.next(from: &buffer) { frames.append(frame) }
        #expect(buffer.readableBytes == 0)
        return frames
    }

    @Test(
        "come in pieces and are put together as they were",
        arguments: [59_900, 60_000, 60_001, 120_000, 500_000, (16 << 20) - 300])
    func roundTrip(size: Int) throws {
        let (alice, bob) = (try Samples.identity("alice/pc"), try Samples.identity("bob/pc"))
        var submission = Samples.submission(alice, bob, commit: Samples.payload(size - 1_000))
        submission.groupInfo = ByteBuffer()
        for frame in [
            ClientFrame.submit(RequestID(1), submission),
            .create(RequestID(2), Samples.room, RoomPolicy(.open), groupInfo: Samples.payload(size)),
        ] {
            var assembler = FrameAssembler()
            var whole: [ClientFrame] = []
            let pieces = try frames(try Samples.encode(frame))
            for piece in pieces {
                if let frame = try assembler.take(piece) { whole.append(try ClientFrame(frame)) }
            }
            #expect(whole == [frame])
            #expect(assembler.heldBytes == 0)
            #expect(pieces.count >= size / 60_000)
        }
    }

    @Test("short ones pass through, one after the other")
    func passesThrough() throws {
        var assembler = FrameAssembler()
        for frame in try Samples.clientFrames() {
            let pieces = try frames(try Samples.encode(frame))
            let last = try #require(try pieces.compactMap { try assembler.take($0) }.last)
            #expect(try ClientFrame(last) == frame)
        }
    }

    @Test("are 16 MiB at most, and nothing is kept of one that is longer")
    func isBounded() throws {
        var assembler = FrameAssembler()
        let piece = Frame(type: 62, body: Samples.payload(65_536))
        for _ in 0..<256 { #expect(try assembler.take(piece) == nil) }
        #expect(assembler.heldBytes == 16 << 20)
        #expect(throws: FrameError.self) { try assembler.take(Frame(type: 62, body: Samples.payload(1))) }
        #expect(assembler.heldBytes == 0)
        for _ in 0..<256 { _ = try assembler.take(piece) }
        #expect(throws: FrameError.self) { try assembler.take(Frame(type: 63, body: ByteBuffer(bytes: [5, 0]))) }
        #expect(assembler.heldBytes == 0)
        let long = ClientFrame.create(
            RequestID(1), Samples.room, RoomPolicy(.open), groupInfo: Samples.payload(16 << 20))
        #expect(throws: SyntaxError.self) { try Samples.encode(long) }
    }

    @Test("do not mix with others", arguments: ClientFrame.FrameType.allCases)
    func doesNotMix(type: ClientFrame.FrameType) throws {
        var assembler = FrameAssembler()
        _ = try assembler.take(Frame(type: 62, body: Samples.payload(10)))
        #expect(throws: FrameError.self) { try assembler.take(Frame(type: type.rawValue, body: Samples.payload(10))) }
        #expect(assembler.heldBytes == 0)
    }

    @Test("end as a type that may be long", arguments: UInt8.min...UInt8.max)
    func checksTheType(type: UInt8) throws {
        var assembler = FrameAssembler()
        _ = try assembler.take(Frame(type: 62, body: Samples.payload(10)))
        let last = Frame(type: 63, body: ByteBuffer(bytes: [type, 1]))
        if [3, 5, 6].contains(type) {
            #expect(try assembler.take(last)?.body.readableBytes == 11)
        } else {
            #expect(throws: FrameError.self) { try assembler.take(last) }
        }
        #expect(assembler.heldBytes == 0)
        #expect(throws: FrameError.self) { try assembler.take(Frame(type: 63, body: ByteBuffer())) }
    }
}
