import NIOCore
import TLSSyntax

/// Puts long frames together. A client's frame that is longer than ``Frame/lengths`` allows comes in pieces: `part` frames, whose
/// bodies are joined, and a `last` one, which begins with the type of the whole.
///
///     struct { opaque bytes[]; } Part;                /* type 62 */
///     struct { uint8 type; opaque bytes[]; } Last;    /* type 63 */
///
/// Pieces of different frames do not mix: between the first part and the last one nothing else comes.
package struct FrameAssembler: Sendable {
    static let part: UInt8 = 62
    static let last: UInt8 = 63
    /// Bytes in a piece.
    package static let pieceLength = 60_000
    /// Bytes of a whole body.
    package static let maximumLength = 16 << 20

    private var pieces = ByteBuffer()

    package init() {}

    /// Bytes that are kept for a frame whose end has not come.
    package var heldBytes: Int { pieces.readableBytes }

    /// Takes a frame in.
    /// - Returns: the frame itself if it is no piece, the whole one if this was its last piece, otherwise nothing.
    /// - Throws: ``FrameError/assembly(_:)`` if it breaks the rules or becomes too long; nothing is kept then.
    package mutating func take(_ frame: Frame) throws(FrameError) -> Frame? {
        var body = frame.body
        switch frame.type {
        case Self.part:
            try append(body)
            return nil
        case Self.last:
            guard let number = body.readInteger(as: UInt8.self),
                let type = ClientFrame.FrameType(rawValue: number), type.mayBeLong
            else {
                pieces = ByteBuffer()
                throw .assembly("the end of a long frame of a type that is never long")
            }
            try append(body)
            defer { pieces = ByteBuffer() }
            return Frame(type: number, body: pieces)
        default:
            guard pieces.readableBytes == 0 else {
                pieces = ByteBuffer()
                throw .assembly("a frame amid the pieces of another")
            }
            return frame
        }
    }

    private mutating func append(_ body: ByteBuffer) throws(FrameError) {
        guard pieces.readableBytes + body.readableBytes <= Self.maximumLength else {
            pieces = ByteBuffer()
            throw .assembly("a long frame of over \(Self.maximumLength) bytes")
        }
        pieces.writeImmutableBuffer(body)
    }

    /// Writes a frame whole if it is short enough, otherwise in pieces.
    static func write(type: UInt8, _ body: ByteBuffer, to buffer: inout ByteBuffer) throws(SyntaxError) {
        let length = body.readableBytes
        if length <= pieceLength {
            return try Frame.write(type: type, to: &buffer) { $0.writeImmutableBuffer(body) }
        }
        guard length <= maximumLength else {
            throw .lengthOutOfRange(offset: 0, length: length, allowed: 0...maximumLength)
        }
        var rest = body
        while rest.readableBytes > pieceLength, let piece = rest.readSlice(length: pieceLength) {
            try Frame.write(type: part, to: &buffer) { $0.writeImmutableBuffer(piece) }
        }
        try Frame.write(type: last, to: &buffer) { buffer in
            buffer.write(type)
            buffer.writeImmutableBuffer(rest)
        }
    }
}

extension Frame {
    /// Whether it is a piece of a long frame.
    package var isPiece: Bool { type == FrameAssembler.part || type == FrameAssembler.last }
}
