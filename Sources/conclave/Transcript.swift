import Chat
import ChatClient
import ChatWire
import Foundation

/// Puts events into lines for people. Whatever others wrote passes ``SafeText``.
struct Transcript {
    /// Whether to use colours; their meaning is never theirs alone.
    var hasColours: Bool
    /// Our own device.
    var me: PeerIdentity
    /// Finds a message that another one is about.
    var lookUp: (RoomID, UInt64) -> StoredMessage? = { _, _ in nil }

    /// The lines that tell of `event`; none for what a person need not hear.
    func lines(for event: ClientEvent) -> [String] {
        switch event {
        case .connected, .caughtUp, .receipt, .typing: []
        case .disconnected(let reason, let wait?):
            [warn("no connection: \(reason); trying again by itself, first in \(Self.seconds(wait))")]
        case .disconnected(let reason, nil): [warn("no connection: \(reason)")]
        case .opened(let room): [note("you are in \(Self.title(room)) · \(room.policy.words)")]
        case .closed(let room, .removed):
            [warn("this device was removed from \(Self.title(room)); what you have of it stays here")]
        case .closed(let room, _): [note("you have left \(Self.title(room))")]
        case .rejoining(let room, let reason):
            [note("rejoining \(Self.title(room))\(reason.isEmpty ? "" : ": \(SafeText.line(reason))")")]
        case .message(let room, let message), .sent(let room, let message): lines(of: message, in: room)
        case .waiting(let room, _, let body, let reason):
            [note("\(Self.title(room)): not sent yet, \(reason); it goes out by itself: \(words(body, in: room))")]
        case .notSent(let room, let body, let reason):
            [warn("not sent to \(Self.title(room)): \(words(body, in: room)) (\(SafeText.line(reason)))")]
        case .finding(let room, let finding): [alarm("\(Self.title(room)): \(finding.sentence) \(finding.advice)")]
        case .members(let room, let members):
            [note("in \(Self.title(room)): \(Self.list(members.map(\.identity)))")] + auditor(of: room, members)
        case .online(let members): [note("online: \(Self.list(members))")]
        case .rooms(let rooms):
            rooms.isEmpty ? [note("you are in no room; enter one with /join #ROOM")] : rooms.map(line)
        case .devices(let devices): DeviceTable.lines(devices)
        case .code(let room, let code, let shield): lines(for: code, of: room, shield)
        case .shield(let room, let shield): [line(for: shield, of: room)]
        case .history(let room, let messages):
            messages.isEmpty
                ? [note("\(Self.title(room)) has no history here")] : messages.flatMap { lines(of: $0, in: room) }
        case .found(let room, let hits, let isComplete): lines(for: hits, in: room, isComplete: isComplete)
        case .newDevice(let device):
            [
                warn(
                    "a new device of yours is there: \(device). If it is yours, let it into your rooms with /approve "
                        + "\(device.device); if not, have its certificate revoked: scripts/certs revoke \(device)")
            ]
        case .help(let command): Self.help(command)
        case .failure(let words): [warn(SafeText.line(words))]
        case .notice(let words): [note(SafeText.line(words))]
        }
    }

    /// What to say of `event` on standard error, in a form that fits a log.
    func diagnostics(for event: ClientEvent) -> [String] {
        guard Self.isDiagnostic(event) else { return [] }
        var plain = self
        plain.hasColours = false
        return plain.lines(for: event).map { $0.hasPrefix("! ") || $0.hasPrefix("· ") ? String($0.dropFirst(2)) : $0 }
    }

    /// Whether an event is news of the program's own state, not of the chat.
    static func isDiagnostic(_ event: ClientEvent) -> Bool {
        switch event {
        case .connected, .disconnected, .waiting, .notSent, .rejoining, .newDevice, .failure, .notice: true
        default: false
        }
    }

    // MARK: Messages

    private func lines(of message: StoredMessage, in room: RoomLabel) -> [String] {
        let head = "\(dim(Self.clock(message.time))) \(paint(Self.title(room), Self.isDirect(room) ? "35" : "36"))"
        // What was found is told by itself.
        var lines = message.shownNotices.compactMap { notice -> String? in
            if case .finding = notice { return nil }
            return "\(head) \(dim("-- \(notice.sentence)"))"
        }
        var number = message.sequence > 0 ? dim("\(message.sequence)") + " " : ""
        if case .lost(let place, _) = message.state { number = dim("(lost by the server, was \(place))") + " " }
        if let speech = speech(of: message, in: room) { lines.append("\(head) \(number)\(speech)") }
        return lines
    }

    private func speech(of message: StoredMessage, in room: RoomLabel) -> String? {
        let who = name(message.sender)
        switch message.content {
        case .nothing: return nil
        case .deleted: return "\(who): [taken back]"
        case .unreadable(let reason): return "\(who): [\(reason.words)]"
        case .body(let body): return speech(body, by: who, in: room)
        }
    }

    private func speech(_ body: MessageBody, by who: String, in room: RoomLabel) -> String? {
        switch body {
        case .text(let text): "\(who): \(SafeText.line(text.description))"
        case .action(let text): "* \(who) \(SafeText.line(text.description))"
        case .reply(let target, let text):
            "\(who) [to \(quote(target, in: room))]: \(SafeText.line(text.description))"
        case .edit(let target, let text): "\(who) changed \(target) to: \(SafeText.line(text.description))"
        case .delete(let target): "\(who) took \(target) back"
        case .reaction(let target, let emoji, isAdded: true): "\(who) reacted \(emoji) to \(quote(target, in: room))"
        case .reaction(let target, let emoji, isAdded: false):
            "\(who) took \(emoji) back from \(quote(target, in: room))"
        case .again(_, _, let said): speech(said, by: who, in: room).map { "\($0) (said again)" }
        case .unknown: "\(who): [\(Unreadable.newerClient.words)]"
        case .info, .delivered, .read, .typing, .missing: nil
        }
    }

    /// A message that another one is about: its number, its author and how it begins.
    private func quote(_ target: UInt64, in room: RoomLabel) -> String {
        guard let message = lookUp(room.id, target) else { return "\(target)" }
        let author = "\(target) \(message.sender.user)"
        guard case .body(let body) = message.content, let text = body.text else { return author }
        let line = SafeText.line(text.description)
        return "\(author): “\(line.prefix(40))\(line.count > 40 ? "…" : "")”"
    }

    /// What was said, in short.
    private func words(_ body: MessageBody, in room: RoomLabel) -> String {
        switch body {
        case .text(let text), .action(let text), .reply(_, let text), .edit(_, let text):
            SafeText.line(text.description)
        case .info(let info):
            info.hasNewTopic ? "the topic" : info.hasNewName ? "the new name" : "the room's name and topic"
        default: speech(body, by: "you", in: room) ?? "a change"
        }
    }

    private func name(_ sender: PeerIdentity) -> String {
        if sender == me { return paint("you", "1") }
        if sender.user == me.user { return paint("you/\(sender.device)", "1") }
        let name = sender.user.description
        // The same colour for the same name, on every machine.
        let sum = name.utf8.reduce(UInt32(5_381)) { ($0 &* 33) ^ UInt32($1) }
        return paint(name, "1;\(["31", "32", "33", "34", "35", "36"][Int(sum % 6)])")
    }

    private func lines(for hits: [HistorySearch.Hit], in room: RoomLabel, isComplete: Bool) -> [String] {
        guard !hits.isEmpty else { return [note("nothing was found in \(Self.title(room)) on this device")] }
        return hits.reversed().map { hit in
            "\(dim(Self.clock(hit.time))) \(paint(Self.title(room), "36")) \(dim("\(hit.sequence)")) \(name(hit.sender)): "
                + SafeText.line(hit.text.description)
        } + (isComplete ? [] : [note("there is more; ask for more words to narrow it down")])
    }

    // MARK: Rooms

    private func auditor(of room: RoomLabel, _ members: [RoomMember]) -> [String] {
        guard let auditor = room.policy.auditor else { return [] }
        let isThere = members.contains { $0.identity.user == auditor }
        return [note("audited by \(auditor)\(isThere ? "" : ", who is not in the room now")")]
    }

    private func line(_ room: RoomSummary) -> String {
        var parts = [Self.title(room.label), Self.words(for: room.phase), room.label.policy.words]
        if room.phase == .active {
            parts.append("\(room.memberCount) \(room.memberCount == 1 ? "device" : "devices")")
            parts.append(room.shield.word)
        }
        if !room.topic.isEmpty { parts.append(SafeText.line(room.topic.description)) }
        return note(parts.filter { !$0.isEmpty }.joined(separator: " · "))
    }

    static func words(for phase: Room.Phase) -> String {
        switch phase {
        case .founding, .joining: "being entered"
        case .active: "in it"
        case .rejoining: "rejoining"
        case .left: "left"
        case .removed: "removed"
        }
    }

    private func line(for shield: Shield, of room: RoomLabel) -> String {
        let words = "\(Self.title(room)) · \(shield.word): \(shield.reason)"
        return shield.level == .warning ? alarm(words) : note(words)
    }

    private func lines(for code: RoomCode, of room: RoomLabel, _ shield: Shield) -> [String] {
        [note("the code of \(Self.title(room)), the same on the screen of every member:"), ""]
            + code.lines.map { "      \(paint($0, "1"))" } + ["", Self.codeAdvice, line(for: shield, of: room)]
    }

    static let codeAdvice =
        "  Read it to the others by phone or in person, not in a chat. If theirs is the same, nobody is in between, and all "
        + "see the same members: say /verify ok. It changes with the members and their keys."

    static func title(_ room: RoomLabel) -> String { SafeText.line(room.title) }

    private static func isDirect(_ room: RoomLabel) -> Bool { room.policy.admission == .direct }

    // MARK: Lines

    private func dim(_ text: String) -> String { paint(text, "2") }
    func note(_ text: String) -> String { paint("· \(text)", "2") }
    func warn(_ text: String) -> String { paint("! \(text)", "33") }
    func alarm(_ text: String) -> String { paint("!! WARNING \(text)", "1;31") }

    private func paint(_ text: String, _ code: String) -> String {
        hasColours ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    static func list(_ members: [PeerIdentity]) -> String {
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

    /// `14:03`, and the day before it if that is not today.
    private static func clock(_ time: Timestamp) -> String {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
        let clock = date.formatted(
            Date.VerbatimFormatStyle(
                format: "\(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)",
                timeZone: .current, calendar: .current))
        return Calendar.current.isDateInToday(date) ? clock : "\(DeviceTable.day(date)) \(clock)"
    }

    /// Of all commands, or of one.
    private static func help(_ name: String?) -> [String] {
        if let name, let command = UserCommand.allCases.first(where: { $0.name == name || $0.rawValue == name }) {
            return ["  \(command.name) \(command.arguments)", "  \(command.summary)"]
                + (command.details.map { ["  \($0)"] } ?? [])
        }
        return UserCommand.allCases.map { command in
            let usage = "\(command.name) \(command.arguments)".padding(toLength: 38, withPad: " ", startingAt: 0)
            return "  \(usage) \(command.summary)"
        } + [
            "  N is the number beside a message. Anything else is said in the room that you entered last; //… says a text "
                + "that begins with a slash."
        ]
    }
}
