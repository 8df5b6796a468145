import Testing

@testable import MonitorViews

@Suite("JSON in one form, RFC 8785") struct CanonicalJSONTests {
    @Test("sorts members by UTF-16, and escapes what must be")
    func writes() {
        let value = CanonicalJSON.object([
            "b": .list([.number(-1), .truth(true), .truth(false)]), "a": .text("\u{8}\t\n\u{C}\r\"\\\u{1}\u{7F}é😀"),
            "\u{FB33}": .number(1), "😀": .number(2),
        ])
        #expect(
            String(decoding: value.bytes, as: UTF8.self)
                == "{\"a\":\"\\b\\t\\n\\f\\r\\\"\\\\\\u0001\u{7F}é😀\",\"b\":[-1,true,false],\"😀\":2,\"\u{FB33}\":1}")
    }

    @Test("reads what it writes")
    func reads() throws {
        let value = CanonicalJSON.object([
            "text": .text("a\"\\\u{1F}/é"), "empty": .object([:]), "list": .list([.list([]), .number(0)]),
            "large": .number(CanonicalJSON.largest),
        ])
        #expect(try #require(CanonicalJSON(value.bytes)) == value)
        #expect(value["text"]?.text == "a\"\\\u{1F}/é")
    }

    @Test(
        "refuses every other form of the same value, and what is no value",
        arguments: [
            "", " {}", "{} ", "{ }", "{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":1}", "{\"a\":1,}", "[1,]", "[01]", "[-0]",
            "[1.0]",
            "[1e1]", "[9007199254740992]", "[99999999999999999999]", "[\"\\u0041\"]", "[\"\\/\"]", "[\"\\u000A\"]",
            "[\"\u{1}\"]", "[\"a]", "[null]", "nul", "tru", "{\"a\"}", "{1:2}", "[\"\\u00\"]", "[\"\\", "[-]", "[+1]",
            "{\"a\":1}{}", "[1]\n",
        ])
    func refuses(text: String) { #expect(CanonicalJSON(Array(text.utf8)) == nil) }

    @Test("refuses what is nested too deeply, and what is no UTF-8")
    func bounds() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(CanonicalJSON(Array(deep.utf8)) == nil)
        #expect(CanonicalJSON([0x5B, 0x22, 0xFF, 0x22, 0x5D]) == nil)
    }
}
