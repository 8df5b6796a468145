package import Chat

/// What a person typed: something to say, or a command.
package enum UserInput: Hashable, Sendable {
    case say(String)
    case act(String)
    case join(RoomName)
    case part(RoomName?)
    case message(UserName, String)
    case listNames(RoomName?)
    case listUsers
    case help
    case quit
}

extension UserInput {
    /// A command's name, arguments, and what it does.
    package static let commands: [(name: String, arguments: String, summary: String)] = [
        ("/join", "#ROOM", "enter a room, or make it the one you talk in"),
        ("/part", "[#ROOM]", "leave a room"),
        ("/msg", "USER TEXT", "say something to one user alone"),
        ("/me", "TEXT", "say what you do"),
        ("/names", "[#ROOM]", "who is in the room"),
        ("/users", "", "who is online"),
        ("/help", "", "this list"),
        ("/quit", "", "leave"),
    ]

    /// Parses a line; `nil` if it is blank. What begins with `//` is text with one slash less; any other line that begins
    /// with a slash is a command or an error, and never text.
    /// - Throws: ``InputError``.
    package init?(_ line: String) throws(InputError) {
        let line = line.trimmingSpaces
        guard !line.isEmpty else { return nil }
        guard line.hasPrefix("/") else {
            self = .say(String(line))
            return
        }
        if line.hasPrefix("//") {
            self = .say(String(line.dropFirst()))
            return
        }
        let name = line.prefix { $0 != " " }
        let rest = line.dropFirst(name.count).trimmingSpaces
        switch name.lowercased() {
        case "/join", "/j": self = .join(try Self.room(rest, for: "/join"))
        case "/part", "/leave": self = .part(rest.isEmpty ? nil : try Self.room(rest, for: "/part"))
        case "/names": self = .listNames(rest.isEmpty ? nil : try Self.room(rest, for: "/names"))
        case "/msg", "/m": self = try Self.message(rest)
        case "/me":
            guard !rest.isEmpty else { throw .missing("/me", "TEXT") }
            self = .act(String(rest))
        case "/users", "/who": self = .listUsers
        case "/help", "/?": self = .help
        case "/quit", "/exit", "/q": self = .quit
        case let name:
            throw .unknownCommand(
                SafeText.line(name), nearest: Nearest.word(to: name, among: Self.commands.map(\.name)))
        }
    }

    private static func room(_ text: Substring, for command: String) throws(InputError) -> RoomName {
        guard !text.isEmpty else { throw .missing(command, "#ROOM") }
        guard let name = RoomName(text) else { throw .badRoom(SafeText.line(String(text.prefix(80)))) }
        return name
    }

    private static func message(_ rest: Substring) throws(InputError) -> UserInput {
        let typed = rest.prefix { $0 != " " }
        let text = rest.dropFirst(typed.count).trimmingSpaces
        guard !typed.isEmpty, !text.isEmpty else { throw .missing("/msg", "USER TEXT") }
        let name = typed.hasPrefix("@") ? typed.dropFirst() : typed
        guard let user = UserName(name.lowercased()) else { throw .badUser(SafeText.line(String(typed.prefix(80)))) }
        return .message(user, String(text))
    }
}

/// Why a typed line was not understood. Nothing was sent.
package enum InputError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownCommand(String, nearest: String?)
    case missing(String, String)
    case badRoom(String)
    case badUser(String)

    package var description: String {
        switch self {
        case .unknownCommand(let name, let nearest?):
            "there is no command \(name); did you mean \(nearest)? (nothing was sent)"
        case .unknownCommand(let name, nil):
            "there is no command \(name); /help lists them, and //… sends a text that begins with a slash (nothing was sent)"
        case .missing(let command, let arguments): "usage: \(command) \(arguments)"
        case .badRoom(let name):
            "\(name) cannot be a room's name: 1 to 64 bytes without spaces, slashes and commas"
        case .badUser(let name):
            "\(name) cannot be a user's name: 1 to 32 of a-z 0-9 . _ -"
        }
    }
}

extension StringProtocol {
    var trimmingSpaces: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
