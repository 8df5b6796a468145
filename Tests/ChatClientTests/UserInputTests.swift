import Chat
import ChatClient
import Testing

@Suite("what a person types")
struct UserInputTests {
    private func text(_ string: String) throws -> MessageText { try MessageText(string) }

    @Test("text is text; a blank line is nothing; // begins a text with a slash")
    func text() throws {
        #expect(try UserInput("hello") == .say(text("hello")))
        #expect(try UserInput("  hello  world ") == .say(text("hello  world")))
        #expect(try UserInput("//etc/passwd") == .say(text("/etc/passwd")))
        #expect(try UserInput("//") == .say(text("/")))
        #expect(try UserInput("") == nil)
        #expect(try UserInput(" \t ") == nil)
    }

    @Test("a text that is too long is refused, and says so")
    func longText() throws {
        let long = String(repeating: "x", count: 60_001)
        for line in [long, "//" + long, "/me " + long, "/msg bob " + long, "/reply " + long] {
            let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
            #expect(error.description.hasSuffix("send it in parts (nothing was sent)"))
        }
    }

    @Test("talking: every command is understood, in any case, and by its short names")
    func talking() throws {
        let bob = try Sample.user("bob")
        let thumb = try Sample.emoji("👍")
        let expected: [(String, UserInput)] = [
            ("/msg bob hi  there", .message(bob, try text("hi  there"))),
            ("/msg @bob /quit", .message(bob, try text("/quit"))),
            ("/m Bob x", .message(bob, try text("x"))), ("/me waves", .act(try text("waves"))),
            ("/reply 17 yes", .reply(.number(17), try text("yes"))),
            ("/r yes  no", .reply(.back(1), try text("yes  no"))),
            ("/reply ^2 yes", .reply(.back(2), try text("yes"))),
            ("/reply ^ 42 apples", .reply(.back(1), try text("42 apples"))),
            ("/reply 2nd one", .reply(.back(1), try text("2nd one"))), ("/edit new", .edit(.back(1), try text("new"))),
            ("/edit 5 new", .edit(.number(5), try text("new"))), ("/delete", .delete(.back(1))),
            ("/delete 5", .delete(.number(5))), ("/DEL ^3", .delete(.back(3))),
            ("/react 👍", .react(.back(1), thumb, isAdded: true)),
            ("/react 17 👍", .react(.number(17), thumb, isAdded: true)),
            ("/unreact 👍", .react(.back(1), thumb, isAdded: false)),
        ]
        for (line, input) in expected { #expect(try UserInput(line) == input, "\(line)") }
    }

    @Test("rooms and devices: every command is understood")
    func rooms() throws {
        let lab = try Sample.room("lab")
        let (bob, eve) = (try Sample.user("bob"), try Sample.user("eve"))
        let phone = try #require(DeviceName("phone"))
        let expected: [(String, UserInput)] = [
            ("/join #lab", .join(lab)), ("/JOIN Lab", .join(lab)), ("/j lab", .join(lab)),
            ("/create #lab", .create(lab, isOpen: false, auditor: nil)),
            ("/create lab --open", .create(lab, isOpen: true, auditor: nil)),
            ("/create --auditor @Eve #lab --open", .create(lab, isOpen: true, auditor: eve)), ("/part", .part(nil)),
            ("/part #lab", .part(lab)), ("/leave lab", .part(lab)), ("/invite bob", .invite(bob, nil)),
            ("/invite @bob #lab", .invite(bob, lab)), ("/kick bob", .kick(bob, nil)),
            ("/kick bob/phone", .kick(bob, phone)), ("/topic", .showTopic),
            ("/topic two  words", .setTopic(try RoomTopic("two  words"))), ("/topic -", .setTopic(.none)),
            ("/name #lab", .rename(lab)), ("/names", .listNames(nil)), ("/names #lab", .listNames(lab)),
            ("/users", .listUsers), ("/who", .listUsers), ("/rooms", .listRooms), ("/whois bob", .whoIs(bob)),
            ("/history", .history(50)), ("/history 3", .history(3)),
            ("/search plan from:bob", .search(try #require(HistoryQuery("plan from:bob")))),
            ("/verify", .verify(isConfirmed: false)), ("/verify OK", .verify(isConfirmed: true)),
            ("/devices", .listDevices(nil)), ("/devices bob", .listDevices(bob)), ("/approve phone", .approve(phone)),
            ("/remove-device Phone", .removeDevice(phone)), ("/status", .status), ("/resend", .resend),
            ("/rejoin", .rejoin), ("/help", .help(nil)), ("/?", .help(nil)), ("/help reply", .help(.reply)),
            ("/help /remove-device", .help(.removeDevice)), ("/quit", .quit), ("/exit", .quit), ("  /quit  ", .quit),
        ]
        for (line, input) in expected { #expect(try UserInput(line) == input, "\(line)") }
    }

    @Test("every command has its line in /help, and exists", arguments: UserCommand.allCases)
    func help(command: UserCommand) {
        #expect(UserCommand(typed: command.name) == command)
        #expect(!command.summary.isEmpty && command.summary.count <= 80)
        do throws(InputError) {
            _ = try UserInput(command.name)
        } catch {
            #expect(error == .usage(command))
        }
    }

    @Test("the list of commands fits a terminal, and one command tells more")
    func helpTexts() {
        #expect(UserCommand.overview.count == UserCommand.allCases.count)
        for line in UserCommand.overview { #expect(line.count <= 102) }
        #expect(UserCommand.quit.help == ["/quit: leave the program"])
        #expect(UserCommand.reply.help.count == 2)
    }

    @Test(
        "while a command is typed its arguments are shown",
        arguments: [
            ("/reply", "/reply [N] TEXT: answer the newest message of somebody else, or number N"),
            (
                "/reply 17 te",
                "/reply [N] TEXT: answer the newest message of somebody else, or number N"
            ),
            ("/rea", "/react"), ("/re", "/reply /react /remove-device /resend /rejoin"), ("/rea x", nil), ("/zzz", nil),
            ("//reply", nil), ("reply", nil), ("", nil),
        ])
    func hints(line: String, hint: String?) {
        #expect(UserCommand.hint(for: line) == hint)
    }

    @Test(
        "a command that does not exist is never text, and the nearest one is named",
        arguments: [
            ("/joni #lab", "/join"), ("/hlep", "/help"), ("/user", "/users"), ("/qiut", "/quit"),
            ("/remove-devcie x", "/remove-device"), ("/help recat", "/react"), ("/frobnicate", nil), ("/", nil),
            ("/ join", nil), ("/\u{1B}[2J", nil),
        ])
    func unknown(line: String, nearest: String?) throws {
        let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
        guard case .unknownCommand(_, let guess) = error else { throw error }
        #expect(guess == nearest)
        #expect(error.description.hasSuffix("(nothing was sent)"))
        #expect(!error.description.unicodeScalars.contains("\u{1B}"))
    }

    @Test(
        "a command without what it needs, or with more, says how it is used",
        arguments: [
            ("/join", "usage: /join #ROOM"), ("/me", "usage: /me TEXT"), ("/msg", "usage: /msg USER TEXT"),
            ("/msg bob", "usage: /msg USER TEXT"), ("/msg bob  ", "usage: /msg USER TEXT"),
            ("/reply", "usage: /reply [N] TEXT"), ("/reply 17", "usage: /reply [N] TEXT"),
            ("/edit ^", "usage: /edit [N] TEXT"), ("/delete this", "usage: /delete [N]"),
            ("/delete 5 6", "usage: /delete [N]"), ("/react", "usage: /react [N] EMOJI"),
            ("/react 17", "usage: /react [N] EMOJI"), ("/create", "usage: /create #ROOM [--open] [--auditor USER]"),
            ("/create --auditor", "usage: /create #ROOM [--open] [--auditor USER]"),
            ("/create a b", "usage: /create #ROOM [--open] [--auditor USER]"), ("/kick", "usage: /kick USER[/DEVICE]"),
            ("/invite", "usage: /invite USER [#ROOM]"), ("/verify yes", "usage: /verify [ok]"),
            ("/history 0", "usage: /history [COUNT]"), ("/history many", "usage: /history [COUNT]"),
            ("/history 100001", "usage: /history [COUNT]"), ("/search", "usage: /search WORDS [from:USER]"),
            ("/search from:", "usage: /search WORDS [from:USER]"), ("/approve", "usage: /approve DEVICE"),
            ("/whois", "usage: /whois USER"), ("/users bob", "usage: /users (nothing follows it)"),
            ("/quit now", "usage: /quit (nothing follows it)"), ("/devices a b", "usage: /devices [USER]"),
        ])
    func usage(line: String, words: String) throws {
        let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
        #expect(error.description == words)
    }

    @Test(
        "what cannot be a name, a number, an option or an emoji is refused, and shown harmlessly",
        arguments: [
            "/join a b", "/join \u{1B}[2J", "/msg b/b x", "/msg \u{1B}[2J x", "/names a,b", "/kick bob/",
            "/kick /phone",
            "/kick bob/a/b", "/approve \u{1B}", "/create #lab --\u{1B}[2J", "/reply ^x y", "/reply 0 x",
            "/delete 99999999999999999999", "/reply ^0 x", "/reply ^10001 x", "/react 👍👍", "/react \u{202E}",
            "/topic " + String(repeating: "x", count: 1_001),
        ])
    func refused(line: String) throws {
        let error = try #require(#expect(throws: InputError.self) { try UserInput(line) })
        if case .usage = error { Issue.record("\(error)") }
        #expect(SafeText.line(error.description) == error.description)
    }

    @Test("whatever is typed is understood or refused, and what begins with one slash is never sent")
    func fuzz() throws {
        var random = SeededRandom(7)
        let words =
            UserCommand.allCases.map(\.name) + ["^", "17", "#lab", "bob/phone", "--open", "👍", "\u{1B}", "/", ""]
        for _ in 0..<5_000 {
            var line = words.randomElement(using: &random) ?? ""
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                line += " " + (words.randomElement(using: &random) ?? "")
            }
            let bytes = Array(line.utf8).damaged(using: &random)
            let typed = String(decoding: bytes, as: UTF8.self)
            guard case .say? = try? UserInput(typed) else { continue }
            let trimmed = typed.drop { $0.isWhitespace }
            #expect(!trimmed.hasPrefix("/") || trimmed.hasPrefix("//"), "\(typed)")
        }
    }
}
