import Chat
import ChatWire
package import TLSSyntax

/// How a message's body stands in a content and in the client's store.
///
///     text, action:   opaque text[rest of the body];             /* UTF-8, 1 to 60,000 bytes */
///     reply, edit:    uint64 target; opaque text[rest];
///     delete:         uint64 target;
///     reaction:       uint64 target; opaque emoji<1..32>; uint8 change;    /* 1: added, 0: taken back */
///     delivered, read: uint64 up_to;
///     typing:         nothing
///     info:           opaque name<0..64>; opaque topic<0..1000>; uint8 changed;  /* 1: name, 2: topic, 3: both */
///     missing:        Identity device; uint64 tokens<8..512>;
///     again:          uint64 token; uint64 time; uint16 kind; opaque body<0..65000>;
extension MessageBody {
    /// Bytes of a body.
    package static let lengths = 0...65_000
    private static let lengthBytes = 4

    /// `uint16 kind; opaque body<0..65000>`, the length in four bytes.
    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        self = try Self.read(from: &reader, isInner: false)
    }

    /// A body that is said again holds no such body: it goes one step deep.
    private static func read(from reader: inout SyntaxReader, isInner: Bool) throws(SyntaxError) -> MessageBody {
        let start = reader.offset
        let kind = try reader.uint16()
        let body = try reader.nested(lengthBytes: lengthBytes, lengths) { (inner) throws(SyntaxError) in
            try content(of: kind, from: &inner, isInner: isInner)
        }
        guard !isInner || body.isLasting else {
            throw .invalidValue(offset: start, "a kind of message that is not said again")
        }
        return body
    }

    private static func content(
        of kind: UInt16, from reader: inout SyntaxReader, isInner: Bool
    ) throws(SyntaxError) -> MessageBody {
        switch kind {
        case Kind.text: return .text(try reader.restAsText())
        case Kind.action: return .action(try reader.restAsText())
        case Kind.reply:
            let target = try reader.place()
            return .reply(target: target, try reader.restAsText())
        case Kind.edit:
            let target = try reader.place()
            return .edit(target: target, try reader.restAsText())
        case Kind.delete: return .delete(target: try reader.place())
        case Kind.reaction: return try reaction(from: &reader)
        case Kind.delivered: return .delivered(upTo: try reader.place())
        case Kind.read: return .read(upTo: try reader.place())
        case Kind.typing: return .typing
        case Kind.info: return .info(try RoomInfo(from: &reader))
        case Kind.missing: return .missing(try MissingRequest(from: &reader))
        case Kind.again where !isInner:
            let token = try reader.place()
            let time = Timestamp(milliseconds: try reader.uint64())
            return .again(token: token, time: time, try read(from: &reader, isInner: true))
        case Kind.again: throw .invalidValue(offset: reader.offset, "a message said again within another")
        default: return .unknown(kind: kind, bytes: try reader.opaque(reader.remaining))
        }
    }

    private static func reaction(from reader: inout SyntaxReader) throws(SyntaxError) -> MessageBody {
        let target = try reader.place()
        let start = reader.offset
        guard let emoji = Emoji(try reader.text(lengthBytes: 1, Emoji.lengths)) else {
            throw .invalidValue(offset: start, "a reaction that is not one visible character")
        }
        return .reaction(target: target, emoji, isAdded: try reader.flag())
    }

    /// - Throws: ``SyntaxError/lengthOutOfRange(offset:length:allowed:)`` if an unknown body is too long.
    package func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(kind)
        try writer.writeNested(lengthBytes: Self.lengthBytes, Self.lengths) { (writer) throws(SyntaxError) in
            try writeContent(to: &writer)
        }
    }

    private func writeContent(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        switch self {
        case .text(let text), .action(let text): writer.write(opaque: Array(text.description.utf8))
        case .reply(let target, let text), .edit(let target, let text):
            writer.write(target)
            writer.write(opaque: Array(text.description.utf8))
        case .delete(let target): writer.write(target)
        case .reaction(let target, let emoji, let isAdded):
            writer.write(target)
            try writer.write(text: emoji.description, lengthBytes: 1, Emoji.lengths)
            writer.write(isAdded ? 1 : 0 as UInt8)
        case .delivered(let upTo), .read(let upTo): writer.write(upTo)
        case .typing: break
        case .info(let info): try info.write(to: &writer)
        case .missing(let request): try request.write(to: &writer)
        case .again(let token, let time, let body):
            writer.write(token)
            writer.write(time.milliseconds)
            try body.write(to: &writer)
        case .unknown(_, let bytes): writer.write(opaque: bytes)
        }
    }
}

extension RoomInfo {
    private static let nameLengths = 0...64

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        let typed = try reader.text(lengthBytes: 1, Self.nameLengths)
        let name = RoomName(typed)
        // Written again, it must be the same bytes.
        guard typed.isEmpty || name.map({ Array($0.text.utf8) == Array(typed.utf8) }) == true else {
            throw .invalidValue(offset: start, "a room's name that breaks the rule")
        }
        let topicStart = reader.offset
        guard let topic = try? RoomTopic(try reader.text(lengthBytes: 2, RoomTopic.lengths)) else {
            throw .invalidValue(offset: topicStart, "a topic that is too long or not UTF-8")
        }
        let flags = try reader.uint8()
        guard flags <= 3 else { throw .invalidValue(offset: reader.offset - 1, "an unknown change of a room") }
        self.init(name: name, topic: topic, hasNewName: flags & 1 != 0, hasNewTopic: flags & 2 != 0)
    }

    func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        try writer.write(text: name?.text ?? "", lengthBytes: 1, Self.nameLengths)
        try writer.write(text: topic.description, lengthBytes: 2, RoomTopic.lengths)
        writer.write((hasNewName ? 1 : 0) | (hasNewTopic ? 2 : 0) as UInt8)
    }
}

extension MissingRequest {
    private static let lengths = 8 * counts.lowerBound...8 * counts.upperBound

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let device = try reader.identity()
        let start = reader.offset
        let tokens = try reader.vector(lengthBytes: 2, Self.lengths) { (inner) throws(SyntaxError) in
            try inner.uint64()
        }
        guard let request = MissingRequest(device, tokens: tokens) else {
            throw .invalidValue(offset: start, "a request for messages that cannot be")
        }
        self = request
    }

    func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        try writer.write(device)
        try writer.writeNested(lengthBytes: 2, Self.lengths) { (writer) throws(SyntaxError) in
            for token in tokens { writer.write(token) }
        }
    }
}

extension SyntaxReader {
    /// A place in a log, or a token: both count from 1.
    mutating func place() throws(SyntaxError) -> UInt64 {
        let start = offset
        let value = try uint64()
        guard value > 0 else { throw .invalidValue(offset: start, "a number 0 where numbers begin with 1") }
        return value
    }

    mutating func flag() throws(SyntaxError) -> Bool {
        let start = offset
        switch try uint8() {
        case 0: return false
        case 1: return true
        default: throw .invalidValue(offset: start, "a flag that is neither 0 nor 1")
        }
    }

    fileprivate mutating func restAsText() throws(SyntaxError) -> MessageText {
        let start = offset
        let bytes = try opaque(remaining)
        guard MessageText.lengths.contains(bytes.count) else {
            throw .lengthOutOfRange(offset: start, length: bytes.count, allowed: MessageText.lengths)
        }
        guard let string = String(validating: bytes, as: UTF8.self), let text = try? MessageText(string) else {
            throw .invalidValue(offset: start, "text that is not UTF-8")
        }
        return text
    }
}
