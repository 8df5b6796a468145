package import Chat

/// What a person typed: something to say, or a command.
package enum UserInput: Hashable, Sendable {
    case say(MessageText)
    case act(MessageText)
    case message(UserName, MessageText)
    // About a message; the newest of somebody else, or of one's own, unless another is named.
    case reply(MessageReference, MessageText)
    case edit(MessageReference, MessageText)
    case delete(MessageReference)
    case react(MessageReference, Emoji, isAdded: Bool)
    // Rooms.
    case join(RoomName)
    case create(RoomName, isOpen: Bool, auditor: UserName?)
    case part(RoomName?)
    case invite(UserName, RoomName?)
    /// A user with all devices, or one device.
    case kick(UserName, DeviceName?)
    case showTopic
    case setTopic(RoomTopic)
    case rename(RoomName)
    case rejoin
    case resend
    // What is there.
    case listNames(RoomName?)
    case listUsers
    case listRooms
    case whoIs(UserName)
    /// So many of the newest messages.
    case history(Int)
    case search(HistoryQuery)
    case status
    // Devices and keys.
    case verify(isConfirmed: Bool)
    case listDevices(UserName?)
    case approve(DeviceName)
    case removeDevice(DeviceName)
    /// Of one command, or all.
    case help(UserCommand?)
    case quit
}

extension UserInput {
    /// Parses a line; `nil` if it is blank. What begins with `//` is text with one slash less; any other line that begins
    /// with a slash is a command or an error, and never text.
    /// - Throws: ``InputError``.
    package init?(_ line: String) throws(InputError) {
        let line = line.trimmingSpaces
        guard !line.isEmpty else { return nil }
        guard line.hasPrefix("/") else {
            self = .say(try InputError.checked(line))
            return
        }
        if line.hasPrefix("//") {
            self = .say(try InputError.checked(line.dropFirst()))
            return
        }
        let name = line.prefix { !$0.isWhitespace }
        guard let command = UserCommand(typed: name.lowercased()) else {
            throw .unknownCommand(
                SafeText.line(String(name.prefix(40))),
                nearest: Nearest.word(to: name.lowercased(), among: UserCommand.allCases.map(\.name)))
        }
        self = try CommandArguments(command, line.dropFirst(name.count)).input()
    }
}

extension StringProtocol {
    var trimmingSpaces: SubSequence {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
