import ChatWire
import NIOCore

/// Cuts what one side says into frames, and keeps what is not whole yet.
struct FrameStream {
    /// A frame, and how many bytes of the stream it took, with those of its pieces.
    struct Item {
        var frame: Frame
        var byteCount: Int
        /// Whether it came in pieces.
        var wasLong: Bool
    }

    private var buffer = ByteBuffer()
    private var assembler: FrameAssembler?
    /// Bytes of pieces whose frame is not whole.
    private var pieceBytes = 0

    /// - Parameter takesPieces: whether long frames may come in pieces: a client's.
    init(takesPieces: Bool) {
        assembler = takesPieces ? FrameAssembler() : nil
    }

    /// Bytes that are in memory.
    var heldBytes: Int { buffer.readableBytes + (assembler?.heldBytes ?? 0) }

    /// Bytes of the stream that no frame has accounted for yet.
    var openBytes: Int { buffer.readableBytes + pieceBytes }

    mutating func feed(_ bytes: [UInt8]) {
        buffer.discardReadBytes()
        buffer.writeBytes(bytes)
    }

    /// The next whole frame; nil if there is none yet.
    /// - Throws: ``FrameError`` if the stream is none of frames: nothing after that can be told apart.
    mutating func next() throws(FrameError) -> Item? {
        while let frame = try Frame.next(from: &buffer) {
            let byteCount = Frame.prefixLength + 1 + frame.body.readableBytes
            guard assembler != nil else { return Item(frame: frame, byteCount: byteCount, wasLong: false) }
            let before = pieceBytes
            pieceBytes += byteCount
            guard let whole = try assembler?.take(frame) else { continue }
            defer { pieceBytes = 0 }
            return Item(frame: whole, byteCount: pieceBytes, wasLong: before > 0 || whole.type != frame.type)
        }
        return nil
    }

    /// Forgets everything that is not whole.
    /// - Returns: how many bytes of the stream that is.
    mutating func giveUp() -> Int {
        let count = openBytes
        self = FrameStream(takesPieces: assembler != nil)
        return count
    }
}

extension Frame {
    /// Whether the bytes of the frame are the only form of what it says. What a reader passes over can hold anything.
    func isCanonical(_ frame: ClientFrame) -> Bool {
        var written = ByteBuffer()
        guard (try? frame.write(to: &written)) != nil else { return false }
        var stream = FrameStream(takesPieces: true)
        stream.feed(Array(written.readableBytesView))
        guard let item = try? stream.next(), stream.openBytes == 0 else { return false }
        return item.frame.type == type && item.frame.body == body
    }

    func isCanonical(_ frame: ServerFrame) -> Bool {
        var written = ByteBuffer()
        guard (try? frame.write(to: &written)) != nil, let again = try? Frame.next(from: &written) else { return false }
        return again.type == type && again.body == body && written.readableBytes == 0
    }
}
