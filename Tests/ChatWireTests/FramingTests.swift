import NIOCore
import Testing

@testable import ChatWire

@Suite("framing")
struct FramingTests {
    @Test("a frame is nil until its last byte has arrived, wherever the stream is cut")
    func waits() throws {
        let whole = try Samples.encode(.send(RequestID(1), Samples.room, token: 1, payload: Samples.payload(300)))
        for count in 0..<whole.readableBytes {
            var part = try #require(whole.getSlice(at: 0, length: count))
            #expect(try Frame.next(from: &part) == nil)
            #expect(part.readableBytes == count, "nothing may be taken from half a frame")
        }
        var all = whole
        #expect(try Frame.next(from: &all) != nil)
        #expect(all.readableBytes == 0)
    }

    @Test("frames that arrive together come out one by one, in order")
    func sequence() throws {
        var stream = ByteBuffer()
        let frames = try Samples.clientFrames()
        for frame in frames { try frame.write(to: &stream) }
        var read: [ClientFrame] = []
        while let frame = try Frame.next(from: &stream) { read.append(try ClientFrame(frame)) }
        #expect(read == frames)
        #expect(stream.readableBytes == 0)
    }

    @Test("the shortest frame is a type alone, the longest has 69,632 bytes behind its length")
    func limits() throws {
        var shortest = Samples.raw(11, [])
        #expect(try Frame.next(from: &shortest) == Frame(type: 11, body: ByteBuffer()))
        var longest = Samples.raw(11, [UInt8](repeating: 0, count: 69_631))
        #expect(try Frame.next(from: &longest)?.body.readableBytes == 69_631)
    }

    @Test("a length out of range is refused as soon as it is seen", arguments: [0, 69_633, 0x0100_0000, UInt32.max])
    func refusesLength(length: UInt32) {
        var buffer = ByteBuffer(integer: length)
        #expect(throws: FrameError.lengthOutOfRange(length)) { try Frame.next(from: &buffer) }
        #expect(throws: FrameError.lengthOutOfRange(length)) { try Frame.lengthOfNext(in: buffer) }
    }

    @Test("three bytes of a length tell nothing yet")
    func shortPrefix() throws {
        #expect(try Frame.lengthOfNext(in: ByteBuffer(bytes: [0xFF, 0xFF, 0xFF])) == nil)
    }

    @Test("a payload shares the storage of the buffer that it was read from")
    func doesNotCopy() throws {
        var stream = try Samples.encode(.send(RequestID(1), Samples.room, token: 1, payload: Samples.payload(1_000)))
        let address = stream.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let frame = try #require(try Frame.next(from: &stream))
        guard case .send(_, _, _, let payload) = try ClientFrame(frame) else {
            Issue.record("not a send")
            return
        }
        let start = payload.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        #expect(start == address + 4 + 1 + 4 + 16 + 8 + 3)
    }
}
