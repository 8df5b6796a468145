package import Chat
import ChatWire
package import TLSSyntax

/// What the client keeps of a place in a room's log: the value of a record in ``RecordTable/messages``.
///
///     struct {
///         uint8 version;              /* 1 */
///         uint64 sequence;            /* 0 while it is only here */
///         uint64 time;
///         Identity sender;
///         uint64 token;               /* 0: the server's */
///         uint8 state;                /* 1: stored, 2: pending, 3: failed */
///         opaque reason<0..512>;      /* why it failed */
///         uint8 form;                 /* 0: nothing, 1: body, 2: unreadable, 3: deleted */
///         select (form) { body: uint16 kind; opaque body<0..65000>; unreadable: Unreadable };
///         Notice notices<0..2^24-1>;
///     } StoredMessage;
package struct StoredMessage: Hashable, Sendable {
    package enum State: Hashable, Sendable {
        /// It is in the room's log.
        case stored
        /// It is to be sent, or was and has no answer.
        case pending
        /// The server refused it, and said why.
        case failed(String)
        /// It was in the room's log at a place, and the server has lost it: what followed the place `after` is another log now. Its
        /// sequence is 0. Kept in ``RecordTable/lost``; as a record of its own it counts as stored.
        case lost(at: UInt64, after: UInt64)
    }

    package enum Content: Hashable, Sendable {
        /// The entry changes the room only.
        case nothing
        case body(MessageBody)
        case unreadable(Unreadable)
        /// Its author took it back, and what it said is kept no more.
        case deleted
    }

    /// Its number in the room's log; 0 while it is only here.
    package var sequence: UInt64
    /// The server's clock; one's own while it is only here.
    package var time: Timestamp
    package var sender: PeerIdentity
    /// The sender's own number.
    package var token: UInt64
    package var state: State
    package var content: Content
    package var notices: [Notice]

    private static let version: UInt8 = 1
    private static let reasonLengths = 0...512
    private static let noticeLengths = 0...0xFF_FFFF

    package init(
        sequence: UInt64, time: Timestamp, sender: PeerIdentity, token: UInt64, state: State = .stored,
        _ content: Content, notices: [Notice] = []
    ) {
        self.sequence = sequence
        self.time = time
        self.sender = sender
        self.token = token
        self.state = state
        self.content = content
        self.notices = notices
    }

    /// - Throws: ``SyntaxError`` for whatever is not such a record, whole and nothing more.
    package init(bytes: [UInt8]) throws(SyntaxError) {
        self = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try StoredMessage(from: &reader) }
    }

    private init(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: 0, "a stored message of another version")
        }
        sequence = try reader.uint64()
        time = Timestamp(milliseconds: try reader.uint64())
        sender = try reader.identity()
        token = try reader.uint64()
        let start = reader.offset
        let code = try reader.uint8()
        let reason = try reader.text(lengthBytes: 2, Self.reasonLengths)
        switch (code, reason.isEmpty) {
        case (1, true): state = .stored
        case (2, true): state = .pending
        case (3, _): state = .failed(reason)
        default: throw .invalidValue(offset: start, "an unknown state of a message")
        }
        switch try reader.uint8() {
        case 0: content = .nothing
        case 1: content = .body(try MessageBody(from: &reader))
        case 2: content = .unreadable(try Unreadable(from: &reader))
        case 3: content = .deleted
        default: throw .invalidValue(offset: reader.offset - 1, "an unknown form of a message")
        }
        notices = try reader.vector(lengthBytes: 3, Self.noticeLengths) { (inner) throws(SyntaxError) in
            try Notice(from: &inner)
        }
    }

    /// - Throws: ``SyntaxError/lengthOutOfRange(offset:length:allowed:)`` if there are more notices than fit.
    package func encoded() throws(SyntaxError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        bytes.write(Self.version)
        bytes.write(sequence)
        bytes.write(time.milliseconds)
        try bytes.write(sender)
        bytes.write(token)
        switch state {
        case .stored, .lost: bytes.write(opaque: [1, 0, 0])
        case .pending: bytes.write(opaque: [2, 0, 0])
        case .failed(let reason):
            bytes.append(3)
            try bytes.write(text: Self.cut(reason), lengthBytes: 2, Self.reasonLengths)
        }
        switch content {
        case .nothing: bytes.append(0)
        case .body(let body):
            bytes.append(1)
            try body.write(to: &bytes)
        case .unreadable(let reason):
            bytes.append(2)
            try reason.write(to: &bytes)
        case .deleted: bytes.append(3)
        }
        try bytes.writeNested(lengthBytes: 3, Self.noticeLengths) { (writer) throws(SyntaxError) in
            for notice in notices { try notice.write(to: &writer) }
        }
        return bytes
    }

    /// As much of a reason as is kept.
    private static func cut(_ reason: String) -> String {
        var reason = reason
        while reason.utf8.count > reasonLengths.upperBound { reason.removeLast() }
        return reason
    }
}
