import Chat
import ChatClient
import ChatServer
import ChatWire
import Testing

/// A device may die at any write. Whatever it had stored by then, it goes on from there: nothing is lost, nothing comes twice.
@Suite struct CrashPointTests {
    enum Victim: CaseIterable { case founder, guest }

    /// Two devices of two users, in a room by invitation and in a talk of two; and one of them dies at some write.
    private func run(_ fault: MemoryStore.Fault, at write: Int, of victim: Victim) throws -> Bool {
        let world = World()
        let witness = KeyWitness(world)
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let unlucky = victim == .founder ? alice : bob
        unlucky.store.faults[unlucky.store.writes + write] = fault
        var hasDied = false
        func revive() throws {
            for device in [alice, bob] where device.isDead {
                hasDied = true
                try device.restart()
                world.pass(2_000)
            }
        }
        /// What a person does, and does again if the program had no time to.
        func act(_ device: Device, _ line: String, isDone: () throws -> Bool) throws {
            for _ in 0..<3 {
                try revive()
                if try isDone() { return }
                if let room = device.session.room(named: try #require(RoomName("#lab"))) {
                    device.session.turn(to: room.id)
                }
                try device.type(line)
                world.pass(1_000)
                if try !device.isDead && isDone() { return }
            }
            Issue.record("it is never done: \(line)")
        }
        func said(_ device: Device, _ text: String, in room: String) throws -> Bool {
            try device.transcript(of: room).contains { $0.hasSuffix(": \(text)") }
                || device.room(room).unsentCount > 0
        }
        func isIn(_ device: Device, _ count: Int) throws -> Bool {
            guard let room = device.session.room(named: try #require(RoomName("#lab"))) else { return false }
            return room.memberCount == count && room.phase == .active
        }
        try act(alice, "/create #lab") { try isIn(alice, 1) || isIn(alice, 2) }
        try act(alice, "/invite bob") { try isIn(alice, 2) }
        try revive()
        try act(alice, "one") { try said(alice, "one", in: "#lab") }
        try act(bob, "two") { try said(bob, "two", in: "#lab") }
        try act(alice, "/topic things") { try alice.room("#lab").topic.description == "things" }
        try act(bob, "three") { try said(bob, "three", in: "#lab") }
        try act(alice, "/rejoin") {
            try alice.room("#lab").phase == .active
                && alice.sent.contains { if case .readd = $0 { true } else { false } }
        }
        try act(alice, "four") { try said(alice, "four", in: "#lab") }
        try revive()
        world.pass(10_000)
        try revive()
        let label = "\(fault) at \(write) of \(victim)"
        for device in [alice, bob] {
            #expect(
                try device.transcript(of: "#lab").sorted() == ["alice: four", "alice: one", "bob: three", "bob: two"],
                "\(label): \(device.identity)")
            #expect(try device.members(of: "#lab") == ["alice/laptop", "bob/laptop"], "\(label)")
            #expect(try device.room("#lab").topic.description == "things", "\(label)")
            #expect(try device.room("#lab").unsentCount == 0, "\(label)")
            let findings = try device.findings(of: "#lab")
            #expect(findings == [], "\(label) \(device.identity)")
        }
        #expect(try alice.room("#lab").code == bob.room("#lab").code, "\(label)")
        #expect(try alice.room("#lab").cursor.chain == bob.room("#lab").cursor.chain, "\(label)")
        #expect(witness.seen > 5)
        witness.finish()
        return hasDied
    }

    @Test(arguments: Victim.allCases) func aDeviceThatDiesAtAnyWriteGoesOn(_ victim: Victim) throws {
        for isBefore in [true, false] {
            var write = 1
            while try run(isBefore ? .crashBefore : .crashAfter, at: write, of: victim) { write += 1 }
            #expect(write > 15, "the scenario has few writes")
        }
    }

    /// In an open room: comes in, loses a race of commits, and goes; or sees others do so.
    private func comeAndGo(_ fault: MemoryStore.Fault, at write: Int, of victim: Victim) throws -> Bool {
        let world = World()
        let witness = KeyWitness(world)
        var settings = World.quiet
        settings.receiptsUpTo = 20
        let alice = try world.device("alice/laptop", settings: settings)
        let bob = try world.device("bob/laptop", settings: settings)
        let devices = [alice, bob]
        let unlucky = victim == .founder ? alice : bob
        unlucky.store.faults[unlucky.store.writes + write] = fault
        var hasDied = false
        func revive() throws {
            world.pass(500)
            for device in devices where device.isDead {
                hasDied = true
                try device.restart()
                world.pass(2_000)
            }
        }
        for device in devices {
            for _ in 0..<3 where device.session.rooms.values.first?.phase != .active {
                try revive()
                try device.type("/join #lab")
            }
            try revive()
        }
        // Both end the same epoch; one of them comes second, or dies over it.
        var held: [(Device, ClientFrame)] = []
        world.tamperRequest = { frame, device in
            witness.watch(frame, device)
            guard case .submit = frame else { return [frame] }
            held.append((device, frame))
            return []
        }
        for device in devices { device.change { $0.rooms.values.first?.want(.refresh) } }
        world.pass(100)
        world.tamperRequest = { frame, device in
            witness.watch(frame, device)
            return [frame]
        }
        for (device, frame) in held where device.connection != nil { try device.send(frame) }
        world.settle()
        try revive()
        for device in devices {
            try revive()
            let words = "I am \(device.identity.user)"
            if try !device.transcript(of: "#lab").contains(where: { $0.hasSuffix(words) }) { try device.type(words) }
            if device.isDead {
                try revive()
                let isSaid = try device.transcript(of: "#lab").contains { $0.hasSuffix(words) }
                if try !isSaid && device.room("#lab").unsentCount == 0 { try device.type(words) }
            }
        }
        world.pass(2_000)
        let label = "\(fault) at \(write) of \(victim)"
        try revive()
        for device in devices {
            #expect(try device.transcript(of: "#lab") == ["alice: I am alice", "bob: I am bob"], "\(label)")
            let findings = try device.findings(of: "#lab")
            #expect(findings == [], "\(label) \(device.identity)")
        }
        try bob.type("/part #lab")
        if bob.isDead {
            try revive()
            if bob.session.rooms.values.first?.phase == .active { try bob.type("/part #lab") }
        }
        world.pass(3_000)
        try revive()
        world.pass(3_000)
        try revive()
        #expect(try alice.members(of: "#lab") == ["alice/laptop"], "\(label)")
        #expect(try alice.notices(of: "#lab").contains(.left(bob.identity)), "\(label)")
        #expect(bob.session.rooms.values.first?.phase == .left, "\(label)")
        #expect(witness.seen > 5)
        witness.finish()
        return hasDied
    }

    @Test(arguments: Victim.allCases) func aDeviceThatDiesWhileItComesOrGoesGoesOn(_ victim: Victim) throws {
        for isBefore in [true, false] {
            var write = 1
            while try comeAndGo(isBefore ? .crashBefore : .crashAfter, at: write, of: victim) { write += 1 }
            #expect(write > 10, "the scenario has few writes")
        }
    }
}
