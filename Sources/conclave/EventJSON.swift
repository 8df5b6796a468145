import Chat
import ChatClient
import Foundation

/// Events as JSON objects, one on a line, for programs.
enum EventJSON {
    /// `nil` for events that a program need not hear.
    static func line(for event: ClientEvent) -> String? {
        switch event {
        case .message(let message): encode(Message(message))
        case .memberJoined(let room, let member): encode(Presence(type: "joined", room, member, lost: nil))
        case .memberLeft(let room, let member, let lost): encode(Presence(type: "left", room, member, lost: lost))
        default: nil
        }
    }

    static func line(for identity: PeerIdentity) -> String {
        encode(User(user: identity.user.description, device: identity.device.description)) ?? "{}"
    }

    private struct Message: Encodable {
        var type = "message"
        var room: String?
        var to: String?
        var seq: UInt64?
        var time: String
        var user: String
        var device: String
        var kind: String?
        var text: String?
        var error: String?

        init(_ message: ReceivedMessage) {
            switch message.destination {
            case .room(let name): room = name.description
            case .user(let name): to = name.description
            }
            seq = message.sequence
            time = Date(timeIntervalSince1970: Double(message.time.milliseconds) / 1_000)
                .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
            user = message.sender.user.description
            device = message.sender.device.description
            switch message.content {
            case .success(let content):
                kind = content.kind == .text ? "text" : "action"
                text = content.text
            case .failure(let failure): error = failure.description
            }
        }
    }

    private struct Presence: Encodable {
        var type: String
        var room: String
        var user: String
        var device: String
        var lost: Bool?

        init(type: String, _ room: RoomName, _ member: PeerIdentity, lost: Bool?) {
            self.type = type
            self.room = room.description
            user = member.user.description
            device = member.device.description
            self.lost = lost
        }
    }

    private struct User: Encodable {
        var user: String
        var device: String
    }

    private static func encode(_ value: some Encodable) -> String? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { escapingActive(String(decoding: $0, as: UTF8.self)) }
    }

    /// Escapes what JSON may hold as it is, but what could act on a terminal: control and format characters.
    private static func escapingActive(_ json: String) -> String {
        var result = ""
        for scalar in json.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator:
                for unit in UTF16.encode(scalar).map(Array.init) ?? [] {
                    let digits = String(unit, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
