import Chat
import ChatWire
import Testing

@testable import ChatClient

/// Changes of who is in a room that a server has lost: the room lives on in the epoch that it had.
@Suite("After a rollback, changes of the room") struct LostCommitTests {
    /// Alice, bob and carol are there; then carol is removed by alice and dave comes in, and somebody says something in each epoch.
    private func scene(isOpen: Bool) throws -> (World, [Device], ServerRecords) {
        let world = World()
        let three = try world.lab(["alice", "bob", "carol"], isOpen: isOpen)
        let dave = try world.device("dave/laptop")
        try three[0].type("before")
        world.pass()
        let backup = world.cluster.stored
        try three[0].type("/kick carol")
        world.pass(2_000)
        try three[1].type("without carol")
        if isOpen { try dave.type("/join #lab") } else { try three[1].type("/invite dave") }
        world.pass(2_000)
        if !isOpen { try dave.type("/join #lab") }
        try dave.type("I am new")
        try three[0].type("welcome")
        world.pass()
        return (world, three + [dave], backup)
    }

    private let said = ["alice: before", "bob: without carol", "dave: I am new", "alice: welcome"]

    @Test(
        "are made again in whatever order their makers come back",
        arguments: [[0, 1, 2, 3], [3, 2, 1, 0], [2, 3, 0, 1], [1, 3, 2, 0]], [true, false])
    func orders(order: [Int], isOpen: Bool) throws {
        let (world, devices, backup) = try scene(isOpen: isOpen)
        let witness = KeyWitness(world)
        let code = try devices[0].room("#lab").code
        let epoch = try devices[0].room("#lab").epoch
        try world.putBack(backup)
        for index in order {
            devices[index].reconnect()
            world.pass(1_000)
        }
        world.pass(20_000)
        let present = [devices[0], devices[1], devices[3]]
        for device in present {
            #expect(
                try device.members(of: "#lab") == ["alice/laptop", "bob/laptop", "dave/laptop"], "\(device.identity)")
            let found = try device.otherFindings
            #expect(found == [], "\(device.identity) \(found) \(device.failures)")
            #expect(try device.room("#lab").code == code && device.room("#lab").epoch == epoch, "it is the same group")
            for text in ["without carol", "I am new", "welcome"] {
                let isNew = device !== devices[3] || text != "without carol"
                #expect(device.timesShown(text) == (isNew ? 1 : 0), "\(device.identity): \(text)")
            }
        }
        try world.expectOne(said, on: Array(present.prefix(2)))
        #expect(
            try devices[3].transcript(of: "#lab").filter { !$0.contains("unreadable") }.sorted() == [
                "alice: welcome", "dave: I am new",
            ])
        #expect(devices[2].session.rooms.values.allSatisfy { $0.phase == .removed })
        try devices[0].type("after")
        world.pass()
        let daves = try devices[3].transcript(of: "#lab")
        #expect(daves.last == "alice: after", "\(daves) \(devices[3].failures)")
        let carols = try devices[2].session.rooms.values.flatMap { try devices[2].texts(in: $0) }
        #expect(!carols.contains("alice: after") && !carols.contains("bob: without carol"))
        #expect(witness.seen > 3)
        witness.finish()
    }

    @Test("are made by another member if their makers stay away, and those who were away follow them")
    func absentMakers() throws {
        let world = World()
        let devices = try world.lab(["alice", "bob", "carol", "dave"], isOpen: false)
        let (bob, dave) = (devices[1], devices[3])
        let backup = world.cluster.stored
        dave.cut()
        try devices[0].type("/kick carol")
        world.pass(2_000)
        try bob.type("without carol")
        world.pass()
        try world.putBack(backup)
        dave.reconnect()
        bob.reconnect()
        world.pass(15_000)
        for device in [bob, dave] {
            #expect(try device.members(of: "#lab") == ["alice/laptop", "bob/laptop", "dave/laptop"])
        }
        try world.expectOne(["bob: without carol"], on: [bob, dave])
        #expect(try bob.otherFindings == [])
        #expect(try dave.findings(of: "#lab").map(\.name) == ["brought back"])
        #expect(try dave.notices(of: "#lab").contains(.removed(devices[2].identity, by: devices[0].identity)))
    }

    @Test("are wanted again where others went on without them", arguments: [true, false])
    func conflict(isOpen: Bool) throws {
        let world = World()
        let devices = try world.lab(["alice", "bob", "carol", "dave"], isOpen: isOpen)
        let (alice, bob, carol, dave) = (devices[0], devices[1], devices[2], devices[3])
        let backup = world.cluster.stored
        dave.cut()
        try alice.type("/kick carol")
        world.pass(2_000)
        try alice.type("without carol")
        world.pass()
        try world.putBack(backup)
        // Dave knows nothing of it, and changes the room.
        dave.reconnect()
        try dave.type("/join #lab")
        dave.change { session in session.rooms.values.forEach { room in session.with(room.id) { $0.want(.refresh) } } }
        world.pass(3_000)
        alice.reconnect()
        bob.reconnect()
        carol.reconnect()
        world.pass(90_000)
        let present = [alice, bob, dave]
        for device in present {
            #expect(
                try device.members(of: "#lab") == ["alice/laptop", "bob/laptop", "dave/laptop"],
                "\(device.identity) \(device.failures) \(device.state)")
        }
        try alice.type("all here?")
        world.pass(3_000)
        for device in [alice, bob, dave] {
            let shown = try device.transcript(of: "#lab").filter { !$0.contains("unreadable") }
            #expect(shown == ["alice: without carol", "alice: all here?"], "\(device.identity)")
        }
        let carols = try carol.session.rooms.values.flatMap { try carol.texts(in: $0) }
        #expect(!carols.contains("alice: all here?"))
    }

    @Test("that nobody who is there can make again are waited for, and it is said")
    func waiting() throws {
        let world = World()
        let devices = try world.lab(["alice", "bob"], isOpen: false)
        let (alice, bob) = (devices[0], devices[1])
        let carol = try world.device("carol/laptop")
        let backup = world.cluster.stored
        try alice.type("/invite carol")
        world.pass(2_000)
        try carol.type("/join #lab")
        try carol.type("hello")
        world.pass()
        try world.putBack(backup)
        carol.reconnect()
        world.pass(60_000)
        #expect(carol.failures.contains { $0.contains("restored from a backup") }, "\(carol.failures)")
        #expect(try carol.transcript(of: "#lab") == ["carol: hello"])
        #expect(try carol.room("#lab").phase == .active)
        bob.reconnect()
        world.pass(30_000)
        // Bob has the commit, without the welcome; carol needs none.
        try carol.type("I am back")
        world.pass(3_000)
        #expect(try bob.transcript(of: "#lab") == ["carol: hello", "carol: I am back"])
        #expect(try bob.room("#lab").code == carol.room("#lab").code)
    }

    @Test("what was said before somebody came in is not sealed anew for them", arguments: [true, false])
    func audience(hasOriginals: Bool) throws {
        let world = World()
        let devices = try world.lab(["alice", "bob", "dave"], isOpen: false)
        let (alice, bob, dave) = (devices[0], devices[1], devices[2])
        let eve = try world.device("eve/laptop")
        let backup = world.cluster.stored
        dave.cut()
        try alice.type("not for eve")
        try bob.type("nor this")
        world.pass()
        try alice.type("/invite eve")
        world.pass(2_000)
        try eve.type("/join #lab")
        try alice.type("welcome")
        world.pass()
        if !hasOriginals {
            for device in [alice, bob] {
                let records = try device.store.records(in: .sent)
                #expect(!records.isEmpty)
                try device.store.write(records.map { RecordWrite(.sent, $0.key, nil) })
            }
        }
        try world.putBack(backup)
        for device in devices + [eve] { device.reconnect() }
        world.pass(25_000)
        let heard = try eve.transcript(of: "#lab").filter { !$0.contains("unreadable") }
        #expect(heard == ["alice: welcome"], "\(heard) \(eve.state)")
        for device in [alice, bob] {
            let shown = try device.transcript(of: "#lab").sorted()
            #expect(shown == ["alice: not for eve", "alice: welcome", "bob: nor this"], "\(device.state)")
            #expect(device.failures.contains { $0.contains("not sent again") } == !hasOriginals)
        }
        // Who was away reads the very bytes, if there are any.
        let daves = try dave.transcript(of: "#lab").sorted()
        #expect(
            daves == (hasOriginals ? ["alice: not for eve", "alice: welcome", "bob: nor this"] : ["alice: welcome"]))
        try eve.type("hello")
        world.pass()
        for device in devices { #expect(try device.transcript(of: "#lab").contains("eve: hello"), "\(device.state)") }
    }
}
