import ChatClient
import Testing

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
