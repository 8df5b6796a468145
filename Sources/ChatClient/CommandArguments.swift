import Chat

/// What stands behind a command, taken word by word.
struct CommandArguments {
    private let command: UserCommand
    private var rest: Substring

    init(_ command: UserCommand, _ rest: Substring) {
        self.command = command
        self.rest = rest.trimmingSpaces
    }

    /// Everything, understood.
    func input() throws(InputError) -> UserInput {
        var arguments = self
        let input = try arguments.take()
        guard arguments.rest.isEmpty else { throw .usage(command) }
        return input
    }

    private mutating func take() throws(InputError) -> UserInput {
        switch command {
        case .join: .join(try room())
        case .create: try create()
        case .part: .part(try optionalRoom())
        case .names: .listNames(try optionalRoom())
        case .name: .rename(try room())
        case .topic: rest.isEmpty ? .showTopic : .setTopic(try topic())
        case .invite: .invite(try user(), try optionalRoom())
        case .kick: try kick()
        case .msg: .message(try user(), try text())
        case .me: .act(try text())
        case .reply: .reply(try reference(), try text())
        case .edit: .edit(try reference(), try text())
        case .delete: .delete(try reference())
        case .react: .react(try reference(), try emoji(), isAdded: true)
        case .unreact: .react(try reference(), try emoji(), isAdded: false)
        case .users: .listUsers
        case .rooms: .listRooms
        case .whois: .whoIs(try user())
        case .history: .history(try count())
        case .search: .search(try query())
        case .verify: .verify(isConfirmed: try isOK())
        case .devices: .listDevices(rest.isEmpty ? nil : try user())
        case .approve: .approve(try device())
        case .removeDevice: .removeDevice(try device())
        case .status: .status
        case .resend: .resend
        case .rejoin: .rejoin
        case .help: .help(try aboutCommand())
        case .quit: .quit
        }
    }

    // MARK: Words

    /// The next word; `nil` at the end.
    private mutating func word() -> Substring? {
        guard !rest.isEmpty else { return nil }
        let word = rest.prefix { !$0.isWhitespace }
        rest = rest.dropFirst(word.count).trimmingSpaces
        return word
    }

    private mutating func required() throws(InputError) -> Substring {
        guard let word = word() else { throw .usage(command) }
        return word
    }

    private mutating func all() -> Substring {
        defer { rest = rest[rest.endIndex...] }
        return rest
    }

    private mutating func text() throws(InputError) -> MessageText {
        guard !rest.isEmpty else { throw .usage(command) }
        return try InputError.checked(all())
    }

    /// A dash alone: none.
    private mutating func topic() throws(InputError) -> RoomTopic {
        if rest == "-" { rest = rest.dropFirst() }
        do throws(ContentError) {
            return try RoomTopic(all())
        } catch {
            throw .content(error)
        }
    }

    // MARK: Names

    /// A room's name has no spaces: the rest must be one.
    private mutating func room() throws(InputError) -> RoomName {
        guard !rest.isEmpty else { throw .usage(command) }
        return try Self.room(all())
    }

    private mutating func optionalRoom() throws(InputError) -> RoomName? {
        rest.isEmpty ? nil : try Self.room(all())
    }

    private static func room(_ typed: Substring) throws(InputError) -> RoomName {
        guard let name = RoomName(typed) else { throw .badRoom(InputError.shown(typed)) }
        return name
    }

    private mutating func user() throws(InputError) -> UserName { try Self.user(try required()) }

    private static func user(_ typed: Substring) throws(InputError) -> UserName {
        let name = typed.hasPrefix("@") ? typed.dropFirst() : typed
        guard let user = UserName(name.lowercased()) else { throw .badUser(InputError.shown(typed)) }
        return user
    }

    private mutating func device() throws(InputError) -> DeviceName { try Self.device(try required()) }

    private static func device(_ typed: Substring) throws(InputError) -> DeviceName {
        guard let device = DeviceName(typed.lowercased()) else { throw .badDevice(InputError.shown(typed)) }
        return device
    }

    private mutating func kick() throws(InputError) -> UserInput {
        let typed = try required()
        guard let slash = typed.firstIndex(of: "/") else { return .kick(try Self.user(typed), nil) }
        return .kick(try Self.user(typed[..<slash]), try Self.device(typed[typed.index(after: slash)...]))
    }

    private mutating func create() throws(InputError) -> UserInput {
        var name: RoomName?
        var isOpen = false
        var auditor: UserName?
        while let word = word() {
            switch word.lowercased() {
            case "--open": isOpen = true
            case "--auditor":
                guard auditor == nil else { throw .usage(command) }
                auditor = try user()
            case let option where option.hasPrefix("-"): throw .unknownOption(InputError.shown(word), command)
            default:
                guard name == nil else { throw .usage(command) }
                name = try Self.room(word)
            }
        }
        guard let name else { throw .usage(command) }
        return .create(name, isOpen: isOpen, auditor: auditor)
    }

    // MARK: Others

    /// The first word if it is all digits, or begins with `^`; otherwise the newest.
    private mutating func reference() throws(InputError) -> MessageReference {
        guard let first = rest.first, first == "^" || (first.isASCII && first.isNumber) else { return .back(1) }
        let word = rest.prefix { !$0.isWhitespace }
        let isNumber = word.allSatisfy { $0.isASCII && $0.isNumber }
        guard first == "^" || isNumber else { return .back(1) }
        guard let reference = MessageReference(word) else { throw .badReference(InputError.shown(word), command) }
        rest = rest.dropFirst(word.count).trimmingSpaces
        return reference
    }

    private mutating func emoji() throws(InputError) -> Emoji {
        guard !rest.isEmpty else { throw .usage(command) }
        guard let emoji = Emoji(all()) else { throw .content(.notOneEmoji) }
        return emoji
    }

    private mutating func count() throws(InputError) -> Int {
        guard let word = word() else { return 50 }
        guard let count = Int(word), (1...100_000).contains(count) else { throw .usage(command) }
        return count
    }

    private mutating func query() throws(InputError) -> HistoryQuery {
        guard let query = HistoryQuery(all()) else { throw .usage(command) }
        return query
    }

    private mutating func isOK() throws(InputError) -> Bool {
        guard let word = word() else { return false }
        guard word.lowercased() == "ok" else { throw .usage(command) }
        return true
    }

    private mutating func aboutCommand() throws(InputError) -> UserCommand? {
        guard let word = word() else { return nil }
        let typed = (word.hasPrefix("/") ? "" : "/") + word.lowercased()
        guard let command = UserCommand(typed: typed) else {
            throw .unknownCommand(
                InputError.shown(typed), nearest: Nearest.word(to: typed, among: UserCommand.allCases.map(\.name)))
        }
        return command
    }
}
