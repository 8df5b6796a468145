import Testing

@testable import MonitorViews

@Suite("JSON lines, RFC 8259")
struct JSONLineTests {
    @Test("escapes what would end or bend a text")
    func escapes() {
        var object = JSONLine()
        object.add("a", "\"\\\u{1}\u{9B}é")
        #expect(object.line == #"{"a":"\"\\\u0001\u009bé"}"#)
    }
}
