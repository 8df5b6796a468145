package import NIOCore

/// What a message says, as it stands in a payload.
///
///     struct {
///         uint8 version;              /* 1 */
///         uint8 kind;                 /* 1: text; 2: what the sender does */
///         opaque text<1..60000>;      /* UTF-8 */
///     } Content;
package struct MessageContent: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        case text = 1
        /// "/me waves": told in the third person.
        case action = 2
    }

    package let kind: Kind
    package let text: String

    /// Bytes of text that fit.
    package static let lengths = 1...60_000
    private static let version: UInt8 = 1

    /// - Throws: ``ContentError/lengthOutOfRange(_:)``.
    package init(_ kind: Kind = .text, _ text: String) throws(ContentError) {
        guard Self.lengths.contains(text.utf8.count) else { throw .lengthOutOfRange(text.utf8.count) }
        self.kind = kind
        self.text = text
    }

    /// - Throws: ``ContentError`` for whatever is not such a content, whole and nothing more.
    package init(payload: ByteBuffer) throws(ContentError) {
        var payload = payload
        guard let version = payload.readInteger(as: UInt8.self), let number = payload.readInteger(as: UInt8.self) else {
            throw .malformed
        }
        guard version == Self.version else { throw .unknownVersion(version) }
        guard let kind = Kind(rawValue: number) else { throw .unknownKind(number) }
        guard let length = payload.readInteger(as: UInt16.self), Int(length) == payload.readableBytes,
            let text = String(validating: payload.readableBytesView, as: UTF8.self)
        else { throw .malformed }
        try self.init(kind, text)
    }

    package var payload: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeInteger(Self.version)
        buffer.writeInteger(kind.rawValue)
        buffer.writeInteger(UInt16(text.utf8.count))
        buffer.writeString(text)
        return buffer
    }
}

/// Why a payload is no message that we can show, or a text none that we can send.
package enum ContentError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownVersion(UInt8)
    case unknownKind(UInt8)
    case malformed
    case lengthOutOfRange(Int)

    package var description: String {
        switch self {
        case .unknownVersion, .unknownKind: "a message of a newer program; update this one to read it"
        case .malformed: "a damaged message"
        case .lengthOutOfRange(let length):
            "a message of \(length) bytes; \(MessageContent.lengths.lowerBound) to \(MessageContent.lengths.upperBound) are allowed"
        }
    }
}
