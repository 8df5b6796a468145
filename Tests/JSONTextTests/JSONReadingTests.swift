import JSONText
import Testing

@Suite("reading JSON, RFC 8259")
struct JSONReadingTests {
    private func value(_ text: String) throws -> JSONValue { try JSONNode(parsing: text).value }

    @Test(
        "values of every kind are read",
        arguments: [
            ("null", JSONValue.null), ("true", .bool(true)), ("false", .bool(false)), (" \t\r\n null \n", .null),
            ("0", .number("0")), ("-0", .number("-0")), ("12", .number("12")), ("-1.50", .number("-1.50")),
            ("1e5", .number("1e5")), ("1E+05", .number("1E+05")), ("0.1e-2", .number("0.1e-2")),
            ("123456789012345678901234567890.10", .number("123456789012345678901234567890.10")),
            (#""""#, .string("")), (#""a b""#, .string("a b")),
            (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{C}\n\r\t")),
            (#""\u0041\u00e9\u00E9\u20ac\u0000""#, .string("Aéé€\0")), (#""\ud83d\ude00!""#, .string("😀!")),
            ("\"é€😀\u{7F}\"", .string("é€😀\u{7F}")), ("[]", .array([])), ("[ ]", .array([])), ("{}", .object([])),
            ("{ }", .object([])),
        ])
    func readsValues(text: String, expected: JSONValue) throws {
        #expect(try value(text) == expected)
    }

    @Test(
        "the edges of UTF-8 are read",
        arguments: ["\u{80}", "\u{7FF}", "\u{800}", "\u{D7FF}", "\u{E000}", "\u{FFFF}", "\u{10000}", "\u{10FFFF}"])
    func readsEdges(text: String) throws {
        #expect(try value("\"\(text)\"") == .string(text))
    }

    @Test("every node and every name knows its line and column")
    func knowsPlaces() throws {
        let root = try JSONNode(parsing: "{ \"é😀\": 1,\n\t\"b\" : [\n  true, {\"c\":\"x\"}]}\r\n")
        #expect(root.line == 1 && root.column == 1)
        let members = try #require(root.members)
        #expect(members.map(\.nameLine) == [1, 2] && members.map(\.nameColumn) == [3, 2])
        // The two characters before it have six bytes and count as two.
        #expect(members[0].value.line == 1 && members[0].value.column == 9)
        #expect(members[1].value.line == 2 && members[1].value.column == 8)
        let array = try #require(members[1].value.array)
        #expect(array.map(\.line) == [3, 3] && array.map(\.column) == [3, 9])
        #expect(array[1].members?.first?.nameColumn == 10 && array[1]["c"]?.column == 14)
    }

    @Test("a line out of a larger text has the number it is told")
    func countsOn() throws {
        #expect(try JSONNode(parsing: "1", line: 40).line == 40)
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: "[\nx", line: 40) }
        #expect(error == JSONTextError(.expected("a value"), line: 41, column: 1))
    }

    @Test("accessors give what is there, and nil for all else")
    func accessors() throws {
        let root = try JSONNode(
            parsing:
                #"{"s":"t","i":-7,"f":1.5,"e":1e2,"big":9223372036854775808,"huge":1e999,"b":true,"n":null,"a":[1]}"#)
        #expect(root["s"]?.string == "t" && root["s"]?.int == nil && root["s"]?.array == nil && root["s"]?["x"] == nil)
        #expect(root["i"]?.int == -7 && root["i"]?.double == -7 && root["i"]?.string == nil)
        #expect(root["f"]?.int == nil && root["f"]?.double == 1.5)
        #expect(root["e"]?.int == nil && root["e"]?.double == 100)
        #expect(root["big"]?.int == nil && root["big"]?.double == 9_223_372_036_854_775_808)
        #expect(root["huge"]?.double == nil && root["huge"]?.value == .number("1e999"))
        #expect(root["b"]?.bool == true && root["i"]?.bool == nil)
        #expect(root["n"]?.isNull == true && root["b"]?.isNull == false)
        #expect(root["a"]?.array?.count == 1 && root["a"]?.members == nil)
        #expect(root["none"] == nil && root.string == nil)
        let kinds = [
            "a string", "a number", "a number", "a number", "a number", "a number", "true", "null", "an array",
        ]
        #expect(root.members?.map(\.value.kind) == kinds && root.kind == "an object")
    }

    @Test(
        "what breaks the grammar is refused where it stands",
        arguments: [
            ("", 1, 1, "a value"), ("  \n ", 2, 2, "a value"), ("nul", 1, 1, "a value (null?)"),
            ("True", 1, 1, "a value"), ("truex", 1, 5, "the end of the text"), ("1 2", 1, 3, "the end of the text"),
            ("[1 2]", 1, 4, "a comma or ]"), ("[1", 1, 3, "a comma or ]"),
            ("[,1]", 1, 2, "a value"), ("[1}", 1, 3, "a comma or ]"), ("]", 1, 1, "a value"),
            ("{a:1}", 1, 2, "a name in quotation marks"),
            ("{1:1}", 1, 2, "a name in quotation marks"), ("{\"a\" 1}", 1, 6, "a colon"), ("{\"a\":}", 1, 6, "a value"),
            ("{\"a\":1 \"b\":2}", 1, 8, "a comma or }"), ("{\"a\":1", 1, 7, "a comma or }"),
            ("{", 1, 2, "a name in quotation marks"),
            ("\"a", 1, 3, "a quotation mark at the end of the string"), ("-", 1, 2, "a digit"), ("1.", 1, 3, "a digit"),
            ("1.e5", 1, 3, "a digit"), (".5", 1, 1, "a value"), ("1e", 1, 3, "a digit"), ("1e+", 1, 4, "a digit"),
            ("+1", 1, 1, "a value"), ("-a", 1, 2, "a digit"), ("NaN", 1, 1, "a value"), ("-Infinity", 1, 2, "a digit"),
            ("0x10", 1, 2, "the end of the text"), ("1_000", 1, 2, "the end of the text"), ("'a'", 1, 1, "a value"),

            ("{}{}", 1, 3, "the end of the text"),
            ("1\u{A0}", 1, 2, "the end of the text"), ("\u{B}1", 1, 1, "a value"), ("1\0", 1, 2, "the end of the text"),
        ])
    func refusesGrammar(text: String, line: Int, column: Int, expected: String) {
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: text) }
        #expect(error == JSONTextError(.expected(expected), line: line, column: column))
        #expect(error?.description == "line \(line), column \(column): \(expected) is expected here")
    }

    @Test(
        "what is wrong within a string or a number is named",
        arguments: [
            (#""\x""#, 2, JSONTextError.Kind.badEscape), (#""\u12""#, 2, .badEscape), (#""\u00g0""#, 2, .badEscape),
            (#""\u+123""#, 2, .badEscape), (#""\"#, 2, .badEscape), (#""\U0041""#, 2, .badEscape),
            (#""\ud800""#, 2, .loneSurrogate), (#""a\udc00""#, 3, .loneSurrogate),
            (#""\ud800\u0041""#, 2, .loneSurrogate),
            (#""\ud800\ud800""#, 2, .loneSurrogate), (#""\ud800x""#, 2, .loneSurrogate),
            ("\"a\nb\"", 3, .controlCharacter(10)), ("\"\t\"", 2, .controlCharacter(9)),
            ("\"\0\"", 2, .controlCharacter(0)),
            ("01", 1, .leadingZero), ("-01", 1, .leadingZero), ("00", 1, .leadingZero),
            ("\u{FEFF}1", 1, .byteOrderMark),
            ("[1,]", 4, .commaAtEnd), ("[1 , ]", 6, .commaAtEnd), ("{\"a\":1,}", 8, .commaAtEnd),
            ("// remark\n1", 1, .remark),
            ("[1, /* x */ 2]", 5, .remark), ("[1 # x\n]", 4, .remark), ("{/**/}", 2, .remark), ("1 // x", 3, .remark),
        ])
    func refusesContent(text: String, column: Int, kind: JSONTextError.Kind) {
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: text) }
        #expect(error == JSONTextError(kind, line: 1, column: column))
        #expect(error.map { !$0.parts.remedy.isEmpty } == true)
    }

    @Test(
        "what is no UTF-8 is refused: cut, overlong, surrogates, past the end, loose bytes",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xE2, 0x82, 0x41], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
        ] as [[UInt8]])
    func refusesBytes(bytes: [UInt8]) {
        for text in [Array("\"é".utf8) + bytes + Array("\"".utf8), Array("\"é".utf8) + bytes] {
            let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: text) }
            #expect(error == JSONTextError(.notUTF8, line: 1, column: 3))
        }
    }

    @Test(
        "a name that an object has twice is refused, in small objects and large ones", arguments: [1, 11, 12, 13, 40])
    func refusesDuplicates(count: Int) {
        let members = (0..<count).map { "\"n\($0)\": {\"n0\": 1}" }.joined(separator: ",\n")
        #expect(throws: Never.self) { try JSONNode(parsing: "{\(members)}") }
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: "{\(members),\n \"\\u006e0\": 2}") }
        #expect(error == JSONTextError(.duplicateName("n0", line: 1), line: count + 1, column: 2))
        #expect(error?.words == "the name \"n0\" is already in line 1; remove one of them")
        let last = #expect(throws: JSONTextError.self) { try JSONNode(parsing: "{\(members),\n \"n\(count - 1)\": 2}") }
        #expect(last?.kind == .duplicateName("n\(count - 1)", line: count))
    }
}

@Suite("limits of reading JSON")
struct JSONLimitTests {
    @Test("depth is allowed up to the limit and refused above", arguments: ["[", "{\"a\":"])
    func depth(opening: String) throws {
        let closing = opening == "[" ? "]" : "}"
        let text = { (depth: Int) in
            String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
        }
        #expect(throws: Never.self) { try JSONNode(parsing: text(32)) }
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: text(33)) }
        #expect(error?.kind == .tooDeep(32) && error?.column == 32 * opening.count + 1)
        #expect(JSONLimits(depth: 1_000_000).depth == 512)
        #expect(throws: Never.self) { try JSONNode(parsing: text(512), limit: JSONLimits(depth: 512)) }
        // Far more than a stack would hold.
        let deep = String(repeating: opening, count: 1_000_000)
        let refused = #expect(throws: JSONTextError.self) { try JSONNode(parsing: deep, limit: JSONLimits(depth: 512)) }
        #expect(refused?.kind == .tooDeep(512))
    }

    @Test("size is allowed up to the limit and refused above")
    func size() throws {
        let limit = JSONLimits(bytes: 10)
        #expect(throws: Never.self) { try JSONNode(parsing: "\"12345678\"", limit: limit) }
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: "\"123456789\"", limit: limit) }
        #expect(error?.kind == .tooLong(10))
        #expect(error?.words == "the text has more than 10 bytes; make it shorter")
    }

    @Test("values are allowed up to the limit and refused above")
    func values() throws {
        let limit = JSONLimits(values: 4)
        #expect(throws: Never.self) { try JSONNode(parsing: "[1,{\"a\":2}]", limit: limit) }
        let error = #expect(throws: JSONTextError.self) { try JSONNode(parsing: "[1,2,3,4]", limit: limit) }
        #expect(error == JSONTextError(.tooMany(4), line: 1, column: 8))
    }

    @Test("large objects, long strings and long numbers are read without growing slow")
    func large() throws {
        let members = (0..<20_000).map { "\"name\($0)\":\($0)" }.joined(separator: ",")
        #expect(try JSONNode(parsing: "{\(members)}").members?.count == 20_000)
        let string = String(repeating: #"\n€"#, count: 50_000)
        #expect(try JSONNode(parsing: "\"\(string)\"").string?.unicodeScalars.count == 100_000)
        let digits = String(repeating: "7", count: 200_000)
        #expect(try JSONNode(parsing: digits).int == nil)
        #expect(try JSONNode(parsing: digits).value == .number(digits))
    }
}
