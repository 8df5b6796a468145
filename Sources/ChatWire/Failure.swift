import NIOCore
import TLSSyntax

/// Why the server refused a request, or why it ends the connection.
///
///     struct {
///         uint16 code;
///         uint8 can_retry;            /* 1: the same request may succeed later */
///         opaque words<0..512>;       /* for people, in English */
///     } Failure;
package struct Failure: Error, Hashable, Sendable {
    package var code: Code
    package var canRetry: Bool
    package var words: String

    package init(_ code: Code, canRetry: Bool = false, _ words: String) {
        self.code = code
        self.canRetry = canRetry
        self.words = words
    }

    /// The codes; a client treats one that it does not know like `refused`.
    package struct Code: Hashable, Sendable, RawRepresentable {
        package var rawValue: UInt16

        package init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        package static let refused = Code(rawValue: 1)
        package static let unknownFrameType = Code(rawValue: 2)
        package static let malformedFrame = Code(rawValue: 3)
        /// The device does not get that room's messages.
        package static let notAMember = Code(rawValue: 4)
        package static let tooManyRooms = Code(rawValue: 5)
        package static let roomIsFull = Code(rawValue: 6)
        package static let tooManySessions = Code(rawValue: 8)
        package static let tooSlow = Code(rawValue: 9)
        package static let revoked = Code(rawValue: 10)
        package static let shuttingDown = Code(rawValue: 11)
        package static let silent = Code(rawValue: 12)
        package static let tooManyRequests = Code(rawValue: 13)
        /// There is no such room here, or none that one may see.
        package static let unknownRoom = Code(rawValue: 14)
        package static let roomExists = Code(rawValue: 15)
        /// Another commit ended that epoch first; it is in the log.
        package static let epochTaken = Code(rawValue: 16)
        /// The message belongs to an epoch that is too far back, or has not begun.
        package static let staleEpoch = Code(rawValue: 17)
        /// The payload is no MLS message of the kind that belongs there.
        package static let malformedMessage = Code(rawValue: 18)
        package static let unknownBlob = Code(rawValue: 19)
        /// The entries asked for are not kept any more.
        package static let tooOld = Code(rawValue: 20)
        /// The room's policy does not allow it.
        package static let notAllowed = Code(rawValue: 21)
        package static let tooLarge = Code(rawValue: 22)
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        code = Code(rawValue: try reader.uint16())
        canRetry = try reader.boolean()
        words = try reader.text(lengthBytes: 2, 0...512)
    }

    func write(to buffer: inout ByteBuffer) throws(SyntaxError) {
        buffer.write(code.rawValue)
        buffer.write(canRetry ? 1 : 0 as UInt8)
        try buffer.write(text: words, lengthBytes: 2, 0...512)
    }
}
