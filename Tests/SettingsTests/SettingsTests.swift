import Settings
import Testing

@Suite("settings")
struct SettingsTests {
    private enum Colour: String, CaseIterable {
        case red
        case blue
    }

    private func settings(_ file: String? = nil, _ environment: [String: String] = [:]) throws -> Settings {
        Settings(
            keys: ["port", "listen", "max-connections", "colour"], prefix: "TEST", environment: environment,
            file: try file.map { try SettingsFile($0, name: "c.yaml") })
    }

    @Test("a flag goes before the environment, that before the file, and that before nothing")
    func precedence() throws {
        let environment = ["TEST_PORT": "2"]
        #expect(try settings("port: 3", environment).number("port", flag: 1, in: 0...9) == 1)
        #expect(try settings("port: 3", environment).number("port", flag: nil, in: 0...9) == 2)
        #expect(try settings("port: 3").number("port", flag: nil, in: 0...9) == 3)
        #expect(try settings().number("port", flag: nil, in: 0...9) == nil)
    }

    @Test("a variable that is empty, or of another prefix, counts as not set")
    func variables() throws {
        #expect(try settings("port: 3", ["TEST_PORT": ""]).number("port", flag: nil, in: 0...9) == 3)
        #expect(try settings("port: 3", ["PORT": "2", "TEST_port": "2"]).number("port", flag: nil, in: 0...9) == 3)
    }

    @Test("a dash in a key is an underscore in its variable")
    func dashes() throws {
        #expect(try settings(nil, ["TEST_MAX_CONNECTIONS": "5"]).number("max-connections", flag: nil, in: 0...9) == 5)
    }

    @Test("numbers are taken to both ends of their range", arguments: [1, 65_535])
    func ends(number: Int) throws {
        #expect(try settings("port: \(number)").number("port", flag: nil, in: 1...65_535) == number)
    }

    @Test(
        "a number that is none, or out of range, is refused with its place",
        arguments: ["0", "65536", "-1", "x", "7443x", "1.5", "0x10", "99999999999999999999", "[1, 2]", "\"\""])
    func badNumbers(value: String) throws {
        let settings = try settings("\n\nport: \(value)")
        let error = try #require(
            #expect(throws: SettingsError.self) { try settings.number("port", flag: nil, in: 1...65_535) })
        #expect(error.description.hasPrefix("c.yaml:3: port is "))
        #expect(error.description.hasSuffix("a whole number from 1 to 65535 is expected"))
        #expect(error.kind == .configuration)
    }

    @Test("an error names the flag or the variable that it is about")
    func places() throws {
        let settings = try settings(nil, ["TEST_PORT": "many"])
        let flag = try #require(#expect(throws: SettingsError.self) { try settings.number("port", flag: 0, in: 1...9) })
        #expect(flag.description.hasPrefix("--port is \"0\""))
        #expect(flag.kind == .usage)
        let variable = try #require(
            #expect(throws: SettingsError.self) { try settings.number("port", flag: nil, in: 1...9) })
        #expect(variable.description.hasPrefix("TEST_PORT is \"many\""))
        #expect(variable.kind == .configuration)
    }

    @Test("lists come from repeated flags, from a variable with commas, or from the file; one value is a list too")
    func lists() throws {
        #expect(try settings("listen: [c]", ["TEST_LISTEN": "b"]).texts("listen", flag: ["a", "a,b"]) == ["a", "a,b"])
        #expect(
            try settings("listen: [c]", ["TEST_LISTEN": "b, ::1 ,,d"]).texts("listen", flag: []) == ["b", "::1", "d"])
        #expect(try settings("listen: [c, d]").texts("listen", flag: []) == ["c", "d"])
        #expect(try settings("listen: c").texts("listen", flag: []) == ["c"])
        #expect(try settings().texts("listen", flag: []) == nil)
    }

    @Test("a list where one value is expected is refused")
    func unexpectedList() throws {
        let settings = try settings("colour: [red, blue]\nport: [1, 2]")
        #expect(throws: SettingsError.self) { try settings.text("colour", flag: nil) }
        #expect(throws: SettingsError.self) { try settings.choice("colour", flag: nil, of: Colour.allCases) }
    }

    @Test("a choice is one of its words, in their spelling")
    func choices() throws {
        #expect(try settings("colour: blue").choice("colour", flag: nil, of: Colour.allCases) == .blue)
        #expect(try settings("colour: blue").choice("colour", flag: "red", of: Colour.allCases) == .red)
        #expect(try settings().choice("colour", flag: nil, of: Colour.allCases) == nil)
        for wrong in ["green", "Red", "re"] {
            let settings = try settings("colour: \(wrong)")
            let error = try #require(
                #expect(throws: SettingsError.self) { try settings.choice("colour", flag: nil, of: Colour.allCases) })
            #expect(error.description.hasSuffix("one of these is expected: red, blue"))
        }
    }

    private func example(_ name: String, keys: [String]) throws -> Settings {
        let folder = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Config"
        let file = try SettingsFile(path: "\(folder)/\(name)")
        return Settings(keys: keys, prefix: "TEST", environment: [:], file: file)
    }

    @Test("the examples in Config hold no key that their program does not know")
    func examples() throws {
        let server = try example(
            "conclave-server.yaml",
            keys: [
                "port", "listen", "certs", "data", "loops", "handshake-threads", "max-connections", "log-level",
                "log-format",
            ])
        #expect(server.warnings == [])
        #expect(try server.number("port", flag: nil, in: 1...65_535) == 7443)
        #expect(server.texts("listen", flag: []) == ["::"])

        let client = try example("conclave.yaml", keys: ["as", "server", "certs", "rooms"])
        #expect(client.warnings == [])
        #expect(try client.text("server", flag: nil) == "localhost:7443")
    }

    // MARK: Values with names

    private func limits(_ file: String?, _ environment: [String: String] = [:]) throws -> Settings {
        Settings(
            keys: ["port", "limits"], prefix: "TEST", environment: environment,
            file: try file.map { try SettingsFile($0, name: "c.yaml") })
    }

    @Test("values with names come from file, environment and flags, in this order: the last of a name counts")
    func named() throws {
        let settings = try limits("port: 1\nlimits:\n  a: 1\n  b: 2 MiB\n", ["TEST_LIMITS": "a=3, c = 4,,"])
        let found = try settings.named("limits", flagName: "--limit", flags: ["c=5", "d=x=y"])
        #expect(found.map(\.name) == ["a", "b", "a", "c", "c", "d"])
        #expect(found.map(\.value) == ["1", "2 MiB", "3", "4", "5", "x=y"])
        #expect(found[1].error("no").description == "c.yaml:4: limits: b: no")
        #expect(found[2].error("no").description == "TEST_LIMITS a=3: no")
        #expect(found[5].error("no").description == "--limit d=x=y: no")
        #expect(
            found.map { $0.error("no").kind } == [
                .configuration, .configuration, .configuration, .configuration, .usage, .usage,
            ])
        #expect(settings.warnings.isEmpty)
    }

    @Test("no values with names are no error", arguments: [nil, "", "limits:", "limits: ~", "limits: {}"])
    func noneNamed(file: String?) throws {
        #expect(try limits(file).named("limits", flagName: "--limit", flags: []).isEmpty)
    }

    @Test("a flag or a variable without a name or a value is refused", arguments: ["a", "a=", "=1", "=", " = "])
    func namedBadly(text: String) throws {
        let flag = try #require(
            #expect(throws: SettingsError.self) {
                try limits(nil).named("limits", flagName: "--limit", flags: [text])
            })
        #expect(flag.kind == .usage && flag.description.hasPrefix("--limit \(text): "))
        let variable = try #require(
            #expect(throws: SettingsError.self) {
                try limits(nil, ["TEST_LIMITS": "x=1,\(text)"]).named("limits", flagName: "--limit", flags: [])
            })
        #expect(variable.kind == .configuration && variable.description.hasPrefix("TEST_LIMITS "))
    }

    @Test(
        "what stands below it in the file must be names with a value each",
        arguments: ["limits: 5", "limits: [a, b]", "limits:\n  a: [1]", "limits:\n  a:\n    b: 1", "limits:\n  [x]: 1"])
    func mapsBadly(file: String) throws {
        let error = try #require(#expect(throws: SettingsError.self) { try limits(file) })
        #expect(error.kind == .configuration && error.description.contains("below limits"))
    }

    @Test("names below another key are refused, and limits that a program does not have are a warning")
    func otherMaps() throws {
        #expect(throws: SettingsError.self) { try limits("port:\n  a: 1") }
        let settings = Settings(
            keys: ["port"], prefix: "TEST", environment: [:],
            file: try SettingsFile("port: 1\nlimits:\n  a: 1", name: "c.yaml"))
        #expect(settings.warnings == ["c.yaml:2: the key limits is unknown and has no effect"])
    }
}
