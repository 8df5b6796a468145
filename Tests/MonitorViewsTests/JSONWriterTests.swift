import Foundation
import MonitorViews
import Testing

@Suite("JSON into one buffer, RFC 8259")
struct JSONWriterTests {
    @Test("writes members, arrays and objects with commas in their places")
    func structure() {
        var out = JSONWriter()
        out.beginObject()
        out.add("a", 1)
        out.add("b", nil as Int?)
        out.add("c", ["x", "y"])
        out.object("d") { $0.add("e", true) }
        out.array("f", [1, 2]) { $0.value($1) }
        out.array("g", [Int]()) { $0.value($1) }
        out.endObject()
        out.endLine()
        out.beginObject()
        out.endObject()
        #expect(out.text == "{\"a\":1,\"c\":[\"x\",\"y\"],\"d\":{\"e\":true},\"f\":[1,2],\"g\":[]}\n{}")
    }

    @Test("writes numbers whole, to their ends")
    func numbers() {
        var out = JSONWriter()
        out.beginObject()
        out.add("a", Int.min)
        out.add("b", Int.max)
        out.add("c", 0)
        out.add("d", nanoseconds: 1_700_000_000_000_000_009)
        out.add("e", nanoseconds: -1_500_000_000)
        out.add("f", nanoseconds: .min)
        out.add("g", share: 0.97)
        out.add("h", share: 1)
        out.add("i", share: .nan)
        out.add("j", hexadecimal: 0x0A)
        out.endObject()
        #expect(
            out.text
                == "{\"a\":-9223372036854775808,\"b\":9223372036854775807,\"c\":0,\"d\":1700000000.000000009,"
                + "\"e\":-1.500000000,\"f\":-9223372036.854775808,\"g\":0.97,\"h\":1.0,\"i\":0.0,\"j\":\"000a\"}")
    }

    @Test("escapes what would end a text, and what a terminal would obey")
    func escapes() throws {
        let hostile = "\"\\\n\u{1B}[2J\u{9B}é\u{202E}\u{2028}日"
        var out = JSONWriter()
        out.beginObject()
        out.add("a", hostile)
        out.endObject()
        #expect(out.text == #"{"a":"\"\\\u000a\u001b[2J\u009bé\u202e\u2028日"}"#)
        let object = try JSONSerialization.jsonObject(with: Data(out.bytes)) as? [String: String]
        #expect(object?["a"] == hostile)
    }

    @Test("what is no UTF-8 becomes characters of the bytes' numbers")
    func bytes() throws {
        var out = JSONWriter()
        out.beginObject()
        out.add("valid", wire: Array("ü".utf8))
        out.add("not", wire: [0x61, 0xFF, 0x80, 0x00])
        out.endObject()
        #expect(out.text == #"{"valid":"ü","not":"aÿ\u0080\u0000"}"#)
    }

    @Test("whatever bytes come, it is JSON")
    func anything() throws {
        var state: UInt64 = 99
        for _ in 0..<300 {
            var bytes: [UInt8] = []
            for _ in 0..<40 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                bytes.append(UInt8(truncatingIfNeeded: state >> 40))
            }
            var out = JSONWriter()
            out.beginObject()
            out.add("a", wire: bytes)
            out.endObject()
            #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(out.bytes)) }
            #expect(!out.bytes.contains { $0 < 0x20 || $0 == 0x7F })
        }
    }

    @Test("is empty again after it was cleared")
    func clearing() {
        var out = JSONWriter()
        out.beginObject()
        out.add("a", 1)
        out.removeAll()
        out.beginObject()
        out.endObject()
        #expect(out.text == "{}")
    }
}
