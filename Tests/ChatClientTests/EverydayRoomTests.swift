import Chat
import ChatClient
import ChatServer
import ChatWire
import MLSWire
import Testing

@Suite struct NewcomerTests {
    @Test(arguments: [true, false]) func newcomersLearnWhatTheRoomIsCalledAndAbout(_ isOpen: Bool) throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type(isOpen ? "/join #lab" : "/create #lab")
        try alice.type("/topic flux")
        try alice.type("from before")
        if isOpen { try bob.type("/join #lab") } else { try alice.type("/invite bob") }
        world.pass(2_000)
        let room = try bob.room("#lab")
        #expect(room.topic.description == "flux")
        #expect(room.policy.admission == (isOpen ? .open : .invite))
        // What was said before is not for newcomers.
        #expect(try bob.transcript(of: "#lab") == [])
        // Telling them again is no change.
        let renames = try bob.notices(of: "#lab").filter {
            switch $0 {
            case .topic, .renamed: true
            default: false
            }
        }
        #expect(renames == [])
        try bob.type("/topic more flux")
        #expect(try alice.room("#lab").topic.description == "more flux")
    }

    @Test func aMessageSealedBeforeOneCameInIsToldAsSuch() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        try alice.type("/join #lab")
        let bob = try world.device("bob/laptop")
        // Alice's message waits on the wire until Bob is in.
        var held: [ClientFrame] = []
        world.tamperRequest = { frame, device in
            guard device === alice, case .send = frame else { return [frame] }
            held.append(frame)
            return []
        }
        try alice.type("nearly")
        try bob.type("/join #lab")
        world.tamperRequest = nil
        for frame in held { try alice.send(frame) }
        world.settle()
        world.pass()
        let told = try bob.transcript(of: "#lab")
        #expect(told == ["alice unreadable: \(Unreadable.beforeYouJoined.words)"])
        #expect(try alice.transcript(of: "#lab") == ["alice: nearly"])
        #expect(try bob.findings(of: "#lab") == [])
    }
}

@Suite struct AuditorTests {
    @Test func theAuditorIsAMemberWhomEverybodySees() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let audit = try world.device("audit/desk")
        try alice.type("/create #desk --auditor audit")
        world.pass()
        try alice.type("/invite bob")
        world.pass()
        for device in [alice, bob, audit] {
            #expect(try device.members(of: "#desk") == ["alice/laptop", "audit/desk", "bob/laptop"])
            #expect(try device.room("#desk").policy.auditor == audit.identity.user)
        }
        #expect(try alice.notices(of: "#desk").contains(.joined(audit.identity, by: alice.identity)))
        try bob.type("/join #desk")
        try bob.type("on the record")
        #expect(try audit.transcript(of: "#desk") == ["bob: on the record"])
        // It goes, and comes back: all are told, and it stays told.
        try audit.type("/part #desk")
        world.pass(3_000)
        try alice.type("/invite audit")
        world.pass(3_000)
        #expect(try alice.notices(of: "#desk").contains(.left(audit.identity)))
        #expect(try bob.notices(of: "#desk").contains(.left(audit.identity)))
        #expect(try bob.notices(of: "#desk").contains(.joined(audit.identity, by: alice.identity)))
        try bob.restart()
        try alice.restart()
        for device in [alice, bob] {
            let told = try device.notices(of: "#desk")
            #expect(told.contains(.left(audit.identity)))
            #expect(told.contains(.joined(audit.identity, by: alice.identity)))
        }
        #expect(try audit.members(of: "#desk") == ["alice/laptop", "audit/desk", "bob/laptop"])
        try bob.type("/join #desk")
        try bob.type("again on the record")
        #expect(try audit.transcript(of: "#desk").last == "bob: again on the record")
    }
}

@Suite struct OfflineTests {
    @Test func whatIsSaidWithoutAConnectionGoesOutLaterInOrder() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        world.pass()
        alice.cut()
        for number in 1...20 { try alice.type("line \(number)") }
        try alice.restart()
        world.pass()
        let wanted = (1...20).map { "alice: line \($0)" }
        #expect(try bob.transcript(of: "#lab") == wanted)
        #expect(try alice.transcript(of: "#lab") == wanted)
        #expect(try bob.findings(of: "#lab") == [])
    }

    @Test func whatWasSaidOfflineIsSealedForWhoCameInMeanwhile() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let carol = try world.device("carol/laptop")
        try alice.type("/join #lab")
        try bob.type("/join #lab")
        world.pass()
        alice.cut()
        for number in 1...5 { try alice.type("line \(number)") }
        try carol.type("/join #lab")
        world.pass()
        alice.reconnect()
        world.pass()
        let wanted = (1...5).map { "alice: line \($0)" }
        #expect(try bob.transcript(of: "#lab") == wanted)
        #expect(try carol.transcript(of: "#lab") == wanted)
    }

    @Test func aRemovedDeviceHearsSoAndSendsNothing() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        try alice.type("/create #lab")
        try alice.type("/invite bob")
        world.pass()
        try bob.type("/join #lab")
        let room = try bob.room("#lab")
        bob.cut()
        try bob.type("too late")
        try alice.type("/kick bob")
        world.pass()
        bob.reconnect()
        world.pass(5_000)
        #expect(room.phase == .removed)
        #expect(try alice.transcript(of: "#lab") == [])
        #expect(try room.history(limit: .max).flatMap(\.notices).contains(.removed(bob.identity, by: alice.identity)))
        #expect(bob.events.contains { if case .closed(_, .removed) = $0 { true } else { false } })
        try bob.restart()
        world.pass()
        #expect(bob.session.rooms[room.id]?.phase == .removed)
        // And can be let in again.
        try alice.type("/invite bob")
        world.pass()
        #expect(try bob.members(of: "#lab") == ["alice/laptop", "bob/laptop"])
        try alice.type("welcome back")
        #expect(try bob.transcript(of: "#lab") == ["alice: welcome back"])
    }
}

@Suite struct LeavingTests {
    @Test(arguments: [false, true]) func whoLeavesWithoutAConnectionIsGoneWhenThereIsOne(_ restarts: Bool) throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let carol = try world.device("carol/laptop")
        for device in [alice, bob, carol] { try device.type("/join #lab") }
        world.pass()
        bob.cut()
        try bob.type("/part")
        if restarts { try bob.restart() } else { bob.reconnect() }
        world.pass(5_000)
        #expect(try alice.members(of: "#lab") == ["alice/laptop", "carol/laptop"])
        #expect(try carol.members(of: "#lab") == ["alice/laptop", "carol/laptop"])
        #expect(try alice.notices(of: "#lab").contains(.left(bob.identity)))
        #expect(bob.failures == [])
        // Nothing of it is left to be told again.
        let before = bob.sent.count
        try bob.restart()
        world.pass()
        #expect(bob.sent.dropFirst(before).allSatisfy { if case .leave = $0 { false } else { true } })
    }

    @Test func whoLeftLongAgoWithoutAConnectionIsTakenOutAllTheSame() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        for device in [alice, bob] { try device.type("/join #lab") }
        world.pass()
        bob.cut()
        try bob.type("/part")
        // The proposal's epoch is long over.
        for number in 0..<6 {
            let name = "guest\(number)/laptop"
            try world.device(name).type("/join #lab")
            world.pass(2_000)
        }
        bob.reconnect()
        world.pass(5_000)
        #expect(try !alice.members(of: "#lab").contains("bob/laptop"))
        #expect(try alice.members(of: "#lab").count == 7)
        #expect(try alice.notices(of: "#lab").contains(.left(bob.identity)))
    }
}
