import ChatWire
import NIOCore
import TLSSyntax

/// What `scripts/fuzz` does with the decoders of the target ChatWire; `Tests/Fuzz` has a link to this file.
extension FuzzedDecoder {
    static let frames: [FuzzedDecoder] = [
        FuzzedDecoder("ClientFrame") { try FuzzedFrames.client($0) },
        FuzzedDecoder("ServerFrame") { try FuzzedFrames.server($0) },
        FuzzedDecoder("FrameAssembler") { try FuzzedFrames.assemble($0) },
        FuzzedDecoder("RoomPolicy") { try RoomPolicy(decoding: $0).encoded },
        FuzzedDecoder("Submission") { try Submission(decoding: $0).encoded() },
    ]
}

/// Frames from inputs that hold their type and their body.
enum FuzzedFrames {
    struct Unexpected: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    /// The frame with these bytes behind its length.
    static func frame(_ content: some Collection<UInt8>) throws -> Frame {
        var buffer = ByteBuffer(integer: UInt32(content.count))
        buffer.writeBytes(content)
        guard let frame = try Frame.next(from: &buffer) else { throw Unexpected("half a frame") }
        return frame
    }

    private static func content(_ frame: Frame) -> [UInt8] { [frame.type] + frame.body.readableBytesView }

    static func client(_ input: [UInt8]) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try ClientFrame(frame(input)).write(to: &buffer)
        var assembler = FrameAssembler()
        while let piece = try Frame.next(from: &buffer) {
            if let whole = try assembler.take(piece) { return content(whole) }
        }
        throw Unexpected("a frame was written, and cannot be read")
    }

    static func server(_ input: [UInt8]) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try ServerFrame(frame(input)).write(to: &buffer)
        guard let again = try Frame.next(from: &buffer) else { throw Unexpected("half a frame was written") }
        return content(again)
    }

    /// Frames of four bytes each: the type, the body's first byte, and its length. What an assembler keeps is compared with what it
    /// should, since no input is long enough for the limit.
    static func assemble(_ input: [UInt8]) throws -> [UInt8] {
        var assembler = FrameAssembler()
        var held = 0
        var wasRefused = false
        for start in stride(from: 0, to: input.count - 3, by: 4) {
            let (type, first) = (input[start], input[start + 1])
            let length = Int(input[start + 2]) << 8 | Int(input[start + 3])
            var body = [UInt8](repeating: 0, count: length)
            if length > 0 { body[0] = first }
            let frame = try frame([type] + body)
            let whole: Frame?
            do {
                whole = try assembler.take(frame)
            } catch {
                guard assembler.heldBytes == 0 else {
                    fatalError("\(assembler.heldBytes) bytes are kept after \(error)")
                }
                (held, wasRefused) = (0, true)
                continue
            }
            let expected: Int?
            switch type {
            case 62: (held, expected) = (held + length, nil)
            case 63: (held, expected) = (0, held + length - 1)
            default: expected = length
            }
            guard assembler.heldBytes == held, held <= FrameAssembler.maximumLength,
                whole?.body.readableBytes == expected
            else { fatalError("\(assembler.heldBytes) bytes are kept, not \(held)") }
        }
        if wasRefused { throw Unexpected("a frame was refused") }
        return input
    }
}
