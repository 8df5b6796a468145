import Chat
import ChatWire
import MLSWire
import NIOCore
import TLSSyntax

/// What the server can read of an encrypted message: where it belongs, and whether it is a message, a proposal or a commit
/// (RFC 9420 §6.3). Nothing is copied.
struct MessageHeader: Hashable, Sendable {
    var group: RoomID
    var epoch: UInt64
    var content: MLSContentType

    /// - Throws: ``Failure/Code/malformedMessage`` if these bytes are no MLSMessage with a PrivateMessage of a room.
    init(of message: ByteBuffer) throws(Failure) {
        let result = message.withUnsafeReadableBytes { bytes in
            Result { () throws(SyntaxError) in
                try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in
                    try MessageHeader(from: &reader)
                }
            }
        }
        switch result {
        case .success(let header): self = header
        case .failure(let error): throw .malformed("an MLS PrivateMessage", error)
        }
    }

    private init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        guard try reader.uint16() == ProtocolVersion.mls10.rawValue,
            try reader.uint16() == WireFormat.privateMessage.rawValue
        else { throw .invalidValue(offset: start, "another version or form of message") }
        group = try reader.variableNested(0...MLSLimits.groupIDLength) { (inner) throws(SyntaxError) in
            try inner.roomID()
        }
        epoch = try reader.uint64()
        content = try MLSContentType(from: &reader)
        _ = try reader.variableOpaqueRange()
        _ = try reader.variableOpaqueRange(0...MLSLimits.cryptographicLength)
        _ = try reader.variableOpaqueRange()
    }

    /// Whether `message` begins like an MLSMessage of this form; for what only its receivers can judge.
    static func begins(_ message: ByteBuffer, as format: WireFormat) -> Bool {
        let start = message.readerIndex
        return message.getInteger(at: start, as: UInt16.self) == ProtocolVersion.mls10.rawValue
            && message.getInteger(at: start + 2, as: UInt16.self) == format.rawValue
    }
}

extension Failure {
    static func malformed(_ what: String, _ error: SyntaxError) -> Failure {
        Failure(.malformedMessage, "that is not \(what): \(error)")
    }
}

extension MLSMessage {
    /// - Throws: ``Failure/Code/malformedMessage``.
    init(_ bytes: ByteBuffer, as what: String) throws(Failure) {
        do {
            self = try MLSMessage(decoding: Array(bytes.readableBytesView))
        } catch {
            throw .malformed(what, error)
        }
    }
}
