import Chat
import ChatClient
import NIOCore
import Testing

@Suite("the content of messages")
struct MessageContentTests {
    @Test(
        "texts and actions are read back, up to 60,000 bytes",
        arguments: ["a", "héllo 日本 👩‍👩‍👧", String(repeating: "x", count: 60_000)])
    func roundTrip(text: String) throws {
        for kind in [MessageContent.Kind.text, .action] {
            let content = try MessageContent(kind, text)
            #expect(try MessageContent(payload: content.payload) == content)
        }
    }

    @Test("the bytes are those of docs/protocol.md")
    func bytes() throws {
        let payload = try MessageContent(.text, "hello").payload
        #expect(Array(payload.readableBytesView) == [1, 1, 0, 5, 0x68, 0x65, 0x6C, 0x6C, 0x6F])
    }

    @Test(
        "an empty or longer text is not written",
        arguments: ["", String(repeating: "x", count: 60_001), String(repeating: "é", count: 30_001)])
    func lengths(text: String) {
        #expect(throws: ContentError.lengthOutOfRange(text.utf8.count)) { try MessageContent(.text, text) }
    }

    @Test(
        "what is no such content has a name",
        arguments: [
            ([], .malformed), ([1], .malformed), ([0, 1, 0, 1, 65], .unknownVersion(0)),
            ([2, 1, 0, 1, 65], .unknownVersion(2)),
            ([1, 0, 0, 1, 65], .unknownKind(0)), ([1, 3, 0, 1, 65], .unknownKind(3)), ([1, 1], .malformed),
            ([1, 1, 0], .malformed), ([1, 1, 0, 2, 65], .malformed), ([1, 1, 0, 1, 65, 66], .malformed),
            ([1, 1, 0, 0], .lengthOutOfRange(0)), ([1, 1, 0, 1, 0xFF], .malformed),
            ([1, 1, 0, 2, 0xC0, 0x80], .malformed),
            ([1, 1, 0, 3, 0xED, 0xA0, 0x80], .malformed),
        ] as [([UInt8], ContentError)])
    func malformed(bytes: [UInt8], error: ContentError) {
        #expect(throws: error) { try MessageContent(payload: ByteBuffer(bytes: bytes)) }
    }

    @Test("a text of more than 60,000 bytes is refused when it comes")
    func tooLong() {
        var buffer = ByteBuffer(bytes: [1, 1])
        buffer.writeInteger(UInt16(60_001))
        buffer.writeRepeatingByte(65, count: 60_001)
        #expect(throws: ContentError.lengthOutOfRange(60_001)) { try MessageContent(payload: buffer) }
    }
}

@Suite("ids of rooms by name")
struct RoomIDOfNameTests {
    @Test("is the one in docs/protocol.md, which sha256sum gives too")
    func lab() throws {
        #expect(try Desk.id("#Lab").description == "b07b6d797936f752ae71cde6c01c18a9")
    }

    @Test("one name has one id, however it was typed")
    func normalisation() throws {
        #expect(try Desk.id("caf\u{E9}") == Desk.id("cafe\u{301}"))
        #expect(try Desk.id("a") != Desk.id("b"))
    }
}

@Suite("others' text on our terminal")
struct SafeTextTests {
    @Test(
        "what acts on a terminal does not get there",
        arguments: [
            ("\u{1B}[2J", "\u{FFFD}[2J"), ("\u{1B}]0;title\u{7}", "\u{FFFD}]0;title\u{FFFD}"),
            ("a\u{8}b", "a\u{FFFD}b"),
            ("\u{9B}31m", "\u{FFFD}31m"), ("\u{90}q\u{9C}", "\u{FFFD}q\u{FFFD}"), ("a\0b", "a\u{FFFD}b"),
            ("\u{7F}", "\u{FFFD}"),
            ("a\u{202E}b\u{202C}", "a\u{FFFD}b\u{FFFD}"), ("\u{2066}x\u{2069}", "\u{FFFD}x\u{FFFD}"),
            ("\u{200E}\u{200F}\u{61C}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ("\u{200B}\u{FEFF}\u{AD}", "\u{FFFD}\u{FFFD}\u{FFFD}"), ("\u{E000}", "\u{FFFD}"),
        ])
    func active(text: String, shown: String) {
        #expect(SafeText.line(text) == shown)
    }

    @Test(
        "a text is one line",
        arguments: [
            ("a\nb", "a⏎b"), ("a\r\nb", "a⏎b"), ("a\rb", "a⏎b"), ("a\u{2028}b\u{85}c", "a⏎b⏎c"), ("a\tb", "a b"),
            ("\n\n", "⏎⏎"),
        ])
    func lines(text: String, shown: String) {
        #expect(SafeText.line(text) == shown)
    }

    @Test(
        "people's writing stays as it is",
        arguments: ["héllo", "日本語", "👩‍👩‍👧 ❤️ 🇩🇪", "שלום", "العربية", "e\u{301}", "நி", "می‌خواهم", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
    func ordinary(text: String) {
        #expect(SafeText.line(text) == text)
    }

    @Test("of every character there is, none that is left is a control or format character but joiners and tags")
    func everyScalar() {
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            for left in SafeText.line(String(scalar)).unicodeScalars {
                switch left.properties.generalCategory {
                case .control, .lineSeparator, .paragraphSeparator: Issue.record("U+\(String(value, radix: 16))")
                case .format where ![0x200C, 0x200D].contains(left.value) && !(0xE0020...0xE007F).contains(left.value):
                    Issue.record("U+\(String(value, radix: 16))")
                default: break
                }
            }
        }
    }
}
