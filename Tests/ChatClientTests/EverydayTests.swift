import Chat
import ChatClient
import ChatServer
import ChatWire
import MLSWire
import Testing

@Suite struct ReceiptTests {
    private func chatty(upTo users: Int = 20) -> RoomSettings {
        var settings = World.quiet
        settings.receiptsUpTo = users
        return settings
    }

    @Test func whoSpeaksHearsHowFarTheMessageCame() throws {
        let world = World()
        let alice = try world.device("alice/laptop", settings: chatty())
        let bob = try world.device("bob/laptop", settings: chatty())
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        try alice.type("hello")
        world.pass()
        let place = try #require(try alice.room("#lab").history(limit: .max).last { $0.content.isText }?.sequence)
        #expect(try alice.room("#lab").receipts.delivered[bob.identity.user] == place)
        #expect(try alice.room("#lab").receipts.read[bob.identity.user] == nil)
        bob.change { $0.currentRoom?.markRead() }
        world.pass()
        #expect(try alice.room("#lab").receipts.read[bob.identity.user] == place)
        #expect(alice.events.contains { if case .receipt(_, _, _, isRead: true) = $0 { true } else { false } })
        // Nobody acknowledges acknowledgements.
        let count = try alice.room("#lab").cursor.sequence
        world.pass(20_000)
        #expect(try alice.room("#lab").cursor.sequence == count)
    }

    @Test func receiptsOutliveARestartAndAreNotToldTwice() throws {
        let world = World()
        let alice = try world.device("alice/laptop", settings: chatty())
        let bob = try world.device("bob/laptop", settings: chatty())
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        try alice.type("hello")
        world.pass()
        bob.change { $0.currentRoom?.markRead() }
        world.pass()
        let before = try alice.room("#lab").cursor.sequence
        try alice.restart()
        try bob.restart()
        world.pass(5_000)
        #expect(try alice.room("#lab").cursor.sequence == before)
        #expect(try alice.room("#lab").receipts.read[bob.identity.user] != nil)
    }

    @Test func inALargeRoomNobodyTellsReceiptsOrTyping() throws {
        let world = World()
        let devices = try (0..<3).map { try world.device("user\($0)/laptop", settings: chatty(upTo: 2)) }
        for device in devices { try device.type("/join #lab") }
        world.pass()
        let before = try devices[0].room("#lab").cursor.sequence
        try devices[0].type("hello")
        devices[1].change {
            $0.currentRoom?.markRead()
            $0.currentRoom?.typing()
        }
        world.pass(20_000)
        #expect(try devices[0].room("#lab").cursor.sequence == before + 1)
        #expect(try devices[0].room("#lab").receipts.delivered == [:])
    }

    @Test func typingIsToldAtMostEveryEightSeconds() throws {
        let world = World()
        let alice = try world.device("alice/laptop", settings: chatty())
        let bob = try world.device("bob/laptop", settings: chatty())
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        for _ in 0..<100 {
            alice.change { $0.currentRoom?.typing() }
            world.pass(200)
        }
        let told = bob.events.filter { if case .typing(_, alice.identity.user) = $0 { true } else { false } }
        #expect(told.count == 3)
    }
}

@Suite struct ChangeTests {
    @Test func repliesEditsDeletionsAndReactionsReachTheOthers() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        try alice.type("helo")
        try alice.type("a secret")
        try alice.type("/edit ^2 hello")
        try bob.type("/react ^2 👍")
        try bob.type("/reply ^2 hi")
        try alice.type("/delete ^1")
        for device in [alice, bob] {
            var timeline = Timeline(me: device.identity)
            for message in try device.room("#lab").history(limit: .max) { timeline.apply(message) }
            let items = timeline.items().filter { if case .notice = $0.kind { false } else { true } }
            #expect(items.count == 3)
            let text = try MessageText("hello")
            #expect(items.first?.kind == .text(text))
            #expect(items.first?.isEdited == true)
            #expect(items.first?.reactions.map(\.users) == [[bob.identity.user]])
            #expect(items.dropFirst().first?.kind == .deleted)
            if case .reply(let quote, _)? = items.last?.kind {
                #expect(quote.excerpt == .text("hello"))
            } else {
                Issue.record("the reply is no reply")
            }
            // What was taken back is not kept.
            #expect(try !device.transcript(of: "#lab").contains("alice: a secret"))
        }
    }

    @Test func nobodyChangesWhatSomebodyElseSaid() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        try alice.type("mine")
        let place = try #require(try alice.room("#lab").history(limit: 1).first?.sequence)
        try bob.type("/edit \(place) yours")
        try bob.type("/delete \(place)")
        #expect(bob.failures.count == 2)
        // A program that does not ask.
        let text = try MessageText("yours")
        for body in [MessageBody.edit(target: place, text), .delete(target: place)] {
            let lab = try #require(RoomName("#lab"))
            bob.change { $0.say(body, to: .room(lab)) }
        }
        world.pass()
        var timeline = Timeline(me: alice.identity)
        for message in try alice.room("#lab").history(limit: .max) { timeline.apply(message) }
        let mine = try MessageText("mine")
        #expect(timeline.item(at: place)?.kind == .text(mine))
        #expect(timeline.item(at: place)?.isEdited == false)
        #expect(try alice.findings(of: "#lab").contains(.foreignChange(by: bob.identity, of: place)))
    }

    @Test func whatANewerProgramSaysIsKeptForTheDayOfTheUpdate() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        let lab = try #require(RoomName("#lab"))
        alice.change { $0.say(.unknown(kind: 999, bytes: [1, 2, 3]), to: .room(lab)) }
        try bob.restart()
        let message = try #require(try bob.room("#lab").history(limit: 1).first)
        #expect(message.content == .body(.unknown(kind: 999, bytes: [1, 2, 3])))
        var timeline = Timeline(me: bob.identity)
        timeline.apply(message)
        #expect(timeline.item(at: message.sequence)?.kind == .unreadable(.newerClient))
    }

    @Test func aLongMessageArrivesWhole() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        let text = try MessageText(String(repeating: "x", count: 60_000))
        let lab = try #require(RoomName("#lab"))
        alice.change { $0.say(.text(text), to: .room(lab)) }
        #expect(try bob.room("#lab").history(limit: 1).first?.content == .body(.text(text)))
        // And by reading, as well as by being told.
        bob.cut()
        alice.change { $0.say(.text(text), to: .room(lab)) }
        bob.reconnect()
        #expect(try bob.transcript(of: "#lab").count == 2)
        #expect(try bob.findings(of: "#lab") == [])
    }
}

extension StoredMessage.Content {
    var isText: Bool { if case .body(.text) = self { true } else { false } }
}
