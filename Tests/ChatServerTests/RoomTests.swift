import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("rooms and their logs")
struct RoomTests {
    @Test("a room is founded once; its founder may say so again while it is alone with entry 1", arguments: 1...3)
    func foundsOnce(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let founder = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        #expect(try founder.create(.tea).sequence == 1)
        #expect(try founder.create(.tea).sequence == 1, "the first answer may have been lost")
        #expect(try founder.create(.tea, RoomPolicy(.direct)).failure == .roomExists, "another room")
        #expect(try other.create(.tea).failure == .roomExists)
        try founder.say("hello", in: .tea)
        #expect(try founder.create(.tea).failure == .roomExists)
    }

    @Test("entry 1 holds the policy, and the status says what the room is")
    func startsWithThePolicy() throws {
        let cluster = Cluster(loops: 2)
        let founder = try cluster.connect(alice)
        let policy = RoomPolicy(.open, auditor: user("carol"))
        let info = Forge.groupInfo("tea")
        try founder.create(.tea, policy, groupInfo: info)
        let status = try #require(try founder.enter(.tea).status)
        #expect(try founder.read(.tea).head == 1)
        let entry = try #require(founder.entries(of: .tea).first)
        #expect(entry.kind == .created && entry.sender == alice && entry.token == 0 && entry.sequence == 1)
        #expect(entry.payload == .inline(ByteBuffer(bytes: policy.encoded)))
        let chain = LogChain.next(LogChain.start(of: .tea), entry)
        #expect(
            status
                == RoomStatus(
                    room: .tea, first: 1, head: 1, chain: chain, epoch: 0, policy: policy, groupInfo: BlobRef(of: info))
        )
    }

    @Test("only open rooms leave their group info with the server")
    func keepsGroupInfoOfOpenRooms() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        #expect(try client.create(.tea, groupInfo: Forge.groupInfo("x")).failure == .notAllowed)
        #expect(
            try client.create(.tea, RoomPolicy(.open), groupInfo: ByteBuffer(string: "x")).failure == .malformedMessage)
        #expect(try client.create(.tea, RoomPolicy(.open), groupInfo: Forge.groupInfo("x")).failure == nil)
    }

    @Test("a message reaches all who have entered but the connection that sent it", arguments: 1...3)
    func reachesTheOthers(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let sender = try cluster.connect(alice)
        let again = try cluster.connect(alice, on: loops - 1)
        let other = try cluster.connect(bob, on: loops / 2)
        let outsider = try cluster.connect(carol)
        try sender.create(.tea)
        try sender.add([(bob, 1)], to: .tea)
        for client in [sender, again, other] { #expect(try client.enter(.tea).failure == nil) }
        let answer = try sender.say("hello", in: .tea, epoch: 1)
        #expect(answer.sequence == 3)
        #expect(sender.entries(of: .tea).isEmpty)
        let payload = Forge.message(in: .tea, epoch: 1, "hello")
        let entry = LogEntry(
            room: .tea, sequence: 3, time: Timestamp(milliseconds: cluster.time), sender: alice, token: 2,
            kind: .message, payload: .inline(payload))
        for client in [again, other] { #expect(client.entries(of: .tea) == [entry]) }
        #expect(outsider.entries(of: .tea).isEmpty)
    }

    @Test("who is not routed cannot enter, read, send, commit, leave, reject or ask to be added", arguments: 1...3)
    func keepsStrangersOut(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        try cluster.connect(alice).create(.tea)
        let stranger = try cluster.connect(bob, on: loops - 1)
        let commit = stranger.commit(in: .tea, ending: 0)
        let requests: [(RequestID) -> ClientFrame] = [
            { .enter($0, .tea) }, { .read($0, .tea, after: 0) }, { .reject($0, .tea, sequence: 1) },
            { .mark($0, .tea, sequence: 1) },
            { .send($0, .tea, token: 1, payload: Forge.message(in: .tea, "x")) }, { .submit($0, commit) },
            { .leave($0, .tea, token: 1, payload: ByteBuffer()) },
            { .readd($0, .tea, token: 1, package: Forge.package(of: bob)) },
        ]
        for request in requests { #expect(try stranger.ask(request).failure == .notAMember) }
        #expect(try stranger.describe(.tea).failure == .unknownRoom, "an invite room is not shown")
        #expect(stranger.entries(of: .tea).isEmpty)
    }

    @Test("what is asked of a room that is not there is refused")
    func knowsNoSuchRoom() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        #expect(try client.enter(.tea).failure == .unknownRoom)
        #expect(try client.read(.tea).failure == .unknownRoom)
        #expect(try client.describe(.tea).failure == .unknownRoom)
        #expect(try client.say("x", in: .tea).failure == .unknownRoom)
        #expect(try client.reject(1, in: .tea).failure == .unknownRoom)
        #expect(try client.submit(client.commit(in: .tea, ending: 0)).failure == .unknownRoom)
    }

    @Test("an open room is described to anyone, with the group info, which anyone may fetch")
    func describesOpenRooms() throws {
        let cluster = Cluster(loops: 2)
        let info = Forge.groupInfo(String(repeating: "tree", count: 20_000))
        try cluster.connect(alice).create(.tea, RoomPolicy(.open), groupInfo: info)
        let stranger = try cluster.connect(bob, on: 1)
        let blob = try #require(try stranger.describe(.tea).status?.groupInfo)
        #expect(blob == BlobRef(of: info))
        #expect(try stranger.fetch(blob, of: .tea) == info)
    }
}
