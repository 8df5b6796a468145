import JSONText
import Testing

@Suite("writing JSON")
struct JSONWritingTests {
    @Test(
        "values are written compactly",
        arguments: [
            (JSON.null, "null"), (.bool(true), "true"), (.int(-7), "-7"), (.int(.max), "9223372036854775807"),
            (.number(1.5), "1.5"), (.number(1e-7), "1e-07"), (.number(.nan), "null"), (.number(-.infinity), "null"),
            (.array([]), "[]"), (.object([:]), "{}"), ("text", #""text""#),
            (["a": 1, "b": [true, nil, "x", 2.5], "c": [:]], #"{"a":1,"b":[true,null,"x",2.5],"c":{}}"#),
            (.integer(UInt64.max), "9223372036854775807"), (.integer(nil as Int?), "null"), (.string(nil), "null"),
            (.integer(UInt16(7)), "7"),
        ] as [(JSON, String)])
    func compact(value: JSON, text: String) throws {
        #expect(value.compact == text)
        #expect(throws: Never.self) { try JSONNode(parsing: text) }
    }

    @Test("what acts on a terminal, a page or a parser is escaped")
    func escapes() throws {
        let text = "\"\\/\u{8}\u{C}\n\r\t\u{0}\u{1B}\u{7F}\u{85}\u{200F}\u{2028}\u{2029}\u{202E}\u{2066}\u{FEFF}é😀"
        let written = JSON.string(text).compact
        #expect(
            written
                == #""\"\\/\b\f\n\r\t\u0000\u001b\u007f\u0085\u200f\u2028\u2029\u202e\u2066\ufeffé😀""#)
        #expect(try JSONNode(parsing: written).string?.unicodeScalars.elementsEqual(text.unicodeScalars) == true)
        #expect(JSON.object(["a\n": 1]).compact == #"{"a\n":1}"#)
    }

    @Test("every character is read back as it was written")
    func everyCharacter() throws {
        for start in stride(from: UInt32(0), to: 0x11_0000, by: 0x400) {
            var text = String.UnicodeScalarView()
            text.append(contentsOf: (start..<start + 0x400).compactMap(Unicode.Scalar.init))
            let read = try JSONNode(parsing: JSON.string(String(text)).compact).string
            #expect(read?.unicodeScalars.elementsEqual(text) == true, "from \(start)")
        }
    }

    @Test("for people: short values in a line, each object of an array in its own, the whole never in one")
    func pretty() {
        let value: JSON = [
            "version": 1, "empty": [], "none": [:],
            "rules": [["id": 1, "ports": ["23", "80-90"]], ["id": 2]],
            "names": ["a", "b"], "nested": ["feeds": [["name": "x"]]],
            "long": .array((0..<60).map { .int($0 * 100) }),
        ]
        let numbers = (0..<60).map { "    \($0 * 100)" }.joined(separator: ",\n")
        #expect(
            value.pretty == """
                {
                  "version": 1,
                  "empty": [],
                  "none": {},
                  "rules": [
                    {"id": 1, "ports": ["23", "80-90"]},
                    {"id": 2}
                  ],
                  "names": ["a", "b"],
                  "nested": {
                    "feeds": [
                      {"name": "x"}
                    ]
                  },
                  "long": [
                \(numbers)
                  ]
                }
                """)
        #expect(JSON.array([]).pretty == "[]" && JSON.int(1).pretty == "1" && JSON.array([1]).pretty == "[\n  1\n]")
    }

    @Test("fields keep their order and can be added")
    func fields() {
        var fields: JSONFields = ["z": 1]
        fields.append("a", nil)
        #expect(JSON.object(fields).compact == #"{"z":1,"a":null}"#)
        #expect(JSONFields([("q", true)]).all.map(\.name) == ["q"])
    }
}
