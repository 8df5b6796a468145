import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

@testable import ChatClient

/// A member with the group's real keys makes changes that the others cannot accept: the room goes on without them.
@Suite struct InvalidCommitTests {
    enum Crime: String, CaseIterable, Sendable {
        case garbled, otherPolicy, garbledElsewhere
    }

    @Test(arguments: Crime.allCases) func aChangeThatNobodyCanAcceptIsSetAside(_ crime: Crime) throws {
        let world = World()
        let devices = try ["alice", "bob", "carol", "mallory"].map { try world.device("\($0)/laptop") }
        let mallory = devices[3]
        try devices[0].type("/create #lab")
        for name in ["bob", "carol", "mallory"] { try devices[0].type("/invite \(name)") }
        world.pass(2_000)
        for device in devices { try device.type("/join #lab") }
        try devices[0].type("before")
        try mallory.commit(crime, in: try mallory.room("#lab"))
        try devices[1].type("around")
        world.pass(3_000)
        try devices[2].type("after")
        world.pass(3_000)
        for device in devices[..<3] {
            let room = try device.room("#lab")
            #expect(room.phase == .active && room.refusedCommit == nil)
            #expect(try room.epoch == devices[0].room("#lab").epoch)
            #expect(
                room.findings.contains { if case .invalidCommit(mallory.identity, _) = $0 { true } else { false } },
                "\(room.findings)")
            #expect(
                try device.transcript(of: "#lab") == ["alice: before", "bob: around", "carol: after"])
            #expect(
                try device.notices(of: "#lab").contains {
                    if case .setAside(mallory.identity, _) = $0 { true } else { false }
                })
        }
        // The room can still be changed: the one who did it goes.
        try devices[1].type("/kick mallory")
        world.pass(3_000)
        #expect(try devices[0].members(of: "#lab") == ["alice/laptop", "bob/laptop", "carol/laptop"])
        #expect(try devices[0].room("#lab").code == devices[2].room("#lab").code)
    }

    @Test func aStrangerIsNotLetIntoATalkOfTwo() throws {
        let world = World()
        let alice = try world.device("alice/laptop")
        let bob = try world.device("bob/laptop")
        let stranger = try world.device("mallory/laptop")
        try alice.type("/msg bob psst")
        world.pass(2_000)
        let package = try stranger.freshPackage()
        try bob.submit([.add(package)], in: bob.room("@alice"), welcoming: (stranger.identity, package))
        world.pass(2_000)
        let talk = try alice.room("@bob")
        #expect(talk.findings.contains { if case .invalidCommit(bob.identity, _) = $0 { true } else { false } })
        #expect(!talk.members.map(\.identity.user.description).contains("mallory"))
        try alice.type("/msg bob are we alone?")
        world.pass(2_000)
        #expect(stranger.session.rooms.values.allSatisfy { (try? stranger.texts(in: $0)) == [] })
    }

    @Test func aMembersOwnForbiddenWishIsNotCarriedOutByOthers() throws {
        let world = World()
        let devices = try ["alice", "bob", "mallory"].map { try world.device("\($0)/laptop") }
        for device in devices { try device.type("/join #lab") }
        world.pass()
        let mallory = devices[2]
        let room = try mallory.room("#lab")
        var extensions = try #require(room.live?.group.state.context.extensions)
        extensions[.roomPolicy] = RoomPolicy(.invite).encoded
        let proposals: [Change] = [.setExtensions(extensions), .add(try mallory.freshPackage(of: "eve/laptop", world))]
        for proposal in proposals {
            let message = try #require(try room.live?.group.propose(proposal))
            try mallory.send(
                .send(
                    RequestID(9_000), room.id, token: room.takeControlToken(),
                    payload: ByteBuffer(bytes: message.encoded)))
            world.settle()
        }
        world.pass(5_000)
        try devices[0].type("we go on")
        world.pass(2_000)
        #expect(try devices[1].transcript(of: "#lab").last == "alice: we go on")
        #expect(try devices[1].room("#lab").policy.admission == .open)
        #expect(try !devices[1].members(of: "#lab").contains("eve/laptop"))
        for device in devices[..<2] {
            #expect(
                try !device.findings(of: "#lab").contains {
                    if case .invalidCommit(let who, _) = $0 { who != mallory.identity } else { false }
                })
        }
    }
}

extension Device {
    /// Makes a change without asking any rule, and submits it.
    func submit(
        _ changes: [Change], in room: Room, welcoming newcomer: (PeerIdentity, KeyPackage)? = nil,
        garble: ((inout [UInt8]) -> Void)? = nil
    ) throws {
        let live = try #require(room.live)
        let outbound = try live.group.commit(changes, options: CommitOptions())
        let welcome = outbound.welcome
        var message = outbound.message.encoded
        let epoch = live.group.state.epoch
        let staged = outbound.take()
        let roster = room.roster(of: staged.effects)
        garble?(&message)
        let recipients = try newcomer.map {
            [Submission.Recipient($0.0, package: try CipherSuite($0.1.cipherSuite).reference(to: $0.1).bytes)]
        }
        try send(
            .submit(
                RequestID(9_999),
                Submission(
                    room: room.id, token: room.takeControlToken(), epoch: epoch, commit: ByteBuffer(bytes: message),
                    roster: roster, recipients: recipients ?? [],
                    welcome: newcomer == nil
                        ? ByteBuffer()
                        : welcome.map { ByteBuffer(bytes: MLSMessage.welcome($0).encoded) } ?? ByteBuffer())))
        change { _ in }
    }

    func commit(_ crime: InvalidCommitTests.Crime, in room: Room) throws {
        switch crime {
        case .garbled: try submit([], in: room) { $0[$0.count - 1] ^= 1 }
        case .garbledElsewhere: try submit([], in: room) { $0[$0.count - 40] ^= 0x55 }
        case .otherPolicy:
            var extensions = try #require(room.live).group.state.context.extensions
            extensions[.roomPolicy] = RoomPolicy(.open).encoded
            try submit([.setExtensions(extensions)], in: room)
        }
    }

    /// A key package of this device.
    func freshPackage() throws -> KeyPackage {
        let host = session.host
        return try host.mls.makeKeyPackage(for: host.suite, lifetime: 3_600, isLastResort: false).keyPackage
    }

    /// A key package of a device that nobody knows.
    func freshPackage(of name: String, _ world: World) throws -> KeyPackage {
        let other = try world.device(name)
        return try other.freshPackage()
    }
}
