import Chat
import ChatWire
import NIOCore
import Testing

@testable import ChatClient

@Suite("a conversation")
struct ConversationTests {
    private let time = Timestamp(milliseconds: 5)

    /// Joined in #lab, with nothing waiting.
    private func inLab() throws -> Desk {
        var desk = try Desk.online(rooms: ["#lab"])
        desk.receive(.joined(RequestID(1), try Desk.id("lab"), sequence: 0))
        #expect(desk.events.last == .joined(try Desk.room("lab")))
        desk.clear()
        return desk
    }

    @Test("what is said goes to the room that was entered last, and is shown once the server has it")
    func say() throws {
        var desk = try inLab()
        try desk.type("hello")
        let content = try MessageContent(.text, "hello")
        #expect(desk.frames == [.send(RequestID(2), try Desk.id("lab"), payload: content.payload)])
        #expect(desk.events == [])
        desk.receive(.accepted(RequestID(2), sequence: 9, time: time))
        #expect(desk.events == [.sent(to: .room(try Desk.room("lab")), content, sequence: 9, time)])
        #expect(!desk.session.isBusy)
    }

    @Test("an action and a direct message say so")
    func otherKinds() throws {
        var desk = try inLab()
        try desk.type("/me waves")
        try desk.type("/msg bob a  b")
        let bob = try Desk.user("bob")
        #expect(
            desk.frames == [
                .send(RequestID(2), try Desk.id("lab"), payload: try MessageContent(.action, "waves").payload),
                .sendDirect(RequestID(3), bob, payload: try MessageContent(.text, "a  b").payload),
            ])
        desk.receive(.accepted(RequestID(3), sequence: 0, time: time))
        #expect(desk.events == [.sent(to: .user(bob), try MessageContent(.text, "a  b"), sequence: nil, time)])
    }

    @Test("outside of every room nothing is sent")
    func noRoom() throws {
        var desk = try Desk.online()
        desk.clear()
        try desk.type("hello")
        #expect(desk.frames == [])
        #expect(desk.events == [.failure("you are in no room; enter one with /join #ROOM (nothing was sent)")])
    }

    @Test("a text that is too long is not sent, and is said to be")
    func tooLong() throws {
        var desk = try inLab()
        try desk.type(String(repeating: "x", count: 60_001))
        #expect(desk.frames == [])
        #expect(desk.events.count == 1)
    }

    @Test("what the server refuses is shown with its reason, made harmless")
    func refused() throws {
        var desk = try inLab()
        try desk.type("/msg bob hi")
        desk.receive(.failed(RequestID(2), Failure(.userIsOffline, "bob is\u{1B}]0;x\u{7} away")))
        #expect(
            desk.events == [
                .notSent(
                    to: .user(try Desk.user("bob")), try MessageContent(.text, "hi"), "bob is\u{FFFD}]0;x\u{FFFD} away")
            ])
    }

    @Test("what was not confirmed when the connection broke is shown as not sent, and not sent again by itself")
    func lost() throws {
        var desk = try inLab()
        try desk.type("one")
        try desk.type("two")
        desk.clear()
        desk.run { $0.disconnected("gone", canRetry: true) }
        let texts = desk.events.map { event -> String? in
            if case .notSent(_, let content, _) = event { content.text } else { nil }
        }
        #expect(texts == ["one", "two", nil])
        desk.run { $0.retry() }
        desk.clear()
        try desk.greet()
        #expect(desk.frames == [.join(RequestID(4), try Desk.id("lab"))])
        desk.receive(.accepted(RequestID(2), sequence: 1, time: time))
        #expect(!desk.events.contains { if case .sent = $0 { true } else { false } })
    }

    @Test("an answer of the wrong kind does not make a message vanish")
    func wrongAnswer() throws {
        var desk = try inLab()
        try desk.type("one")
        let id = RequestID(2)
        let page = IdentityPage(more: false, identities: [])
        for frame: ServerFrame in [
            .pong(id), .joined(id, try Desk.id("lab"), sequence: 1), .left(id, try Desk.id("lab")), .members(id, page),
            .online(id, page),
        ] {
            desk.receive(frame)
        }
        #expect(desk.session.isBusy)
        desk.receive(.accepted(id, sequence: 1, time: time))
        #expect(desk.events.count == 1)
        #expect(!desk.session.isBusy)
    }

    @Test("messages are shown with the room's name; those of rooms that we are not in are not")
    func deliveries() throws {
        var desk = try inLab()
        let bob = try #require(Desk.bob)
        let content = try MessageContent(.text, "hi")
        let delivery = Delivery(
            room: try Desk.id("lab"), sequence: 3, time: time, sender: bob, payload: content.payload)
        desk.receive(.delivery(delivery))
        var elsewhere = delivery
        elsewhere.room = try Desk.id("other")
        desk.receive(.delivery(elsewhere))
        let message = ReceivedMessage(
            destination: .room(try Desk.room("lab")), sender: bob, time: time, sequence: 3, content: .success(content))
        #expect(desk.events == [.message(message)])
    }

    @Test("a payload that cannot be read is shown as such")
    func unreadable() throws {
        var desk = try inLab()
        let bob = try #require(Desk.bob)
        desk.receive(
            .directDelivery(
                DirectDelivery(
                    recipient: try Desk.user("alice"), time: time, sender: bob, payload: ByteBuffer(bytes: [9, 9, 9]))))
        guard case .message(let message)? = desk.events.first else {
            Issue.record("nothing was shown")
            return
        }
        #expect(message.content == .failure(.unknownVersion(9)))
    }

    @Test("who comes and goes is told, in rooms that we are in")
    func presence() throws {
        var desk = try inLab()
        let (bob, lab) = (try #require(Desk.bob), try Desk.room("lab"))
        desk.receive(.memberJoined(try Desk.id("lab"), bob))
        desk.receive(.memberLeft(try Desk.id("lab"), bob, lost: true))
        desk.receive(.memberJoined(try Desk.id("other"), bob))
        #expect(desk.events == [.memberJoined(lab, bob), .memberLeft(lab, bob, lost: true)])
    }

    @Test("a room that cannot be joined is not tried again")
    func joinRefused() throws {
        var desk = try Desk.online(rooms: ["#lab"])
        desk.receive(.failed(RequestID(1), Failure(.roomIsFull, canRetry: true, "full")))
        #expect(desk.events.last == .failure("#lab was not joined: full"))
        #expect(desk.session.allRooms == [])
    }

    @Test("to join a room again makes it the one that is talked in, without asking the server")
    func rejoin() throws {
        var desk = try Desk.online(rooms: ["#a", "#b"])
        desk.clear()
        try desk.type("/join #A")
        #expect(desk.frames == [])
        #expect(desk.session.currentRoom == (try Desk.room("a")))
    }

    @Test("a room is left; joined and left in haste, it is in the end what was asked for last")
    func part() throws {
        var desk = try inLab()
        let lab = try Desk.id("lab")
        try desk.type("/part")
        try desk.type("/join lab")
        #expect(desk.frames == [.leave(RequestID(2), lab), .join(RequestID(3), lab)])
        desk.receive(.left(RequestID(2), lab))
        desk.receive(.joined(RequestID(3), lab, sequence: 0))
        #expect(desk.session.allRooms == [try Desk.room("lab")])
        desk.clear()
        desk.receive(.memberJoined(lab, try #require(Desk.bob)))
        #expect(desk.events.count == 1, "its name must still be known")
        try desk.type("/part #nowhere")
        #expect(desk.events.last == .failure("you are not in #nowhere"))
    }

    @Test("a long list is asked for page by page and shown whole")
    func pages() throws {
        var desk = try inLab()
        let (alice, bob) = (try #require(Desk.alice), try #require(Desk.bob))
        try desk.type("/users")
        desk.receive(.online(RequestID(2), IdentityPage(more: true, identities: [alice])))
        #expect(desk.frames == [.listOnline(RequestID(2), after: nil), .listOnline(RequestID(3), after: alice)])
        desk.receive(.online(RequestID(3), IdentityPage(more: false, identities: [bob])))
        #expect(desk.events == [.online([alice, bob])])
        try desk.type("/names")
        desk.receive(.members(RequestID(4), IdentityPage(more: false, identities: [bob])))
        #expect(desk.events.last == .members(try Desk.room("lab"), [bob]))
    }

    @Test("a list that would never end is ended")
    func endlessList() throws {
        var desk = try inLab()
        let alice = try #require(Desk.alice)
        try desk.type("/users")
        for _ in 0..<10 {
            guard let last = desk.frames.last else { break }
            desk.receive(.online(last.request, IdentityPage(more: true, identities: [alice])))
        }
        #expect(desk.frames.count == 2)
        #expect(desk.events.count == 1)
        var empty = try inLab()
        try empty.type("/users")
        empty.receive(.online(RequestID(2), IdentityPage(more: true, identities: [])))
        #expect(empty.events == [.online([])])
    }

    @Test("a session that is to finish waits for its answers, then says goodbye")
    func finish() throws {
        var desk = try inLab()
        try desk.type("one")
        desk.run { $0.finishWhenDone() }
        #expect(desk.end == nil)
        desk.receive(.accepted(RequestID(2), sequence: 1, time: time))
        #expect(desk.end == .quit)
        #expect(desk.closings == 1)
    }

    @Test("a session that finishes without all its answers says how many messages are missing")
    func finishUnsent() throws {
        var desk = try inLab()
        try desk.type("one")
        try desk.type("two")
        desk.run { $0.finishWhenDone() }
        desk.receive(.accepted(RequestID(2), sequence: 1, time: time))
        desk.run { $0.disconnected("gone", canRetry: true) }
        #expect(desk.end == .unsent(1))
        #expect(desk.retries == [])
        #expect(desk.events.last == .disconnected("gone", retryIn: nil))
    }

    @Test("a session that is to finish while there is no connection does so at once")
    func finishOffline() throws {
        var desk = try inLab()
        try desk.type("one")
        desk.run { $0.disconnected("gone", canRetry: true) }
        desk.run { $0.finishWhenDone() }
        #expect(desk.end == .unsent(1))
        var other = try Desk()
        other.run { $0.start() }
        other.run { $0.finishWhenDone() }
        #expect(other.end == .quit)
        #expect(other.closings == 1)
    }

    @Test("/quit lets what was said get through; a second one does not wait")
    func quit() throws {
        var desk = try inLab()
        try desk.type("/quit")
        #expect(desk.end == .quit)
        #expect(desk.closings == 1)

        var busy = try inLab()
        try busy.type("one")
        try busy.type("/quit")
        #expect(busy.end == nil)
        busy.receive(.accepted(RequestID(2), sequence: 1, time: time))
        #expect(busy.end == .quit)

        var impatient = try inLab()
        try impatient.type("one")
        try impatient.type("/quit")
        try impatient.type("/quit")
        #expect(impatient.end == .unsent(1))
    }
}
