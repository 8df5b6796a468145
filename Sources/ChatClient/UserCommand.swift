/// A command that a person can type, in the order in which `/help` tells them.
package enum UserCommand: String, CaseIterable, Hashable, Sendable {
    case join, create, msg, me, reply, edit, delete, react, unreact
    case names, users, rooms, whois, history, search
    case invite, kick, topic, name, part
    case verify, devices, approve
    case removeDevice = "remove-device"
    case status, resend, rejoin, help, quit

    /// With its slash.
    package var name: String { "/" + rawValue }

    /// By its name or one of its short names, in lower case and with the slash.
    package init?(typed: String) {
        guard typed.hasPrefix("/") else { return nil }
        let word = String(typed.dropFirst())
        guard let command = Self(rawValue: word) ?? Self.shortNames[word] else { return nil }
        self = command
    }

    private static let shortNames: [String: UserCommand] = [
        "j": .join, "leave": .part, "m": .msg, "query": .msg, "r": .reply, "e": .edit, "del": .delete, "who": .users,
        "list": .rooms, "rename": .name, "log": .history, "find": .search, "device": .devices, "shield": .status,
        "?": .help, "exit": .quit, "q": .quit,
    ]

    /// What is to be typed behind it.
    package var arguments: String {
        switch self {
        case .join: "#ROOM"
        case .create: "#ROOM [--open] [--auditor USER]"
        case .msg: "USER TEXT"
        case .me: "TEXT"
        case .reply, .edit: "[N] TEXT"
        case .delete: "[N]"
        case .react, .unreact: "[N] EMOJI"
        case .names, .part: "[#ROOM]"
        case .whois: "USER"
        case .history: "[COUNT]"
        case .search: "WORDS [from:USER]"
        case .invite: "USER [#ROOM]"
        case .kick: "USER[/DEVICE]"
        case .topic: "[TEXT | -]"
        case .name: "#NAME"
        case .verify: "[ok]"
        case .devices: "[USER]"
        case .approve, .removeDevice: "DEVICE"
        case .help: "[COMMAND]"
        case .users, .rooms, .status, .resend, .rejoin, .quit: ""
        }
    }

    /// What it does, in one line.
    package var summary: String {
        switch self {
        case .join: "enter an open room, or make it the one you talk in"
        case .create: "found a room: by invitation, unless --open"
        case .msg: "say something to one user alone"
        case .me: "say what you do"
        case .reply: "answer the newest message of somebody else, or number N"
        case .edit: "change your newest message, or number N"
        case .delete: "take your newest message back, or number N"
        case .react: "react with an emoji to the newest message, or number N"
        case .unreact: "take a reaction back"
        case .names: "who is in the room"
        case .users: "who is online"
        case .rooms: "the rooms you are in"
        case .whois: "a user's devices and common rooms"
        case .history: "the newest messages of this room, 50 or COUNT"
        case .search: "find messages in this room's history on this device"
        case .invite: "bring a user into this room, or another"
        case .kick: "remove a user, or one device, from this room"
        case .topic: "what the room is about, or say it; - takes it away"
        case .name: "give the room another name"
        case .part: "leave a room"
        case .verify: "the code to compare with the others; ok: it is the same"
        case .devices: "a user's devices: certificates, keys, known since when"
        case .approve: "let a new device of yours into your rooms"
        case .removeDevice: "take a device of yours out of all rooms"
        case .status: "how well this room is protected, and why"
        case .resend: "send again what could not be sent"
        case .rejoin: "join this room anew when its messages cannot be read"
        case .help: "this list, or more about one command"
        case .quit: "leave the program"
        }
    }

    /// More about it, for those that one line does not explain.
    package var details: String? {
        switch self {
        case .reply, .edit, .delete, .react, .unreact:
            "N is the number shown beside a message; ^ is the newest one, ^2 the one before it. "
                + "A text that begins with a number follows a ^: \(name) ^ 42 …"
        case .create:
            "An auditor is a member that everybody sees. Who may join is told to all, and --open is for everybody here."
        case .search: "Case and accents do not matter. All words must be in the message; from:USER asks for one author."
        case .verify:
            "Read the code to the others by phone or in person. It is the same on every screen, and changes with the members."
        default: nil
        }
    }
}
