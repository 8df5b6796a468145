import Chat
import ChatClient
import Foundation

/// Puts events into lines for people.
struct Transcript {
    /// Whether to use colours; their meaning is never theirs alone.
    var hasColours: Bool
    /// Our own name.
    var me: UserName

    /// The lines that tell of `event`; none for what a person need not hear.
    func lines(for event: ClientEvent) -> [String] {
        switch event {
        case .connected: []
        case .disconnected(let reason, let wait?):
            [warn("no connection: \(reason); trying again by itself, first in \(Self.seconds(wait))")]
        case .disconnected(let reason, nil): [warn("no connection: \(reason)")]
        case .joined(let room): [note("you are in \(room)")]
        case .left(let room): [note("you have left \(room)")]
        case .message(let message): [line(for: message)]
        case .sent(let destination, let content, _, let time):
            [
                "\(dim(Self.clock(time))) \(place(destination)) \(speech(content, by: content.kind == .text ? "you" : me.description))"
            ]
        case .notSent(let destination, let content, let reason):
            [warn("not sent to \(destination): \(SafeText.line(content.text)) (\(reason))")]
        case .memberJoined(let room, let member): [note("\(member) has come into \(room)")]
        case .memberLeft(let room, let member, let lost):
            [note("\(member) has \(lost ? "lost the connection, and so left" : "left") \(room)")]
        case .members(let room, let members): [note("in \(room): \(Self.list(members))")]
        case .online(let members): [note("online: \(Self.list(members))")]
        case .help: Self.help
        case .failure(let words): [warn(words)]
        case .notice(let words): [note(words)]
        }
    }

    /// What to say of `event` on standard error, in a form that fits a log.
    func diagnostics(for event: ClientEvent) -> [String] {
        guard Self.isDiagnostic(event) else { return [] }
        let plain = Transcript(hasColours: false, me: me)
        return plain.lines(for: event).map { $0.hasPrefix("! ") || $0.hasPrefix("· ") ? String($0.dropFirst(2)) : $0 }
    }

    /// Whether an event is news of the program's own state, not of the chat.
    static func isDiagnostic(_ event: ClientEvent) -> Bool {
        switch event {
        case .connected, .disconnected, .notSent, .failure, .notice: true
        default: false
        }
    }

    private func line(for message: ReceivedMessage) -> String {
        let head = "\(dim(Self.clock(message.time))) \(place(message.destination))"
        let sender = message.sender.user.description
        return switch message.content {
        case .success(let content): "\(head) \(speech(content, by: sender))"
        case .failure(let error): "\(head) \(name(sender)) sent \(error)"
        }
    }

    private func speech(_ content: MessageContent, by sender: String) -> String {
        let text = SafeText.line(content.text)
        return switch content.kind {
        case .text: "\(name(sender)): \(text)"
        case .action: "* \(name(sender)) \(text)"
        }
    }

    private func place(_ destination: Destination) -> String {
        switch destination {
        case .room(let room): paint(room.description, "36")
        case .user(let user): paint("→ @\(user)", "35")
        }
    }

    private func name(_ name: String) -> String {
        // The same colour for the same name, on every machine.
        let sum = name.utf8.reduce(UInt32(5_381)) { ($0 &* 33) ^ UInt32($1) }
        return paint(name, "1;\(["31", "32", "33", "34", "35", "36"][Int(sum % 6)])")
    }

    private func dim(_ text: String) -> String { paint(text, "2") }
    func note(_ text: String) -> String { paint("· \(text)", "2") }
    func warn(_ text: String) -> String { paint("! \(text)", "33") }

    private func paint(_ text: String, _ code: String) -> String {
        hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func list(_ members: [PeerIdentity]) -> String {
        guard !members.isEmpty else { return "nobody" }
        var devices: [(user: String, names: [String])] = []
        for member in members {
            if devices.last?.user != member.user.description { devices.append((member.user.description, [])) }
            devices[devices.count - 1].names.append(member.device.description)
        }
        return devices.map { "\($0.user) (\($0.names.joined(separator: ", ")))" }.joined(separator: ", ")
    }

    static func seconds(_ milliseconds: Int) -> String {
        milliseconds < 10_000 ? String(format: "%.1f s", Double(milliseconds) / 1_000) : "\(milliseconds / 1_000) s"
    }

    private static func clock(_ time: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        return date.formatted(
            Date.VerbatimFormatStyle(
                format: "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)",
                timeZone: .current, calendar: .current))
    }

    private static var help: [String] {
        UserInput.commands.map { command in
            let usage = "\(command.name) \(command.arguments)".padding(toLength: 18, withPad: " ", startingAt: 0)
            return "  \(usage) \(command.summary)"
        } + ["  Anything else is said in the room that you entered last. //… says a text that begins with a slash."]
    }

    /// How far a content is protected today.
    static let honesty =
        "Everything travels inside mutual TLS 1.3. Messages are not end-to-end encrypted yet: the server could read them."
}
