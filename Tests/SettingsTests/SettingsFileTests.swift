import Glibc
import Settings
import Testing

@Suite("settings files")
struct SettingsFileTests {
    private func settings(_ text: String, keys: [String] = ["port", "listen", "certs"]) throws -> Settings {
        Settings(keys: keys, prefix: "TEST", environment: [:], file: try SettingsFile(text, name: "c.yaml"))
    }

    /// What is said of a text that cannot be used.
    private func complaint(_ text: String) throws -> String {
        try #require(#expect(throws: SettingsError.self) { try SettingsFile(text, name: "c.yaml") }).description
    }

    @Test("reads values and lists, in any of YAML's spellings")
    func reads() throws {
        let settings = try settings(
            """
            # a comment with & and *
            port: 7443   # & here
            listen:
              - 0.0.0.0
              - "::"
            certs: 'a folder'
            """)
        #expect(try settings.number("port", flag: nil, in: 0...65_535) == 7443)
        #expect(settings.texts("listen", flag: []) == ["0.0.0.0", "::"])
        #expect(try settings.text("certs", flag: nil) == "a folder")
        #expect(settings.warnings == [])
    }

    @Test(
        "a value that is left out counts as not set",
        arguments: ["port:", "port: ~", "port: null", "", "\n\n# only this\n"])
    func empty(text: String) throws {
        #expect(try settings(text).number("port", flag: nil, in: 1...9) == nil)
    }

    @Test("a quoted ~ is a text")
    func quoted() throws {
        #expect(try settings("certs: \"~\"").text("certs", flag: nil) == "~")
    }

    @Test("a text may hold & and *")
    func ampersand() throws {
        #expect(try settings("certs: a&b*c").text("certs", flag: nil) == "a&b*c")
    }

    @Test(
        "names the line of what is not YAML or not a flat mapping",
        arguments: [
            ("port: 1\n\tlisten: 2", ":2:"), ("port: [1", ":"), ("port: \"1", ":"), ("- 1\n- 2", ":1:"),
            ("just text", ":1:"),
            ("port: 1\ncerts:\n  folder: x", ":2:"), ("port: 1\nlisten:\n  - [a]", ":2:"), ("port: 1\nport: 2", ":"),
        ])
    func malformed(text: String, place: String) throws {
        #expect(try complaint(text).hasPrefix("c.yaml" + place))
    }

    @Test(
        "refuses anchors and aliases, which let a few bytes stand for billions",
        arguments: [
            "a: &a [x, x]\nb: [*a, *a]", "a: 1\nb: *a", "a: [&x 1]", "? *a", "- &a b", "a:\t&a b", "{a: &b c}",
            "[1,*b]",
        ])
    func references(text: String) throws {
        #expect(try complaint(text).contains("anchors (&) and aliases (*) are not used here"))
    }

    @Test("the line of an anchor is counted from 1")
    func anchorLine() throws {
        #expect(try complaint("a: 1\n\nb: &x 2").hasPrefix("c.yaml:3:"))
    }

    @Test("deep nesting is refused, not followed", arguments: ["[", "{a: ", "- "])
    func nesting(opener: String) throws {
        _ = try complaint(String(repeating: opener, count: 60_000 / opener.utf8.count))
    }

    @Test("an unknown key warns with its line and names the nearest known one")
    func unknownKeys() throws {
        let settings = try settings("prot: 1\nport: 2\n\nzzz: 3")
        #expect(
            settings.warnings == [
                "c.yaml:1: the key prot is unknown and has no effect; did you mean port?",
                "c.yaml:4: the key zzz is unknown and has no effect",
            ])
    }

    @Test("a file that is missing is told apart from one that is wrong")
    func missing() throws {
        let path = "/nonexistent/conclave.yaml"
        let error = try #require(#expect(throws: SettingsError.self) { try SettingsFile(path: path) })
        #expect(error.kind == .missingFile)
        #expect(error.description.hasPrefix(path))
    }

    @Test("a file of 65,536 bytes is read; a longer one, one that is not UTF-8, and a folder are refused")
    func files() throws {
        let path = try temporaryFile(Array(("port: 1\n#" + String(repeating: "x", count: 65_536 - 9)).utf8))
        defer { unlink(path) }
        let file = try SettingsFile(path: path)
        let settings = Settings(keys: ["port"], prefix: "TEST", environment: [:], file: file)
        #expect(try settings.number("port", flag: nil, in: 1...1) == 1)

        for bytes in [[UInt8](repeating: UInt8(ascii: "#"), count: 65_537), [0x61, 0x3A, 0x20, 0xFF]] {
            let path = try temporaryFile(bytes)
            defer { unlink(path) }
            let error = try #require(#expect(throws: SettingsError.self) { try SettingsFile(path: path) })
            #expect(error.kind == .configuration)
            #expect(error.description.hasPrefix(path))
        }
        #expect(throws: SettingsError.self) { try SettingsFile(path: "/") }
    }

    private func temporaryFile(_ bytes: [UInt8]) throws -> String {
        var template = Array("/tmp/conclave-settings-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
