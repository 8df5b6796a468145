import Chat

/// Why a typed line was not understood. Nothing was sent.
package enum InputError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownCommand(String, nearest: String?)
    /// Not what stands behind that command.
    case usage(UserCommand)
    case badRoom(String)
    case badUser(String)
    case badDevice(String)
    case badReference(String, UserCommand)
    case unknownOption(String, UserCommand)
    case content(ContentError)

    package var description: String {
        switch self {
        case .unknownCommand(let name, let nearest?):
            "there is no command \(name); did you mean \(nearest)? (nothing was sent)"
        case .unknownCommand(let name, nil):
            "there is no command \(name); /help lists them, and //… sends a text that begins with a slash (nothing was sent)"
        case .usage(let command):
            "usage: \(command.name)\(command.arguments.isEmpty ? " (nothing follows it)" : " " + command.arguments)"
        case .badRoom(let name):
            "\(name) cannot be a room's name: 1 to 64 bytes without spaces, slashes and commas"
        case .badUser(let name):
            "\(name) cannot be a user's name: 1 to 32 of a-z 0-9 . _ -"
        case .badDevice(let name):
            "\(name) cannot be a device's name: 1 to 32 of a-z 0-9 . _ -, such as laptop"
        case .badReference(let text, let command):
            "\(text) is no message; a number shown beside one, ^ for the newest, ^2 for the one before: "
                + "\(command.name) \(command.arguments)"
        case .unknownOption(let option, let command):
            "\(command.name) has no option \(option); usage: \(command.name) \(command.arguments)"
        case .content(let error): "\(error) (nothing was sent)"
        }
    }

    /// A text to be sent.
    static func checked(_ text: some StringProtocol) throws(InputError) -> MessageText {
        do {
            return try MessageText(text)
        } catch {
            throw .content(error)
        }
    }

    /// Something typed, short and harmless.
    static func shown(_ text: some StringProtocol) -> String { SafeText.line(String(text.prefix(80))) }
}
