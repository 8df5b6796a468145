import Chat
import ChatClient
import ChatWire

/// Events as JSON objects, one on a line, for programs. The fields:
///
/// | kind | fields |
/// |---|---|
/// | text, action | room, seq, time, from, text |
/// | reply | … and to: the number of the message that is answered |
/// | edit, delete | room, seq, time, from, of: the message's number; text of an edit |
/// | react, unreact | room, seq, time, from, to, emoji |
/// | notice | room, seq, time, from, text: the room changed |
/// | unreadable | room, seq, time, from, reason |
/// | finding | room, name, text, advice, grave: something that an honest server or member does not do |
/// | opened, closed | room: one can talk in it now, or not any more |
/// | delivered, read | room, user, upTo: the receipt of a user |
///
/// `from` is USER/DEVICE, `user` the same without the device; `seq` is the number in the room.
enum EventJSON {
    /// None for events that a program need not hear.
    static func lines(for event: ClientEvent) -> [String] {
        switch event {
        case .message(let room, let message), .sent(let room, let message):
            HistoryExport(.json, room: room.title).lines(of: message)
        case .finding(let room, let finding): [line(for: finding, in: room)]
        case .opened(let room): [object([("kind", "opened"), ("room", room.title)])]
        case .closed(let room, _): [object([("kind", "closed"), ("room", room.title)])]
        case .receipt(let room, let user, let place, let isRead):
            [
                object(
                    [("kind", isRead ? "read" : "delivered"), ("room", room.title), ("user", user.description)],
                    raw: [("upTo", "\(place)")])
            ]
        default: []
        }
    }

    private static func line(for finding: Finding, in room: RoomLabel) -> String {
        object(
            [
                ("kind", "finding"), ("room", room.title), ("name", finding.name), ("text", finding.sentence),
                ("advice", finding.advice),
            ], raw: [("grave", finding.isGrave ? "true" : "false")])
    }

    /// Who is online: user, device.
    static func line(for identity: PeerIdentity) -> String {
        object([("user", identity.user.description), ("device", identity.device.description)])
    }

    /// A room: room, phase, admission, auditor, devices, epoch, shield, reason, topic.
    static func line(for room: RoomSummary) -> String {
        let admission =
            switch room.label.policy.admission {
            case .open: "open"
            case .invite: "invite"
            case .direct: "direct"
            }
        var fields = [
            ("room", room.label.title), ("phase", Transcript.words(for: room.phase)), ("admission", admission),
        ]
        if let auditor = room.label.policy.auditor { fields.append(("auditor", auditor.description)) }
        fields += [
            ("shield", room.shield.word), ("reason", room.shield.reason), ("topic", room.topic.description),
        ]
        let epoch = room.epoch.map { [("epoch", "\($0)")] } ?? []
        return object(fields, raw: [("devices", "\(room.memberCount)")] + epoch)
    }

    /// A device: device, serial, fingerprint, expires, firstSeen, compared, thisOne, rooms.
    static func line(for report: DeviceReport) -> String {
        let device = report.device
        let rooms = report.rooms.map(JSONText.quoted).joined(separator: ",")
        return object(
            [
                ("device", device.identity.description), ("serial", device.last.serialNumber),
                ("fingerprint", device.last.fingerprint), ("expires", time(device.last.validity.upperBound)),
                ("firstSeen", time(device.firstSeen)),
            ],
            raw: [
                ("compared", "\(device.isVerified)"), ("thisOne", "\(report.isThisOne)"), ("rooms", "[\(rooms)]"),
            ])
    }

    private static func time(_ seconds: Int64) -> String {
        let (milliseconds, overflow) = UInt64(clamping: seconds).multipliedReportingOverflow(by: 1_000)
        return Timestamp(milliseconds: overflow ? .max : milliseconds).iso8601
    }

    /// - Parameter raw: fields whose values are JSON already.
    private static func object(_ texts: [(String, String)], raw: [(String, String)] = []) -> String {
        let fields = texts.map { ($0.0, JSONText.quoted($0.1)) } + raw
        return "{" + fields.map { JSONText.quoted($0.0) + ":" + $0.1 }.joined(separator: ",") + "}"
    }
}
