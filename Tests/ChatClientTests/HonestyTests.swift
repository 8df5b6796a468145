import Chat
import Testing

@testable import ChatClient

/// What is told besides texts, and to whom.
@Suite struct HonestyTests {
    private var talkative: RoomSettings {
        var settings = RoomSettings()
        settings.packagePool = 4
        return settings
    }

    @Test func inASmallRoomItIsToldWhatHasCome() throws {
        let world = World()
        let alice = try world.device("alice/laptop", settings: talkative)
        let bob = try world.device("bob/laptop", settings: talkative)
        for device in [alice, bob] { try device.type("/join #lab") }
        try alice.type("hello")
        world.pass(3_000)
        let room = try alice.room("#lab")
        let place = try #require(room.history(limit: 50).last { $0.content == .body(.text(try MessageText("hello"))) })
            .sequence
        #expect(room.receipts.delivered[bob.identity.user] == place)
        #expect(room.receipts.read[bob.identity.user] == nil)
        let bobs = try bob.room("#lab")
        bob.change { session in session.with(bobs.id) { $0.markRead() } }
        world.pass(3_000)
        #expect(room.receipts.read[bob.identity.user] == place)
        bob.change { session in session.with(bobs.id) { $0.typing() } }
        #expect(alice.events.contains(.typing(room.label, bob.identity.user)))
    }

    @Test func inALargeRoomReceiptsAreNotTold() throws {
        let world = World()
        var settings = talkative
        settings.receiptsUpTo = 2
        let devices = try ["alice", "bob", "carol"].map { try world.device("\($0)/laptop", settings: settings) }
        for device in devices { try device.type("/join #lab") }
        world.pass(2_000)
        try devices[0].type("hello")
        world.pass(5_000)
        #expect(try devices[0].room("#lab").receipts.delivered == [:])
        #expect(try devices[0].transcript(of: "#lab") == ["alice: hello"])
    }

    @Test("what was said before a member came in is not said again to it, whatever it says that it misses")
    func newcomersGetNothingOld() throws {
        let world = World()
        let alice = try world.device("alice/laptop", settings: talkative)
        let bob = try world.device("bob/laptop", settings: talkative)
        for device in [alice, bob] { try device.type("/join #lab") }
        world.pass()
        let room = try alice.room("#lab")
        let old = room.nextToken
        try alice.type("among us")
        world.pass()
        let carol = try world.device("carol/laptop", settings: talkative)
        try carol.type("/join #lab")
        world.pass(5_000)
        let new = room.nextToken
        try alice.type("to all")
        world.pass(5_000)

        func saysAgain(_ token: UInt64) throws -> Bool {
            let before = room.nextToken
            let request = try #require(MissingRequest(alice.identity, tokens: [token]))
            carol.change { session in session.with(room.id) { _ = $0.say(.missing(request)) } }
            world.pass(5_000)
            return room.nextToken > before
        }
        #expect(try saysAgain(new))
        #expect(try !saysAgain(old))
        #expect(try !carol.transcript(of: "#lab").contains { $0.contains("among us") })
    }

    @Test func answersChangesAndReactionsReachTheOthers() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        for device in [alice, bob] { try device.type("/join #lab") }
        let text = try MessageText("to be changed")
        let room = try alice.room("#lab")
        alice.change { session in session.with(room.id) { _ = $0.say(.text(text)) } }
        let place = try #require(room.history(limit: 9).last { $0.content == .body(.text(text)) }).sequence
        let emoji = try #require(Emoji("👍"))
        let bodies: [(Device, MessageBody)] = [
            (bob, .reply(target: place, try MessageText("why?"))),
            (bob, .reaction(target: place, emoji, isAdded: true)),
            (alice, .edit(target: place, try MessageText("changed"))),
            (bob, .unknown(kind: 900, bytes: [1, 2, 3])),
        ]
        for (device, body) in bodies {
            device.change { session in session.with(room.id) { _ = $0.say(body) } }
        }
        world.pass()
        for device in [alice, bob] {
            let kept = try device.room("#lab").history(limit: 50).map(\.content)
            for (_, body) in bodies { #expect(kept.contains(.body(body)), "\(device.identity)") }
        }
        // Only its author takes it back.
        bob.change { session in session.with(room.id) { _ = $0.say(.delete(target: place)) } }
        world.pass()
        #expect(try alice.findings(of: "#lab") == [.foreignChange(by: bob.identity, of: place)])
        #expect(room.stored(at: place)?.content == .body(.text(text)))
        alice.change { session in session.with(room.id) { _ = $0.say(.delete(target: place)) } }
        world.pass()
        for device in [alice, bob] { #expect(try device.room("#lab").stored(at: place)?.content == .deleted) }
    }

    @Test func newcomersLearnWhatTheRoomIsCalledAndAbout() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let carol = try world.device("carol/laptop")
        try alice.type("/join #lab")
        try alice.type("/topic proofs")
        try bob.type("/join #lab")
        world.pass(3_000)
        #expect(try bob.room("#lab").topic.description == "proofs")
        try alice.type("/create #den")
        try alice.type("/topic secrets")
        try alice.type("/invite carol")
        world.pass(3_000)
        #expect(try carol.room("#den").topic.description == "secrets")
    }

    @Test func anAuditorIsSeenByAllAndItsGoingToo() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let auditor = try world.device("olga/laptop")
        try alice.type("/create #books --auditor olga")
        try alice.type("/invite bob")
        world.pass(3_000)
        #expect(try bob.members(of: "#books") == ["alice/laptop", "bob/laptop", "olga/laptop"])
        #expect(try bob.room("#books").policy.auditor?.description == "olga")
        #expect(try alice.notices(of: "#books").contains(.joined(auditor.identity, by: alice.identity)))
        try auditor.type("/join #books")
        try auditor.type("/part")
        world.pass(5_000)
        #expect(try bob.notices(of: "#books").contains(.left(auditor.identity)))
    }
}
