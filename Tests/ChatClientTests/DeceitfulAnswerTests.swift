import Chat
import ChatWire
import NIOCore
import Testing

@testable import ChatClient

/// Lies about anything but entries: where a log ends, what is in a blob, what was answered.
@Suite struct DeceitfulAnswerTests {
    /// The server comes back as it was before the last two entries, and goes on from there.
    @Test(arguments: [true, false]) func anOlderCopyOfTheServerIsFoundAndWhatBobHasIsKept(isLying: Bool) throws {
        let server = try Deceiver()
        let bob = server.bob
        for text in ["one", "two", "three"] { try server.alice.type(text) }
        let head = try bob.room("#lab").cursor.sequence
        if isLying {
            server.answer = { frame in
                guard case .entered(let id, var status) = frame, status.head == head else { return [frame] }
                status.head = head - 2
                status.chain = Digest(of: Array("an older place".utf8))
                return [.entered(id, status)]
            }
            // What is new takes the places of what was forgotten.
            server.lie = { entry, _ in
                var moved = entry
                if entry.sequence > head { moved.sequence -= 2 }
                return [moved]
            }
        }
        bob.cut()
        bob.reconnect()
        try server.alice.type("four")
        server.world.pass(3_000)
        let transcript = try bob.transcript(of: "#lab")
        #expect(Array(transcript.prefix(3)) == ["alice: one", "alice: two", "alice: three"])
        guard isLying else {
            #expect(transcript.last == "alice: four")
            return #expect(try server.findings() == [])
        }
        let found = try server.findings()
        #expect(found.contains(.rollback(from: head, to: head - 2)))
        #expect(found.contains(.rewritten(at: head - 1)))
        #expect(transcript.count == 3)
        // The honest server has it.
        server.repent()
        bob.cut()
        bob.reconnect()
        server.world.pass(3_000)
        #expect(try bob.transcript(of: "#lab") == ["alice: one", "alice: two", "alice: three", "alice: four"])
    }

    @Test(arguments: [true, false]) func answersThatComeTwiceCountOnce(isLying: Bool) throws {
        let server = try Deceiver()
        if isLying { server.answer = { [$0, $0] } }
        server.bob.cut()
        server.bob.reconnect()
        try server.bob.type("hello")
        try server.bob.type("/topic twice")
        server.world.pass()
        try server.bob.type("/create #more")
        try server.bob.type("/invite carol")
        server.world.pass(2_000)
        try server.bob.type("/join #lab")
        try server.chat()
        #expect(try server.findings() == [])
        #expect(try server.bob.transcript(of: "#lab") == ["bob: hello"] + Deceiver.said)
        #expect(try server.carol.transcript(of: "#lab") == ["bob: hello"] + Deceiver.said)
        #expect(try server.carol.members(of: "#more") == ["bob/laptop", "carol/laptop"])
        if !isLying { #expect(server.bob.failures == []) }
    }

    @Test(arguments: [true, false]) func anEntryOfARoomThatNobodyKnowsChangesNothing(isLying: Bool) throws {
        let server = try Deceiver()
        let rooms = server.bob.session.rooms.count
        if isLying {
            server.lie = { entry, _ in
                var stray = entry
                stray.room = RoomID(ofDirect: server.alice.identity.user, server.carol.identity.user)
                return [stray, entry]
            }
        }
        try server.chat()
        #expect(server.bob.session.rooms.count == rooms)
        #expect(try server.findings() == [])
        #expect(try server.bob.transcript(of: "#lab") == Deceiver.said)
        try server.expectOthersInPeace()
    }

    /// What an open room's newcomer is told of the group is the server's word, until the commit that it makes of it stands.
    @Test(arguments: ["none", "info", "blob", "policy", "head"]) func aFalseWayInLeadsNowhereAndTheRealOneIn(
        lie: String
    ) throws {
        let server = try Deceiver()
        let (world, bob) = (server.world, server.bob)
        try server.alice.type("/join #other")
        try server.alice.type("in the other room")
        try server.alice.type("/join #lab")
        var lies = 0
        server.answer = { frame in
            switch frame {
            case .described(let id, var status) where lies == 0:
                switch lie {
                case "blob": status.groupInfo = BlobRef(size: 5, hash: Digest(of: Array("wrong".utf8)))
                case "policy": status.policy = RoomPolicy(.invite)
                case "head": status.head += 7
                default: return [frame]
                }
                lies += 1
                return [.described(id, status)]
            case .part(let id, let total, var bytes) where lie == "info" && lies == 0:
                lies += 1
                guard let last = bytes.readableBytesView.last else { return [frame] }
                bytes.setInteger(last ^ 1, at: bytes.writerIndex - 1)
                return [.part(id, total: total, bytes: bytes)]
            default: return [frame]
            }
        }
        try bob.type("/join #other")
        world.pass(5_000)
        #expect(lies == (lie == "none" ? 0 : 1))
        server.repent()
        bob.cut()
        bob.reconnect()
        world.pass(5_000)
        if (try? bob.room("#other"))?.phase != .active {
            #expect(!bob.failures.isEmpty, "it stays out in silence")
            try bob.type("/join #other")
            world.pass(30_000)
        }
        let members = try server.alice.members(of: "#other")
        #expect(members == ["alice/laptop", "bob/laptop"])
        try server.alice.type("/join #other")
        try server.alice.type("welcome")
        world.pass(3_000)
        #expect(try bob.transcript(of: "#other").last == "alice: welcome")
        #expect(try bob.transcript(of: "#other").count == 1)
        let names = try bob.findings(of: "#other").map(\.name)
        #expect(names == (lie == "head" ? ["rollback"] : []))
        #expect(try bob.findings(of: "#lab") == [])
    }
}
