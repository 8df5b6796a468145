import Chat
import Testing

@testable import ChatClient

/// Many change a room at once: all get their way, and all see the same.
@Suite struct RaceTests {
    @Test func manyInviteAtOnceAndAllComeIn() throws {
        let world = World()
        let founders = try (0..<6).map { try world.device("m\($0)/laptop") }
        let guests = try (0..<6).map { try world.device("g\($0)/laptop") }
        try founders[0].type("/create #lab")
        for number in 1..<6 { try founders[0].type("/invite m\(number)") }
        world.pass(2_000)
        for device in founders { try device.type("/join #lab") }
        // All decide before the first hears of another.
        for (number, device) in founders.enumerated() {
            device.session.perform(try #require(try UserInput("/invite g\(number)")))
        }
        for device in founders { device.change { _ in } }
        world.pass(20_000)
        let everybody = (founders + guests).map(\.identity.description).sorted()
        for device in founders + guests {
            let room = try device.room("#lab")
            #expect(room.members.map(\.identity.description) == everybody)
            #expect(try room.code == founders[0].room("#lab").code)
            #expect(room.findings == [] && room.intents == [] && room.commit == nil)
        }
        let tries = founders.reduce(0) { $0 + $1.sent.count { if case .submit = $0 { true } else { false } } }
        #expect(tries < 60, "\(tries) commits were tried for 7 changes")
    }

    @Test func aRoomOfFortyTalksAndCatchesUp() throws {
        let world = World()
        let devices = try (0..<40).map { try world.device("u\($0)/laptop") }
        for device in devices { try device.type("/join #hall") }
        world.pass(12_000)
        for device in devices.prefix(5) { try device.type("hello from \(device.identity.user)") }
        world.pass(2_000)
        let code = try devices[0].room("#hall").code
        for device in devices {
            #expect(try device.room("#hall").memberCount == 40)
            #expect(try device.room("#hall").code == code)
            #expect(try device.transcript(of: "#hall").count == 5)
            #expect(try device.findings(of: "#hall") == [])
        }
    }

    @Test func whoLeavesWhileOthersChangeTheRoomIsOut() throws {
        let world = World()
        let devices = try ["alice", "bob", "carol", "dave"].map { try world.device("\($0)/laptop") }
        for device in devices { try device.type("/join #lab") }
        world.pass(2_000)
        // Two leave, and one is removed, all at once.
        devices[1].session.perform(try #require(try UserInput("/part")))
        devices[0].session.perform(try #require(try UserInput("/kick dave")))
        devices[2].session.perform(try #require(try UserInput("/part")))
        for device in devices { device.change { _ in } }
        world.pass(20_000)
        #expect(try devices[0].members(of: "#lab") == ["alice/laptop"])
        #expect(try devices[0].findings(of: "#lab") == [])
        #expect(try devices[0].room("#lab").intents == [])
    }

    @Test func whoLeavesWithoutAConnectionIsOutOnceThereIsOne() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        for device in [alice, bob] { try device.type("/join #lab") }
        world.pass()
        bob.cut()
        try bob.type("/part")
        try bob.restart()
        world.pass(5_000)
        #expect(try alice.members(of: "#lab") == ["alice/laptop"])
        #expect(try alice.notices(of: "#lab").contains(.left(bob.identity)))
    }

    @Test(arguments: [true, false]) func aDeviceWithAnEarlierCopyOfItsStoreUsesNoKeyTwiceAndComesBack(_ isOpen: Bool)
        throws
    {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let ledger = KeyLedger()
        if isOpen {
            for device in [alice, bob] { try device.type("/join #lab") }
        } else {
            try alice.type("/create #lab")
            try alice.type("/invite bob")
            world.pass()
            try bob.type("/join #lab")
        }
        world.pass()
        let copy = bob.store.restarted()
        for number in 0..<5 { try bob.type("old \(number)") }
        ledger.note(world.devices)
        bob.setBack(to: copy)
        try bob.restart()
        try? bob.type("/join #lab")
        try bob.type("new")
        for _ in 0..<100 {
            world.pass(500)
            ledger.note(world.devices)
        }
        #expect(try bob.room("#lab").phase == .active)
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
        try bob.type("newer")
        world.pass(2_000)
        let heard = try alice.transcript(of: "#lab")
        #expect(heard == (0..<5).map { "bob: old \($0)" } + ["bob: new", "bob: newer"], "\(bob.failures)")
        ledger.check(world.devices)
        #expect(ledger.seen > 5)
        #expect(bob.events.contains { if case .rejoining = $0 { true } else { false } })
    }

    @Test func pathsAreRenewedByTime() throws {
        let world = World()
        var settings = World.quiet
        settings.refreshAfter = 10
        let alice = try world.device("alice/laptop", settings: settings)
        let bob = try world.device("bob/laptop", settings: settings)
        for device in [alice, bob] { try device.type("/join #lab") }
        let epoch = try #require(alice.room("#lab").epoch)
        world.pass(35_000)
        let later = try #require(alice.room("#lab").epoch)
        #expect((epoch + 2...epoch + 10).contains(later), "\(epoch) to \(later)")
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
        #expect(try alice.findings(of: "#lab") == [])
    }
}
