import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("rooms")
struct RoomTests {
    @Test("a room comes into being with its first member, at message 0", arguments: 1...3)
    func startsEmpty(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        #expect(try client.join(.tea) == .joined(RequestID(1), .tea, sequence: 0))
        #expect(try client.members(of: .tea).identities == [alice])
    }

    @Test("a message reaches everyone in the room but the connection that sent it", arguments: 1...3)
    func reachesTheOthers(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let sender = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: loops - 1)
        let again = try cluster.connect(alice, on: loops - 1)
        let other = try cluster.connect(bob, on: loops / 2)
        let outsider = try cluster.connect(carol)
        for client in [sender, phone, again, other] { try client.join(.tea) }
        try outsider.join(.lab)
        let answer = try sender.say("hello", in: .tea)
        #expect(answer == .accepted(RequestID(2), sequence: 1, time: Timestamp(milliseconds: cluster.time)))
        #expect(sender.texts(in: .tea).isEmpty)
        for client in [phone, again, other] { #expect(client.texts(in: .tea) == ["hello"]) }
        #expect(outsider.received.count == 1)
    }

    @Test("a delivery names room, number, time, sender, and holds the bytes that were sent")
    func deliversAsSent() throws {
        let cluster = Cluster(loops: 2)
        let sender = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: 1)
        try sender.join(.tea)
        try other.join(.tea)
        let bytes = ByteBuffer(bytes: (0..<65_536).map { UInt8(truncatingIfNeeded: $0) })
        try sender.ask { .send($0, .tea, payload: bytes) }
        let time = Timestamp(milliseconds: cluster.time)
        let delivery = Delivery(room: .tea, sequence: 1, time: time, sender: alice, payload: bytes)
        #expect(other.received.last == .delivery(delivery))
    }

    @Test("numbers go on from what joined said, for whoever comes later", arguments: 1...3)
    func numbersGoOn(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let first = try cluster.connect(alice)
        try first.join(.tea)
        for text in ["1", "2", "3"] { try first.say(text, in: .tea) }
        let second = try cluster.connect(bob, on: loops - 1)
        #expect(try second.join(.tea) == .joined(RequestID(1), .tea, sequence: 3))
        try first.say("4", in: .tea)
        guard case .delivery(let delivery)? = second.received.last else {
            Issue.record("no delivery")
            return
        }
        #expect(delivery.sequence == 4)
        #expect(second.texts(in: .tea) == ["4"], "what was said before is not delivered")
    }

    @Test("who is not in the room may neither speak in it nor see who is")
    func refusesStrangers() throws {
        let cluster = Cluster(loops: 2)
        let member = try cluster.connect(alice)
        let stranger = try cluster.connect(bob)
        try member.join(.tea)
        #expect(try stranger.say("hello", in: .tea).failure == .notAMember)
        #expect(try stranger.members(of: .tea).failure == .notAMember)
        #expect(try stranger.say("hello", in: .number(9)).failure == .notAMember, "of a room that does not exist")
        #expect(member.texts(in: .tea).isEmpty)
        #expect(
            try member.say("mine", in: .tea)
                == .accepted(
                    RequestID(2), sequence: 1, time: Timestamp(milliseconds: cluster.time)), "no number was used up")
    }

    @Test("a second device of a user is a member of its own: it sees nothing of rooms that it did not join")
    func devicesJoinForThemselves() throws {
        let cluster = Cluster(loops: 2)
        let laptop = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        try laptop.join(.tea)
        #expect(try phone.say("hello", in: .tea).failure == .notAMember)
        #expect(phone.received.count == 1)
    }

    @Test("to join again does no harm: same number, no news to others, no message twice", arguments: 1...3)
    func joinsAgain(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob, on: loops - 1)
        try client.join(.tea)
        try other.join(.tea)
        try other.say("one", in: .tea)
        _ = other.news()
        #expect(try client.join(.tea) == .joined(RequestID(2), .tea, sequence: 1))
        try other.say("two", in: .tea)
        #expect(client.texts(in: .tea) == ["one", "two"])
        #expect(other.news().count == 1)
    }

    @Test("joining again in the tick of a message says the number after the message itself")
    func joinsAgainInOrder() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob)
        try client.join(.tea)
        try other.join(.tea)
        _ = client.news()
        try other.send { .send($0, .tea, payload: ByteBuffer(string: "one")) }
        let request = try client.send { .join($0, .tea) }
        cluster.settle()
        let news = client.news()
        #expect(news.count == 2)
        #expect(news.last == .joined(request, .tea, sequence: 1))
    }

    @Test("a list of members comes after the news of those who are in it")
    func listsInOrder() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob)
        try client.join(.tea)
        _ = client.news()
        try other.send { .join($0, .tea) }
        let request = try client.send { .listMembers($0, .tea, after: nil) }
        cluster.settle()
        let page = IdentityPage(more: false, identities: [alice, bob])
        #expect(client.news() == [.memberJoined(.tea, bob), .members(request, page)])
    }

    @Test("who has left gets nothing more, and may not speak", arguments: 1...3)
    func leaves(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice, on: loops - 1)
        let other = try cluster.connect(bob)
        try client.join(.tea)
        try other.join(.tea)
        #expect(try client.leave(.tea) == .left(RequestID(2), .tea))
        _ = client.news()
        try other.say("alone", in: .tea)
        #expect(client.news().isEmpty)
        #expect(try client.say("hello", in: .tea).failure == .notAMember)
    }

    @Test("a room that one is not in is left as well, without news to anyone")
    func leavesElsewhere() throws {
        let cluster = Cluster(loops: 2)
        let client = try cluster.connect(alice)
        let other = try cluster.connect(bob)
        try other.join(.tea)
        _ = other.news()
        #expect(try client.leave(.tea) == .left(RequestID(1), .tea))
        #expect(try client.leave(.number(7)) == .left(RequestID(2), .number(7)))
        #expect(other.news().isEmpty)
        #expect(try other.members(of: .tea).identities == [bob])
    }

    @Test("a room is gone with its last member: whoever comes next begins at 0", arguments: 1...3)
    func startsAnew(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let client = try cluster.connect(alice)
        try client.join(.tea)
        try client.say("one", in: .tea)
        try client.leave(.tea)
        #expect(try client.join(.tea) == .joined(RequestID(4), .tea, sequence: 0))
    }

    @Test("others are told of a device's first connection in the room, and of its last", arguments: 1...3)
    func tellsOfDevices(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let watcher = try cluster.connect(carol)
        try watcher.join(.tea)
        let first = try cluster.connect(alice)
        let second = try cluster.connect(alice, on: loops - 1)
        let phone = try cluster.connect(alicePhone)
        _ = watcher.news()
        try first.join(.tea)
        #expect(watcher.news() == [.memberJoined(.tea, alice)])
        try second.join(.tea)
        #expect(watcher.news().isEmpty)
        try phone.join(.tea)
        #expect(watcher.news() == [.memberJoined(.tea, alicePhone)])
        try first.leave(.tea)
        #expect(watcher.news().isEmpty)
        try second.leave(.tea)
        #expect(watcher.news() == [.memberLeft(.tea, alice, lost: false)])
        #expect(first.received.filter { $0.request == nil } == [.memberJoined(.tea, alicePhone)])
    }

    @Test("a broken connection is told as lost, a goodbye is not", arguments: [true, false])
    func tellsOfLoss(lost: Bool) throws {
        let cluster = Cluster(loops: 2)
        let watcher = try cluster.connect(carol)
        let client = try cluster.connect(alice, on: 1)
        for room in [RoomID.tea, .lab] {
            try watcher.join(room)
            try client.join(room)
        }
        _ = watcher.news()
        cluster.close(client, lost: lost)
        cluster.settle()
        let expected = [RoomID.tea, .lab].map { ServerFrame.memberLeft($0, alice, lost: lost) }
        #expect(Set(watcher.news()) == Set(expected))
    }

    @Test("answers about a room come in the order of the requests, refusals too", arguments: 1...3)
    func answersInOrder(loops: Int) throws {
        var limits = ServerLimits()
        limits.roomsPerSession = 1
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        try client.join(.number(6))
        _ = client.news()
        let text = ByteBuffer(string: "x")
        let requests = [
            try client.send { .send($0, .tea, payload: text) },
            try client.send { .join($0, .tea) },
            try client.send { .listMembers($0, .tea, after: nil) },
            try client.send { .leave($0, .tea) },
        ]
        cluster.settle()
        let news = client.news()
        #expect(news.map(\.request) == requests)
        #expect(news.map(\.failure) == [.notAMember, .tooManyRooms, .notAMember, nil])
    }
}
