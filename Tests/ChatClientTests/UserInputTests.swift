import Chat
import ChatClient
import Testing

@Suite("what a person types")
struct UserInputTests {
    @Test("text is text; a blank line is nothing; // begins a text with a slash")
    func text() throws {
        #expect(try UserInput("hello") == .say("hello"))
        #expect(try UserInput("  hello  world ") == .say("hello  world"))
        #expect(try UserInput("//etc/passwd") == .say("/etc/passwd"))
        #expect(try UserInput("//") == .say("/"))
        #expect(try UserInput("") == nil)
        #expect(try UserInput(" \t ") == nil)
    }

    @Test("every command is understood, in any case, and by its short names")
    func commands() throws {
        let lab = try Desk.room("lab")
        let bob = try Desk.user("bob")
        let expected: [(String, UserInput)] = [
            ("/join #lab", .join(lab)), ("/JOIN Lab", .join(lab)), ("/j lab", .join(lab)), ("/part", .part(nil)),
            ("/part #lab", .part(lab)), ("/leave lab", .part(lab)), ("/msg bob hi  there", .message(bob, "hi  there")),
            ("/msg @bob /quit", .message(bob, "/quit")), ("/m Bob x", .message(bob, "x")), ("/me waves", .act("waves")),
            ("/names", .listNames(nil)), ("/names #lab", .listNames(lab)), ("/users", .listUsers), ("/who", .listUsers),
            ("/help", .help), ("/?", .help), ("/quit", .quit), ("/exit", .quit), ("  /quit  ", .quit),
        ]
        for (line, input) in expected { #expect(try UserInput(line) == input, "\(line)") }
    }

    @Test("every command that /help names exists")
    func help() {
        for command in UserInput.commands {
            do throws(InputError) {
                _ = try UserInput(command.name)
            } catch {
                if case .unknownCommand = error { Issue.record("\(command.name)") }
            }
        }
    }

    @Test(
        "a command that does not exist is never text, and the nearest one is named",
        arguments: [
            ("/joni #lab", "/join"), ("/hlep", "/help"), ("/user", "/users"), ("/qiut", "/quit"), ("/frobnicate", nil),
            ("/", nil), ("/ join", nil),
        ])
    func unknown(line: String, nearest: String?) {
        #expect {
            try UserInput(line)
        } throws: {
            guard case .unknownCommand(_, let guess)? = $0 as? InputError else { return false }
            return guess == nearest
        }
    }

    @Test(
        "a command without what it needs says how it is used",
        arguments: [
            ("/join", "usage: /join #ROOM"), ("/me", "usage: /me TEXT"), ("/msg", "usage: /msg USER TEXT"),
            ("/msg bob", "usage: /msg USER TEXT"), ("/msg bob  ", "usage: /msg USER TEXT"),
        ])
    func missing(line: String, words: String) throws {
        let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
        #expect(error.description == words)
    }

    @Test(
        "names that cannot be are refused, and shown harmlessly",
        arguments: ["/join a b", "/join \u{1B}[2J", "/msg b/b x", "/msg \u{1B}[2J x", "/names a,b"])
    func badNames(line: String) throws {
        let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
        #expect(!error.description.unicodeScalars.contains("\u{1B}"))
    }
}
