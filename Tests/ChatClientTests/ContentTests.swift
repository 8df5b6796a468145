import Chat
import ChatClient
import ChatWire
import Testing

@Suite("the content of messages")
struct MessageContentTests {
    private func content(_ body: MessageBody) -> MessageContent {
        MessageContent(
            token: 3, seen: 41, seenChain: Digest(of: [1, 2, 3]), time: Timestamp(milliseconds: 1_700_000_000_000), body
        )
    }

    /// The first 57 bytes of every content above.
    private var head: [UInt8] {
        [2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 41] + Digest(of: [1, 2, 3]).bytes
            + [0, 0, 1, 0x8B, 0xCF, 0xE5, 0x68, 0x00]
    }

    private func bytes(kind: UInt8, _ body: [UInt8], extra: [UInt8] = [0, 0]) -> [UInt8] {
        head + [0, kind, 0, 0, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body + extra
    }

    @Test("every kind is read back")
    func roundTrip() throws {
        for body in try Sample.bodies() {
            let content = content(body)
            let bytes = try content.encoded()
            #expect(bytes.count <= MessageContent.maximumLength)
            #expect(try MessageContent(bytes: bytes) == content, "kind \(body.kind)")
        }
    }

    @Test("the bytes are those of docs/protocol.md")
    func layout() throws {
        let eight: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 9]
        let hi = try MessageText("hi")
        let expected: [(MessageBody, [UInt8])] = [
            (.text(hi), bytes(kind: 1, [0x68, 0x69])), (.action(hi), bytes(kind: 2, [0x68, 0x69])),
            (.reply(target: 9, hi), bytes(kind: 3, eight + [0x68, 0x69])),
            (.edit(target: 9, hi), bytes(kind: 4, eight + [0x68, 0x69])), (.delete(target: 9), bytes(kind: 5, eight)),
            (.reaction(target: 9, try Sample.emoji("a"), isAdded: true), bytes(kind: 6, eight + [1, 0x61, 1])),
            (.delivered(upTo: 9), bytes(kind: 7, eight)), (.read(upTo: 9), bytes(kind: 8, eight)),
            (.typing, bytes(kind: 9, [])),
            (
                .info(RoomInfo(name: try Sample.room("a"), topic: try RoomTopic("b"), hasNewTopic: true)),
                bytes(kind: 10, [1, 0x61, 0, 1, 0x62, 2])
            ),
            (
                .missing(try #require(MissingRequest(try Sample.device("b/p"), tokens: [9]))),
                bytes(kind: 11, [1, 0x62, 1, 0x70, 0, 8] + eight)
            ),
            (
                .again(token: 9, time: Timestamp(milliseconds: 9), .text(hi)),
                bytes(kind: 12, eight + eight + [0, 1, 0, 0, 0, 2, 0x68, 0x69])
            ),
        ]
        for (body, bytes) in expected { #expect(try content(body).encoded() == bytes, "kind \(body.kind)") }
    }

    @Test("what a newer program adds is kept, byte for byte")
    func newer() throws {
        let unknown = bytes(kind: 77, [1, 2, 3], extra: [0, 2, 8, 9])
        let content = try MessageContent(bytes: unknown)
        #expect(content.body == .unknown(kind: 77, bytes: [1, 2, 3]))
        #expect(content.extra == [8, 9])
        #expect(try content.encoded() == unknown)
        let known = bytes(kind: 1, [0x68], extra: [0, 1, 5])
        #expect(try MessageContent(bytes: known).encoded() == known)
    }

    @Test("another version has a name of its own", arguments: [0, 1, 3, 255] as [UInt8])
    func version(number: UInt8) {
        var bytes = bytes(kind: 1, [0x68])
        bytes[0] = number
        #expect(throws: ContentError.unknownVersion(number)) { try MessageContent(bytes: bytes) }
    }

    @Test(
        "a body that breaks its kind's rule is damaged",
        arguments: [
            (1, [], "empty text"), (1, [0xFF], "no UTF-8"), (1, [0xC0, 0x80], "overlong"),
            (2, [0xED, 0xA0, 0x80], "surrogate"), (3, [0, 0, 0, 0, 0, 0, 0, 9], "reply without text"),
            (3, [0, 0, 0, 0, 0, 0, 0, 0, 65], "reply to 0"), (4, [9, 65], "edit cut off"),
            (5, [0, 0, 0, 0, 0, 0, 0, 0], "delete 0"), (5, [0, 0, 0, 0, 0, 0, 0, 9, 1], "delete and more"),
            (6, [0, 0, 0, 0, 0, 0, 0, 9, 1, 0x61, 2], "neither added nor taken back"),
            (6, [0, 0, 0, 0, 0, 0, 0, 9, 2, 0x61, 0x62, 1], "two letters"),
            (6, [0, 0, 0, 0, 0, 0, 0, 9, 0, 1], "no emoji"), (6, [0, 0, 0, 0, 0, 0, 0, 9, 1, 0x1B, 1], "escape"),
            (7, [0, 0, 0, 0, 0, 0, 0, 0], "delivered 0"), (8, [], "read nothing"), (9, [0], "typing something"),
            (10, [2, 0x61, 0x20, 0, 0, 0], "a name with a space"), (10, [1, 0x41, 0, 0, 0], "a name in upper case"),
            (10, [0, 0, 0, 4], "an unknown flag"), (10, [0, 0x03, 0xE9], "a topic of 1,001 bytes"),
            (11, [1, 0x62, 1, 0x70, 0, 0], "no tokens"),
            (11, [1, 0x62, 1, 0x70, 0, 7, 0, 0, 0, 0, 0, 0, 9], "half a token"),
            (11, [1, 0x62, 1, 0x70, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0], "token 0"),
            (11, [1, 0x42, 1, 0x70, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9], "a name in upper case"),
            (12, [0, 0, 0, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 65], "again token 0"),
            (12, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0], "typing said again"),
            (
                12,
                [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 12, 0, 0, 0, 23]
                    + [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1, 65], "again said again"
            ),
        ] as [(UInt8, [UInt8], String)])
    func damagedBody(kind: UInt8, body: [UInt8], what: String) {
        #expect(throws: ContentError.self, "\(what)") { try MessageContent(bytes: bytes(kind: kind, body)) }
    }

    @Test("a content of token 0, cut off anywhere, or with more behind it is damaged")
    func damaged() throws {
        let whole = bytes(kind: 3, [0, 0, 0, 0, 0, 0, 0, 9, 0x68], extra: [0, 1, 5])
        #expect(throws: Never.self) { try MessageContent(bytes: whole) }
        for length in 0..<whole.count {
            #expect(throws: ContentError.self) { try MessageContent(bytes: Array(whole.prefix(length))) }
        }
        #expect(throws: ContentError.self) { try MessageContent(bytes: whole + [0]) }
        var zero = whole
        zero[8] = 0
        #expect(throws: ContentError.self) { try MessageContent(bytes: zero) }
    }

    @Test(
        "a body of more than 65,000 bytes and a text of more than 60,000 are refused when they come, and when they go")
    func tooLong() throws {
        let long = head + [0, 77, 0, 0, 0xFD, 0xE9] + [UInt8](repeating: 65, count: 65_001) + [0, 0]
        #expect(throws: ContentError.self) { try MessageContent(bytes: long) }
        let text = head + [0, 1, 0, 0, 0xEA, 0x61] + [UInt8](repeating: 65, count: 60_001) + [0, 0]
        #expect(throws: ContentError.self) { try MessageContent(bytes: text) }
        let unknown = content(.unknown(kind: 77, bytes: [UInt8](repeating: 0, count: 65_001)))
        #expect(throws: ContentError.self) { try unknown.encoded() }
    }

    @Test("damaged contents are refused, or read and written as the same bytes")
    func fuzz() throws {
        var random = SeededRandom(4)
        let seeds = try Sample.bodies().map { try content($0).encoded() }.filter { $0.count < 1_000 }
        var accepted = 0
        for round in 0..<20_000 {
            let bytes = seeds[round % seeds.count].damaged(using: &random)
            guard let read = try? MessageContent(bytes: bytes) else { continue }
            accepted += 1
            #expect(try read.encoded() == bytes)
        }
        // Flips in numbers, digests and texts are contents too: the loop has seen both.
        #expect((100..<20_000).contains(accepted))
    }
}

@Suite("texts and reactions")
struct TextTests {
    @Test("a text has 1 to 60,000 bytes", arguments: [1, 60_000])
    func accepted(length: Int) throws {
        #expect(try MessageText(String(repeating: "x", count: length)).description.utf8.count == length)
    }

    @Test(
        "others are refused in words",
        arguments: [
            ("", "there is no text; write some"),
            (
                String(repeating: "x", count: 60_001),
                "a text of 60001 bytes; at most 60000 go into one message: send it in parts"
            ),
            (
                String(repeating: "é", count: 30_001),
                "a text of 60002 bytes; at most 60000 go into one message: send it in parts"
            ),
        ])
    func refused(text: String, words: String) throws {
        let error = try #require(#expect(throws: ContentError.self) { try MessageText(text) })
        #expect(error.description == words)
    }

    @Test("a topic has at most 1,000 bytes")
    func topic() throws {
        #expect(try RoomTopic(String(repeating: "x", count: 1_000)).isEmpty == false)
        #expect(throws: ContentError.self) { try RoomTopic(String(repeating: "x", count: 1_001)) }
    }

    @Test("one visible character is a reaction", arguments: ["👍", "👍🏽", "❤️", "👩‍👩‍👧", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "é", "a", "+", "日", "நி"])
    func emoji(text: String) {
        #expect(Emoji(text)?.description == text)
    }

    @Test(
        "others are not",
        arguments: [
            "", " ", "ab", "👍👍", "\n", "\r\n", "\t", "\u{1B}", "\u{202E}", "\u{200D}", "\u{FE0F}", "\u{301}",
            "\u{E0067}", "\u{FFFD}", "\u{E000}", "a" + String(repeating: "\u{301}", count: 16),
            "👨🏽‍❤️‍💋‍👨🏽👍",
        ])
    func noEmoji(text: String) {
        #expect(Emoji(text) == nil)
    }
}
