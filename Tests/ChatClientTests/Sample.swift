import Chat
import ChatClient
import ChatWire
import Testing

/// Values that tests of the history are made of.
enum Sample {
    static func device(_ name: String) throws -> PeerIdentity { try #require(PeerIdentity(name)) }
    static func user(_ name: String) throws -> UserName { try #require(UserName(name)) }
    static func emoji(_ text: String) throws -> Emoji { try #require(Emoji(text)) }
    static func room(_ name: String) throws -> RoomName { try #require(RoomName(name)) }

    /// An entry of the log; its token is its number unless another is given.
    static func entry(
        _ sequence: UInt64, _ sender: String, _ body: MessageBody, token: UInt64? = nil, notices: [Notice] = []
    ) throws -> StoredMessage {
        try entry(sequence, sender, content: .body(body), token: token, notices: notices)
    }

    static func entry(
        _ sequence: UInt64, _ sender: String, content: StoredMessage.Content, token: UInt64? = nil,
        notices: [Notice] = []
    ) throws -> StoredMessage {
        StoredMessage(
            sequence: sequence, time: Timestamp(milliseconds: 1_700_000_000_000 &+ sequence),
            sender: try device(sender), token: token ?? sequence, content, notices: notices)
    }

    static func text(_ sequence: UInt64, _ sender: String, _ text: String, token: UInt64? = nil) throws -> StoredMessage
    {
        try entry(sequence, sender, .text(try MessageText(text)), token: token)
    }

    /// One of every kind of body.
    static func bodies() throws -> [MessageBody] {
        let text = try MessageText("héllo 日本 👩‍👩‍👧\n")
        let bob = try device("bob/phone")
        return [
            .text(text), .text(try MessageText(String(repeating: "x", count: 60_000))), .action(text),
            .reply(target: 7, text), .edit(target: .max, text), .delete(target: 1),
            .reaction(target: 9, try emoji("👍"), isAdded: true), .reaction(target: 9, try emoji("🏴󠁧󠁢󠁳󠁣󠁴󠁿"), isAdded: false),
            .delivered(upTo: 3), .read(upTo: 4), .typing,
            .info(RoomInfo(name: try room("#lab"), topic: try RoomTopic("plans"), hasNewName: true)),
            .info(RoomInfo(name: nil)), .info(RoomInfo(name: nil, topic: try RoomTopic("x"), hasNewTopic: true)),
            .missing(try #require(MissingRequest(bob, tokens: [1, 5, .max]))),
            .again(token: 4, time: Timestamp(milliseconds: 5), .reply(target: 2, text)),
            .again(token: 4, time: Timestamp(milliseconds: 5), .unknown(kind: 99, bytes: [1])),
            .unknown(kind: 0, bytes: []), .unknown(kind: 13, bytes: [1, 2, 3]),
            .unknown(kind: .max, bytes: [UInt8](repeating: 7, count: 65_000)),
        ]
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension [UInt8] {
    /// With a few bytes changed, cut off, put in or doubled.
    func damaged(using random: inout SeededRandom) -> [UInt8] {
        var bytes = self
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = bytes.indices.randomElement(using: &random) ?? 0
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[index] = .random(in: 0...255, using: &random)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
            case 2: bytes.removeSubrange(index...)
            case 3: bytes.insert(.random(in: 0...255, using: &random), at: index)
            default: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
            }
        }
        return bytes
    }
}
