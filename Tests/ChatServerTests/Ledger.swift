import Chat
import Testing

/// What all clients of a simulation know together: every message has a text of its own.
final class Ledger {
    /// Where a message stands, for everyone the same.
    struct Place: Hashable {
        var room: RoomID
        var sequence: UInt64
        var time: Timestamp
    }

    private struct Message {
        var author: TestClient
        var recipient: UserName?
        var place: Place?
        var isAccepted = false
        var isRefused = false
        /// Who was there when it was sent, and who got it, if it is a direct one.
        var audience: [TestClient] = []
        var reached: [TestClient] = []
    }

    private var messages: [String: Message] = [:]
    private var number = 0
    private(set) var deliveryCount = 0

    /// The text for a new message.
    func newText(by author: TestClient, to recipient: UserName? = nil, audience: [TestClient] = []) -> String {
        number += 1
        messages["\(number)"] = Message(author: author, recipient: recipient, audience: audience)
        return "\(number)"
    }

    func author(of text: String) -> TestClient? { messages[text]?.author }
    func recipient(of text: String) -> UserName? { messages[text]?.recipient }

    /// Somebody learnt where a message stands.
    func see(_ text: String, _ place: Place) {
        deliveryCount += 1
        if let known = messages[text]?.place {
            if known != place { Issue.record("message \(text) stands at \(known) and at \(place)") }
        } else {
            messages[text]?.place = place
        }
        if messages[text]?.isRefused != false { Issue.record("message \(text) was refused and delivered") }
    }

    /// - Returns: `false` if it had reached that client before.
    func note(_ text: String, reached client: TestClient) -> Bool {
        deliveryCount += 1
        if messages[text]?.isRefused != false { Issue.record("message \(text) was refused and delivered") }
        guard messages[text]?.reached.contains(where: { $0 === client }) == false else { return false }
        messages[text]?.reached.append(client)
        return true
    }

    func noteAccepted(_ text: String) { messages[text]?.isAccepted = true }

    func noteRefused(_ text: String) {
        messages[text]?.isRefused = true
        if messages[text]?.place != nil { Issue.record("message \(text) was delivered and refused") }
    }

    /// At rest: whoever was online when a direct message was sent, and still is, has it.
    func expectDirectMessagesComplete() {
        for (text, message) in messages where message.isAccepted && message.recipient != nil {
            for client in message.audience where client.isOpen && client !== message.author {
                if !message.reached.contains(where: { $0 === client }) {
                    Issue.record("direct message \(text) has not reached \(client.identity)")
                }
            }
        }
    }
}
