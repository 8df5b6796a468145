import Chat
import ChatClient
import Testing

@Suite("a room's timeline")
struct TimelineTests {
    private func timeline(_ messages: [StoredMessage]) throws -> Timeline {
        var timeline = Timeline(me: try Sample.device("alice/laptop"))
        for message in messages { timeline.apply(message) }
        return timeline
    }

    private func lines(_ messages: [StoredMessage]) throws -> [String] { try timeline(messages).items().map(\.words) }

    private func text(_ string: String) throws -> MessageText { try MessageText(string) }

    @Test("texts, actions and replies are shown in the log's order; a reply quotes the text as it stands now")
    func talking() throws {
        let log = [
            try Sample.text(1, "bob/phone", "hello"), try Sample.entry(2, "alice/laptop", .action(text("waves"))),
            try Sample.entry(3, "carol/pc", .reply(target: 1, text("hi"))),
            try Sample.entry(4, "bob/phone", .edit(target: 1, text("good morning"))),
        ]
        #expect(
            try lines(log) == [
                "<bob> good morning (edited)", "* alice waves", "<carol> [to bob 1: “good morning”] hi",
            ])
    }

    @Test("a reply to what is not loaded, deleted or unreadable says so")
    func quotes() throws {
        let log = [
            try Sample.text(2, "bob/phone", "secret"), try Sample.entry(3, "bob/phone", content: .unreadable(.damaged)),
            try Sample.entry(4, "carol/pc", .reply(target: 1, text("a"))),
            try Sample.entry(5, "carol/pc", .reply(target: 2, text("b"))),
            try Sample.entry(6, "carol/pc", .reply(target: 3, text("c"))),
            try Sample.entry(7, "bob/phone", .delete(target: 2)),
        ]
        #expect(
            try lines(log) == [
                "<bob> [deleted]", "<bob> [damaged: its sender can send it again]", "<carol> [to 1: further back] a",
                "<carol> [to bob 2: deleted] b", "<carol> [to bob 3: cannot be read here] c",
            ])
    }

    @Test("an edit and a deletion count only if they are the author's, from any device of the user")
    func authors() throws {
        let log = [
            try Sample.text(1, "bob/phone", "one"), try Sample.text(2, "bob/phone", "two"),
            try Sample.entry(3, "carol/pc", .edit(target: 1, text("evil"))),
            try Sample.entry(4, "carol/pc", .delete(target: 2)),
            try Sample.entry(5, "bob/tablet", .edit(target: 1, text("uno"))),
            try Sample.entry(6, "carol/pc", .edit(target: 1, text("evil again"))),
            try Sample.entry(7, "carol/pc", .reply(target: 1, text("see"))),
        ]
        #expect(
            try lines(log) == [
                "<bob> uno (edited)", "<bob> two",
                "-- carol tried to change message 1, which somebody else wrote; ignored",
                "-- carol tried to change message 2, which somebody else wrote; ignored",
                "-- carol tried to change message 1, which somebody else wrote; ignored",
                "<carol> [to bob 1: “uno”] see",
            ])
    }

    @Test("the last edit of an author counts; after a deletion none does, and nothing is left of the message")
    func changes() throws {
        var log = [
            try Sample.text(1, "bob/phone", "one"), try Sample.entry(2, "bob/phone", .edit(target: 1, text("two"))),
            try Sample.entry(3, "bob/phone", .edit(target: 1, text("three"))),
            try Sample.entry(4, "carol/pc", .reaction(target: 1, Sample.emoji("👍"), isAdded: true)),
        ]
        #expect(try lines(log) == ["<bob> three (edited) 👍"])
        log.append(try Sample.entry(5, "bob/phone", .delete(target: 1)))
        log.append(try Sample.entry(6, "bob/phone", .edit(target: 1, text("four"))))
        #expect(try lines(log) == ["<bob> [deleted]"])
        let item = try #require(try timeline(log).item(at: 1))
        #expect(item.kind == .deleted && item.reactions.isEmpty && !item.isEdited)
    }

    @Test("a change of what is not a message, or comes later, changes nothing")
    func pointlessChanges() throws {
        let log = [
            try Sample.entry(1, "bob/phone", .edit(target: 2, text("early"))), try Sample.text(2, "bob/phone", "two"),
            try Sample.entry(3, "bob/phone", .edit(target: 1, text("edit of an edit"))),
            try Sample.entry(4, "bob/phone", .edit(target: 4, text("of itself"))),
        ]
        #expect(try lines(log) == ["<bob> two"])
    }

    @Test("reactions count once for each user, and can be taken back")
    func reactions() throws {
        let (thumb, heart) = (try Sample.emoji("👍"), try Sample.emoji("❤️"))
        let log = [
            try Sample.text(1, "bob/phone", "one"),
            try Sample.entry(2, "carol/pc", .reaction(target: 1, thumb, isAdded: true)),
            try Sample.entry(3, "carol/phone", .reaction(target: 1, thumb, isAdded: true)),
            try Sample.entry(4, "alice/laptop", .reaction(target: 1, thumb, isAdded: true)),
            try Sample.entry(5, "carol/pc", .reaction(target: 1, heart, isAdded: true)),
            try Sample.entry(6, "carol/pc", .reaction(target: 1, heart, isAdded: false)),
            try Sample.entry(7, "dave/pc", .reaction(target: 1, heart, isAdded: false)),
        ]
        let item = try #require(try timeline(log).item(at: 1))
        let users = [try Sample.user("alice"), try Sample.user("carol")]
        #expect(item.reactions == [TimelineItem.Reaction(thumb, by: users)])
        #expect(try lines(log) == ["<bob> one 👍2"])
    }

    @Test("of very many reactions 32 kinds are shown")
    func manyReactions() throws {
        var log = [try Sample.text(1, "bob/phone", "one")]
        for index in UInt32(0)..<100 {
            let scalar = try #require(Unicode.Scalar(0x1F400 + index))
            log.append(
                try Sample.entry(
                    UInt64(index) + 2, "carol/pc", .reaction(target: 1, Sample.emoji(String(scalar)), isAdded: true)))
        }
        #expect(try timeline(log).item(at: 1)?.reactions.count == 32)
    }

    @Test("a change of a message that is further back is shown where it stands, until the message is loaded")
    func notLoaded() throws {
        var timeline = try timeline([
            try Sample.entry(10, "bob/phone", .edit(target: 1, text("new"))),
            try Sample.entry(11, "carol/pc", .reaction(target: 1, Sample.emoji("👍"), isAdded: true)),
        ])
        #expect(
            timeline.items().map(\.words) == [
                "-- bob changed message 1, which is further back, to: new",
                "-- carol reacted with 👍 to message 1, which is further back",
            ])
        timeline.apply(try Sample.text(1, "bob/phone", "old"))
        #expect(timeline.items().map(\.words) == ["<bob> new (edited) 👍"])
    }

    @Test("what cannot be read is named; a newer program's message too")
    func unreadable() throws {
        let log = [
            try Sample.entry(1, "bob/phone", content: .unreadable(.beforeYouJoined)),
            try Sample.entry(2, "bob/phone", content: .unreadable(.missing(asking: Sample.device("bob/phone")))),
            try Sample.entry(3, "bob/phone", .unknown(kind: 99, bytes: [1])),
        ]
        #expect(
            try lines(log) == [
                "<bob> [from before you joined]", "<bob> [missing (asking bob/phone)]",
                "<bob> [needs a newer client: update this program to read it]",
            ])
    }

    @Test("a message that can be read now, or is erased, takes the place of what was there; never the other way")
    func replaced() throws {
        let (unreadable, said) = (
            try Sample.entry(1, "bob/phone", content: .unreadable(.damaged)), try Sample.text(1, "bob/phone", "one")
        )
        let erased = try Sample.entry(1, "bob/phone", content: .deleted)
        #expect(try lines([unreadable, said]) == ["<bob> one"])
        #expect(try lines([said, unreadable]) == ["<bob> one"])
        #expect(try lines([said, erased]) == ["<bob> [deleted]"])
        #expect(try lines([erased, said, unreadable]) == ["<bob> [deleted]"])
        #expect(try lines([said, try Sample.text(1, "bob/phone", "another")]) == ["<bob> one"])
    }
}

@Suite("a room's timeline: lost messages, notices and marks")
struct TimelineDeliveryTests {
    private let time = Timestamp(milliseconds: 5)

    private func timeline(_ messages: [StoredMessage]) throws -> Timeline {
        var timeline = Timeline(me: try Sample.device("alice/laptop"))
        for message in messages { timeline.apply(message) }
        return timeline
    }

    private func lines(_ messages: [StoredMessage]) throws -> [String] { try timeline(messages).items().map(\.words) }

    private func text(_ string: String) throws -> MessageText { try MessageText(string) }

    @Test("what is said again stands where it was lost, once, and changes there; who had it sees nothing")
    func saidAgain() throws {
        let again = try Sample.entry(5, "bob/phone", .again(token: 1, time: time, .text(text("one"))), token: 5)
        let twice = try Sample.entry(6, "bob/phone", .again(token: 1, time: time, .text(text("one"))), token: 6)
        let edit = try Sample.entry(7, "bob/phone", .edit(target: 1, text("uno")))
        let lost = try Sample.entry(1, "bob/phone", content: .unreadable(.missing(asking: nil)))
        let other = try Sample.text(2, "carol/pc", "two")
        #expect(try lines([lost, other, again, twice]) == ["<bob> one (said again)", "<carol> two"])
        #expect(try lines([lost, other, again, edit]) == ["<bob> uno (edited) (said again)", "<carol> two"])
        #expect(try lines([try Sample.text(1, "bob/phone", "one"), other, again]) == ["<bob> one", "<carol> two"])
        // Its place is not known: it stands where it was said.
        #expect(try lines([other, again, twice]) == ["<carol> two", "<bob> one (said again)"])
    }

    @Test("nobody can say again what another device said")
    func foreignRepeat() throws {
        let log = [
            try Sample.entry(1, "bob/phone", content: .unreadable(.damaged)),
            try Sample.entry(5, "carol/pc", .again(token: 1, time: time, .text(text("evil"))), token: 5),
        ]
        #expect(
            try lines(log) == ["<bob> [damaged: its sender can send it again]", "<carol> evil (said again)"])
    }

    @Test("an edit that is said again counts from its own place, and not at all if it was there")
    func saidAgainEdit() throws {
        let first = try Sample.text(1, "bob/phone", "one")
        let lost = try Sample.entry(2, "bob/phone", content: .unreadable(.damaged))
        let had = try Sample.entry(2, "bob/phone", .edit(target: 1, text("two")))
        let later = try Sample.entry(3, "bob/phone", .edit(target: 1, text("three")))
        let again = try Sample.entry(
            4, "bob/phone", .again(token: 2, time: time, .edit(target: 1, text("two"))), token: 4)
        #expect(try lines([first, lost, again]) == ["<bob> two (edited)"])
        #expect(try lines([first, lost, later, again]) == ["<bob> three (edited)"])
        #expect(try lines([first, had, later, again]) == ["<bob> three (edited)"])
        let other = try Sample.entry(4, "bob/phone", .again(token: 2, time: time, .delete(target: 1)), token: 4)
        #expect(try lines([first, had, other]) == ["<bob> two (edited)"])
        #expect(try lines([first, lost, other]) == ["<bob> [deleted]"])
    }

    @Test("a second entry of the same message shows nothing")
    func replayed() throws {
        let log = [
            try Sample.text(1, "bob/phone", "one", token: 7), try Sample.text(2, "bob/phone", "one", token: 7),
            try Sample.text(3, "carol/pc", "one", token: 7),
        ]
        #expect(try lines(log) == ["<bob> one", "<carol> one"])
        #expect(try lines(log.reversed()) == ["<bob> one", "<carol> one"])
    }

    @Test("notices are shown, whatever the entry is; names and topics are notices")
    func notices() throws {
        let bob = try Sample.device("bob/phone")
        let info = RoomInfo(
            name: try Sample.room("lab"), topic: try RoomTopic("x\u{1B}[2J"), hasNewName: true, hasNewTopic: true)
        let log = [
            try Sample.entry(1, "alice/laptop", content: .nothing, notices: [.joined(bob, by: nil), .newKey(bob)]),
            try Sample.entry(2, "alice/laptop", .info(info)),
            try Sample.entry(3, "alice/laptop", .info(RoomInfo(name: try Sample.room("lab")))),
            try Sample.entry(4, "bob/phone", .typing, notices: [.finding(.replay(of: bob, at: 4))]),
            try Sample.entry(5, "bob/phone", .typing), try Sample.entry(6, "bob/phone", .delivered(upTo: 5)),
        ]
        let lines = try lines(log)
        #expect(lines.count == 5)
        #expect(lines[0] == "-- bob/phone joined")
        #expect(lines[2] == "-- alice/laptop named the room #lab")
        #expect(lines[3] == "-- alice/laptop set the topic: x\u{FFFD}[2J")
        #expect(lines[4].hasPrefix("-- The server delivered a message of bob/phone a second time, at 4."))
    }

    @Test(
        "a notice stays when its entry comes again without it, can be read now, or is erased; a receipt with one counts"
    )
    func noticesStay() throws {
        let bob = try Sample.device("bob/phone")
        let notice = Notice.newKey(bob)
        let told = try Sample.entry(1, "bob/phone", content: .unreadable(.damaged), notices: [notice])
        let (plain, erased) = (
            try Sample.text(1, "bob/phone", "one"), try Sample.entry(1, "bob/phone", content: .deleted)
        )
        for log in [[told, plain], [plain, told], [told, plain, told]] {
            #expect(try lines(log) == ["-- \(notice.sentence)", "<bob> one"])
        }
        #expect(try lines([plain, told, erased]) == ["-- \(notice.sentence)", "<bob> [deleted]"])
        let receipt = try Sample.entry(2, "bob/phone", .read(upTo: 1), notices: [notice])
        let timeline = try timeline([try Sample.text(1, "alice/laptop", "mine"), receipt])
        #expect(timeline.items().map(\.mark) == [.read(by: [bob.user]), nil])
        #expect(timeline.items().last?.kind == .notice(notice))
    }

    @Test(
        "one's own message is pending, stored, delivered, read; one's own devices and lies about the future do not count"
    )
    func marks() throws {
        var pending = try Sample.text(0, "alice/laptop", "hi", token: 1)
        pending.state = .pending
        var timeline = try timeline([pending])
        #expect(timeline.items().map(\.mark) == [.pending])
        pending.state = .failed("the room is full")
        timeline.apply(pending)
        #expect(
            timeline.items().map(\.words) == ["<alice> hi (not sent: the room is full; /resend tries again)"])
        timeline.apply(try Sample.text(4, "alice/laptop", "hi", token: 1))
        #expect(timeline.items().map(\.mark) == [.stored])
        timeline.apply(pending)
        #expect(timeline.items().map(\.mark) == [.stored])
        timeline.apply(try Sample.entry(5, "alice/phone", .read(upTo: 4)))
        timeline.apply(try Sample.entry(3, "dave/pc", .read(upTo: .max)))
        #expect(timeline.items().map(\.mark) == [.stored])
        timeline.apply(try Sample.entry(6, "bob/phone", .delivered(upTo: 4)))
        let (bob, carol) = (try Sample.user("bob"), try Sample.user("carol"))
        #expect(timeline.items().map(\.mark) == [.delivered(to: [bob])])
        timeline.apply(try Sample.entry(7, "carol/pc", .read(upTo: 6)))
        #expect(timeline.items().map(\.mark) == [.read(by: [carol])])
        #expect(timeline.receipts.delivered[carol] == 6)
    }

    @Test("others' messages have no marks, and nobody else's are pending here")
    func foreignPending() throws {
        var pending = try Sample.text(0, "bob/phone", "hi")
        pending.state = .pending
        #expect(try timeline([pending, try Sample.text(1, "bob/phone", "x", token: 9)]).items().map(\.mark) == [nil])
    }

    @Test("a command without a number means the newest message; ^2 the one before; deleted ones do not count")
    func references() throws {
        let timeline = try timeline([
            try Sample.text(1, "bob/phone", "one"), try Sample.text(2, "alice/laptop", "mine"),
            try Sample.text(3, "alice/phone", "mine too"), try Sample.text(4, "carol/pc", "two"),
            try Sample.text(5, "carol/pc", "gone"), try Sample.entry(6, "carol/pc", .delete(target: 5)),
            try Sample.entry(7, "bob/phone", .delivered(upTo: 5)),
            try Sample.entry(8, "bob/phone", content: .unreadable(.damaged)),
        ])
        #expect(timeline.message(.back(1), isOwn: false) == 4)
        #expect(timeline.message(.back(2), isOwn: false) == 1)
        #expect(timeline.message(.back(3), isOwn: false) == nil)
        #expect(timeline.message(.back(1), isOwn: true) == 3)
        #expect(timeline.message(.number(1), isOwn: false) == 1)
        #expect(timeline.message(.number(6), isOwn: false) == nil)
        #expect(timeline.message(.number(99), isOwn: false) == nil)
        #expect(timeline.message(.back(0), isOwn: true) == nil)
    }

    @Test("others' texts cannot act on the terminal, wherever they are shown")
    func hostile() throws {
        let evil = "a\u{1B}[2J\u{202E}\n-- bob joined"
        let log = [
            try Sample.text(1, "bob/phone", evil), try Sample.entry(2, "bob/phone", .action(text(evil))),
            try Sample.entry(3, "carol/pc", .reply(target: 1, text(evil))),
            try Sample.entry(4, "bob/phone", .edit(target: 99, text(evil))),
        ]
        for line in try lines(log) { #expect(SafeText.line(line) == line) }
    }
}
