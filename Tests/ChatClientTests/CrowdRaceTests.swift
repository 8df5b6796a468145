import Chat
import ChatClient
import ChatServer
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

@Suite struct CrowdRaceTests {
    private func submits(_ devices: [Device]) -> Int {
        devices.reduce(0) { $0 + $1.sent.count { if case .submit = $0 { true } else { false } } }
    }

    @Test func allWhoChangeTheRoomAtOnceGetTheirWayWithFewCommits() throws {
        let world = World()
        let witness = KeyWitness(world)
        let devices = try (0..<8).map { try world.device("user\($0)/laptop") }
        try devices[0].type("/create #lab")
        for number in 1..<8 { try devices[0].type("/invite user\(number)") }
        world.pass(3_000)
        let guests = try (0..<8).map { try world.device("guest\($0)/laptop") }
        let before = submits(devices)
        // All see the same epoch.
        var held: [(Device, ClientFrame)] = []
        world.tamperRequest = { frame, device in
            witness.watch(frame, device)
            guard case .submit = frame else { return [frame] }
            held.append((device, frame))
            return []
        }
        for (number, device) in devices.enumerated() {
            try device.type("/join #lab")
            try device.type("/invite guest\(number)")
        }
        #expect(held.count == 8)
        world.tamperRequest = { frame, device in
            witness.watch(frame, device)
            return [frame]
        }
        for (device, frame) in held { try device.send(frame) }
        world.pass(20_000)
        let all = (devices + guests).map(\.identity.description).sorted()
        let code = try devices[0].room("#lab").code
        for device in devices + guests {
            #expect(try device.members(of: "#lab") == all)
            #expect(try device.room("#lab").code == code)
            let findings = try device.findings(of: "#lab")
            #expect(findings == [])
            #expect(try device.room("#lab").intents == [])
        }
        #expect(submits(devices) - before <= 8 * 8)
        witness.finish()
    }

    @Test func bothSidesMayBeginATalkAtTheSameMoment() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        var held: [(Device, ClientFrame)] = []
        world.tamperRequest = { frame, device in
            guard case .create = frame else { return [frame] }
            held.append((device, frame))
            return []
        }
        try alice.type("/msg bob hello")
        try bob.type("/msg alice hi")
        #expect(held.count == 2)
        world.tamperRequest = nil
        for (device, frame) in held { try device.send(frame) }
        world.pass(5_000)
        let wanted = ["alice: hello", "bob: hi"]
        #expect(try alice.transcript(of: "@bob").sorted() == wanted)
        #expect(try bob.transcript(of: "@alice").sorted() == wanted)
        #expect(try alice.room("@bob").code == bob.room("@alice").code)
    }

    @Test func whoLeavesWhileOthersCommitIsGone() throws {
        let world = World()
        let devices = try (0..<5).map { try world.device("user\($0)/laptop") }
        for device in devices { try device.type("/join #lab") }
        world.pass(2_000)
        var held: [(Device, ClientFrame)] = []
        world.tamperRequest = { frame, device in
            switch frame {
            case .submit, .leave:
                held.append((device, frame))
                return []
            default: return [frame]
            }
        }
        devices[0].change { $0.currentRoom?.want(.refresh) }
        devices[1].change { $0.currentRoom?.want(.refresh) }
        try devices[4].type("/part")
        world.pass(100)
        world.tamperRequest = nil
        for (device, frame) in held { try device.send(frame) }
        world.pass(10_000)
        for device in devices.dropLast() {
            #expect(try device.members(of: "#lab") == (0..<4).map { "user\($0)/laptop" })
            #expect(try device.notices(of: "#lab").contains(.left(devices[4].identity)))
            let findings = try device.findings(of: "#lab")
            #expect(findings == [])
        }
    }

    @Test func fortyDevicesConverge() throws {
        let world = World()
        let devices = try (0..<40).map { try world.device("user\($0)/laptop") }
        for device in devices { try device.type("/join #lab") }
        world.pass(500)
        for device in devices.prefix(6) { device.change { $0.currentRoom?.want(.refresh) } }
        try devices[39].type("/part")
        world.pass(6_000)
        try devices[7].type("hello, all")
        let code = try devices[0].room("#lab").code
        for device in devices.dropLast() {
            #expect(try device.room("#lab").memberCount == 39)
            #expect(try device.room("#lab").code == code)
            #expect(try device.transcript(of: "#lab").last == "user7: hello, all")
        }
    }
}

@Suite struct RenewalTests {
    @Test func everyDeviceRenewsItsKeysInTime() throws {
        let world = World()
        var settings = World.quiet
        settings.refreshAfter = 60
        let alice = try world.device("alice/laptop", settings: settings)
        let bob = try world.device("bob/laptop", settings: settings)
        for device in [alice, bob] { try device.type("/join #lab") }
        world.pass(1_000)
        let before = try #require(try alice.room("#lab").epoch)
        world.pass(62_000)
        let after = try #require(try alice.room("#lab").epoch)
        #expect((2...3).contains(after - before), "each renews once")
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
        // Alone, there is nobody to keep a thief out for.
        try bob.type("/part")
        world.pass(2_000)
        let alone = try #require(try alice.room("#lab").epoch)
        world.pass(130_000)
        #expect(try alice.room("#lab").epoch == alone)
    }
}

@Suite struct LostThreadTests {
    /// The disk of a device is put back to what it held some time ago.
    @Test(arguments: ["/join #lab", "/create #lab"]) func aDeviceWithAnOldCopyOfItsStoreComesInAnew(_ first: String)
        throws
    {
        let world = World()
        let witness = KeyWitness(world)
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type(first)
        try first == "/join #lab" ? bob.type("/join #lab") : alice.type("/invite bob")
        world.pass()
        try bob.type("/join #lab")
        try bob.type("before the copy")
        let copy = bob.store.restarted()
        try bob.type("after the copy")
        try alice.type("an answer")
        try bob.restart(from: copy)
        world.pass(5_000)
        #expect(try bob.room("#lab").phase == .active)
        try bob.type("/join #lab")
        try bob.type("back again")
        world.pass()
        #expect(try alice.transcript(of: "#lab").last == "bob: back again")
        #expect(try bob.transcript(of: "#lab").last == "bob: back again")
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        #expect(bob.events.contains { if case .rejoining = $0 { true } else { false } })
        let copies = try alice.transcript(of: "#lab").filter { $0 == "bob: after the copy" }
        #expect(copies.count == 1)
        witness.finish()
    }

    @Test func whoCannotComeBackTriesAFewTimesAndThenSaysSo() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        world.pass()
        var asked: [UInt64] = []
        world.tamperRequest = { [unowned world] frame, device in
            guard device === bob, case .describe = frame else { return [frame] }
            asked.append(world.time)
            return []
        }
        world.tamper = nil
        try bob.type("/rejoin")
        for _ in 0..<8 {
            world.pass(30_000)
            bob.cut()
            bob.reconnect()
        }
        #expect(asked.count <= 4)
        #expect(bob.failures.contains { $0.contains("could not be rejoined") })
        world.tamperRequest = nil
        try bob.type("/rejoin")
        world.pass(2_000)
        #expect(try bob.room("#lab").phase == .active)
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
    }

    @Test(arguments: ["/join #lab", "/create #lab"]) func aDeviceWithANewKeyComesBackUnderItsName(_ first: String)
        throws
    {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type(first)
        try first == "/join #lab" ? bob.type("/join #lab") : alice.type("/invite bob")
        world.pass()
        try alice.type("before")
        try bob.restart(with: SignaturePrivateKey(for: .p256AES128))
        world.pass(5_000)
        #expect(try bob.room("#lab").phase == .active)
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        try alice.type("after")
        #expect(try bob.transcript(of: "#lab") == ["alice: before", "alice: after"])
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
    }
}

@Suite struct KeyWitnessTests {
    @Test func aKeyThatIsUsedForTwoMessagesIsSeen() throws {
        let world = World()
        let witness = KeyWitness(world)
        let alice = try world.device("alice/laptop")
        try alice.type("/join #lab")
        try alice.type("hello")
        let sent = try #require(alice.sent.last { if case .send = $0 { true } else { false } })
        #expect(witness.reused == [])
        witness.watch(sent, alice)
        #expect(witness.reused == [], "the same message may go out again")
        guard case .send(let request, let room, let token, let payload) = sent else { return }
        var bytes = Array(payload.readableBytesView)
        bytes[bytes.count - 1] ^= 1
        witness.watch(.send(request, room, token: token, payload: ByteBuffer(bytes: bytes)), alice)
        #expect(witness.reused.count == 1)
    }
}
