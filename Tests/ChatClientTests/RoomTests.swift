import Chat
import ChatClient
import ChatWire
import MLS
import MLSWire
import Testing

@Suite struct RoomTests {
    let world = World()

    @Test func twoDevicesTalkInAnOpenRoom() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try alice.type("nobody hears this")
        try bob.type("/join #lab")
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        #expect(try bob.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        try alice.type("hello")
        try bob.type("hi alice")
        world.pass()
        #expect(try alice.transcript(of: "#lab") == ["alice: nobody hears this", "alice: hello", "bob: hi alice"])
        #expect(try bob.transcript(of: "#lab") == ["alice: hello", "bob: hi alice"])
        #expect(try alice.room("#lab").code == bob.room("#lab").code)
        #expect(try alice.findings(of: "#lab") == [])
        #expect(try bob.findings(of: "#lab") == [])
    }

    @Test func aMemberInvitesAllDevicesOfAUser() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let phone = try world.device("bob/phone")
        try alice.type("/create #secret")
        try alice.type("/topic what nobody may know")
        try alice.type("/invite bob")
        world.pass()
        let all = ["alice/laptop", "bob/laptop", "bob/phone"]
        #expect(try alice.members(of: "#secret") == all)
        #expect(try bob.members(of: "#secret") == all)
        #expect(try phone.members(of: "#secret") == all)
        #expect(try phone.room("#secret").topic.description == "what nobody may know")
        try bob.type("/join #secret")
        try bob.type("I am in")
        #expect(try phone.transcript(of: "#secret") == ["bob: I am in"])
        #expect(try alice.transcript(of: "#secret") == ["bob: I am in"])
    }

    @Test func aDirectMessageReachesAllDevicesOfBoth() throws {
        let alice = try world.device("alice/laptop")
        let desk = try world.device("alice/desk")
        let bob = try world.device("bob/laptop")
        try alice.type("/msg bob psst")
        world.pass()
        #expect(try bob.transcript(of: "@alice") == ["alice: psst"])
        #expect(try desk.transcript(of: "@bob") == ["alice: psst"])
        try bob.type("/msg alice what?")
        #expect(try alice.transcript(of: "@bob") == ["alice: psst", "bob: what?"])
        #expect(alice.failures == [])
    }

    @Test func aMessageForSomebodyWhoHasNeverConnectedWaits() throws {
        let alice = try world.device("alice/laptop")
        try alice.type("/msg bob are you there?")
        world.pass()
        let bob = try world.device("bob/laptop")
        world.pass(40_000)
        #expect(try bob.transcript(of: "@alice") == ["alice: are you there?"])
    }

    @Test func whoWasAwayReadsWhatWasSaid() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        bob.cut()
        for number in 1...300 { try alice.type("message \(number)") }
        bob.reconnect()
        world.pass()
        #expect(try bob.transcript(of: "#lab").count == 300)
        #expect(try bob.transcript(of: "#lab").last == "alice: message 300")
        #expect(try bob.findings(of: "#lab") == [])
    }

    @Test func whoLeavesIsGoneForEverybody() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let carol = try world.device("carol/laptop")
        for device in [alice, bob, carol] { try device.type("/join #lab") }
        try bob.type("/part")
        world.pass(3_000)
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "carol/laptop"])
        #expect(try carol.members(of: "#lab") == ["alice/laptop", "carol/laptop"])
        #expect(try alice.notices(of: "#lab").contains(.left(bob.identity)))
        try alice.type("he is gone")
        #expect(try carol.transcript(of: "#lab") == ["alice: he is gone"])
    }

    @Test func whoIsRemovedReadsNoMore() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/create #lab")
        try alice.type("/invite bob")
        world.pass()
        let room = try bob.room("#lab")
        try alice.type("/kick bob")
        world.pass()
        #expect(try alice.members(of: "#lab") == ["alice/laptop"])
        #expect(room.phase == .removed)
        try alice.type("now we are alone")
        #expect(try bob.texts(in: room) == [])
        #expect(try alice.transcript(of: "#lab") == ["alice: now we are alone"])
    }

    @Test func aRestartedDeviceGoesOn() throws {
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        try alice.type("one")
        try bob.restart()
        try alice.restart()
        world.pass()
        try alice.type("/join #lab")
        try alice.type("two")
        try bob.type("/join #lab")
        try bob.type("three")
        world.pass()
        #expect(try alice.transcript(of: "#lab") == ["alice: one", "alice: two", "bob: three"])
        #expect(try bob.transcript(of: "#lab") == ["alice: one", "alice: two", "bob: three"])
        #expect(try alice.findings(of: "#lab") == [])
    }
}

@Suite struct ServerLossTests {
    @Test(arguments: ["/join #lab", "/create #lab"]) func aRoomThatTheServerLostIsFoundedAnewWithItsMembers(
        _ first: String
    ) throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type(first)
        try first == "/join #lab" ? bob.type("/join #lab") : alice.type("/invite bob")
        world.pass()
        try alice.type("before")
        world.loseEverything()
        world.pass(2_000)
        #expect(try alice.findings(of: "#lab").contains { if case .rollback(_, 0) = $0 { true } else { false } })
        try alice.type("/rejoin")
        world.pass()
        if first == "/join #lab" { try bob.type("/rejoin") }
        world.pass()
        try alice.type("after")
        world.pass()
        #expect(try alice.transcript(of: "#lab").suffix(2) == ["alice: before", "alice: after"])
        #expect(try bob.transcript(of: "#lab").suffix(2) == ["alice: before", "alice: after"])
    }
}

@Suite struct JoinRaceTests {
    @Test func whatIsSaidWhileSomebodyComesInBelongsToTheHistoryThatBothSee() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        try alice.type("/join #lab")
        let bob = try world.device("bob/laptop")
        var held: [ClientFrame] = []
        world.tamperRequest = { frame, device in
            guard device === bob, case .submit = frame else { return [frame] }
            held.append(frame)
            return []
        }
        try bob.type("/join #lab")
        try alice.type("said meanwhile")
        world.tamperRequest = nil
        for frame in held { try bob.send(frame) }
        world.settle()
        world.pass()
        try alice.type("and after")
        try bob.type("hello")
        #expect(try bob.transcript(of: "#lab") == ["alice: and after", "bob: hello"])
        #expect(try alice.transcript(of: "#lab") == ["alice: said meanwhile", "alice: and after", "bob: hello"])
        #expect(try alice.findings(of: "#lab") == [])
        #expect(try bob.findings(of: "#lab") == [])
        #expect(try alice.room("#lab").cursor.chain == bob.room("#lab").cursor.chain)
    }

    @Test func ofTwoWhoChangeTheRoomAtOnceBothGetTheirWay() throws {
        let world = World()
        let names = ["alice", "bob", "carol", "dave"]
        let devices = try names.map { try world.device("\($0)/laptop") }
        try devices[0].type("/create #lab")
        try devices[0].type("/invite bob")
        world.pass()
        // Both see the same epoch: what they ask reaches the server before either hears of the other.
        var held: [(Device, ClientFrame)] = []
        world.tamperRequest = { frame, device in
            guard case .submit = frame, held.count < 2 else { return [frame] }
            held.append((device, frame))
            return []
        }
        try devices[0].type("/invite carol")
        try devices[1].type("/join #lab")
        try devices[1].type("/invite dave")
        #expect(held.count == 2)
        for (device, frame) in held { try device.send(frame) }
        world.settle()
        world.pass(3_000)
        for device in devices {
            #expect(try device.members(of: "#lab") == names.map { "\($0)/laptop" })
            #expect(try device.findings(of: "#lab") == [])
        }
    }
}

@Suite struct RevocationTests {
    @Test func aRevokedDeviceIsTakenOutOfEveryRoomThoughTheServerCannotDoItAlone() throws {
        let world = World()
        let server = try SignaturePrivateKey(for: .p256AES128)
        world.externalSender = ExternalSender(
            signatureKey: server.publicKey, credential: .basic(identity: Array("server".utf8)))
        world.cluster.sign = { try server.signature(of: $0) }
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let phone = try world.device("bob/phone")
        for device in [alice, bob, phone] { try device.type("/join #lab") }
        try alice.type("/msg bob psst")
        world.pass()
        world.cluster.revoke(phone.identity)
        phone.cut()
        world.settle()
        world.pass(5_000)
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        #expect(try bob.members(of: "@alice") == ["alice/laptop", "bob/laptop"])
        #expect(try bob.notices(of: "#lab").contains(.removed(phone.identity, by: nil)))
        try alice.type("he cannot read this")
        #expect(try bob.transcript(of: "#lab") == ["alice: he cannot read this"])
        #expect(try alice.findings(of: "#lab") == [])
    }

    @Test func aServerWithAnotherKeyBecomesTheOneThatMayAsk() throws {
        let world = World()
        for _ in 0..<2 {
            let server = try SignaturePrivateKey(for: .p256AES128)
            world.externalSender = ExternalSender(
                signatureKey: server.publicKey, credential: .basic(identity: Array("server".utf8)))
            world.cluster.sign = { try server.signature(of: $0) }
            if world.devices.isEmpty {
                for name in ["alice/laptop", "bob/laptop", "carol/laptop"] { try world.device(name).type("/join #lab") }
            }
            for device in world.devices { try device.restart() }
            world.pass(5_000)
        }
        let carol = world.devices[2]
        world.cluster.revoke(carol.identity)
        carol.cut()
        world.settle()
        world.pass(5_000)
        #expect(try world.devices[0].members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        #expect(try world.devices[1].findings(of: "#lab") == [])
    }
}

@Suite struct DeviceTests {
    @Test func aNewDeviceComesIntoAllRoomsWhenAnOldOneApproves() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/create #secret")
        try alice.type("/invite bob")
        world.pass()
        try alice.type("/msg bob psst")
        world.pass()
        let phone = try world.device("alice/phone")
        #expect(alice.events.contains(.newDevice(phone.identity)))
        try alice.type("/approve phone")
        world.pass()
        #expect(try bob.members(of: "#secret") == ["alice/laptop", "alice/phone", "bob/laptop"])
        #expect(try bob.members(of: "@alice") == ["alice/laptop", "alice/phone", "bob/laptop"])
        #expect(try bob.notices(of: "#secret").contains(.newDevice(phone.identity, by: alice.identity)))
        try bob.type("/msg alice hello phone")
        #expect(try phone.transcript(of: "@bob") == ["bob: hello phone"])
        try alice.type("/remove-device phone")
        world.pass()
        #expect(try bob.members(of: "#secret") == ["alice/laptop", "bob/laptop"])
        #expect(try bob.members(of: "@alice") == ["alice/laptop", "bob/laptop"])
    }
}
