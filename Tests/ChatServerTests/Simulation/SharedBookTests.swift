import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

/// What the simulation has found of welcomes, which all loops keep together and each stores at its own time.
@Suite("welcomes, when a crash comes between the ticks of two loops")
struct SharedBookTests {
    @Test("do not keep the server from starting, though one of two who share a welcome has only been heard")
    func takesTwice() throws {
        let cluster = Cluster(loops: 2)
        let founder = try cluster.connect(alice, on: 0)
        try founder.create(.lab)
        try founder.add([(bob, 1), (carol, 2)], to: .lab)
        let (first, second) = (try cluster.connect(bob, on: 0), try cluster.connect(carol, on: 1))
        cluster.settle()
        let (mine, other) = (try #require(first.welcomes.first), try #require(second.welcomes.first))
        try first.send { .takeWelcome($0, mine.id) }
        try second.send { .takeWelcome($0, other.id) }
        // The other loop's tick is not over, and the power goes.
        cluster.endTick(of: 1)
        let again = try Cluster(loops: 2, from: cluster.stored)
        let back = try again.connect(bob)
        again.settle()
        #expect(back.welcomes == [mine])
        #expect(try back.fetch(mine.welcome, of: .lab) != nil)
        let done = try again.connect(carol)
        again.settle()
        #expect(done.welcomes.isEmpty)
    }

    @Test("nor though two rooms have the same one")
    func putsTwice() throws {
        let cluster = Cluster(loops: 2)
        let founders = [try cluster.connect(alice, on: 0), try cluster.connect(alicePhone, on: 1)]
        let rooms: [RoomID] = [.lab, .tea]
        for (founder, room) in zip(founders, rooms) { try founder.create(room) }
        for (founder, room) in zip(founders, rooms) {
            var commit = founder.commit(in: room, ending: 0, add: [(bob, 1)])
            commit.welcome = Forge.welcome("the same")
            let whole = commit
            try founder.send { .submit($0, whole) }
        }
        cluster.endTick(of: 1)
        let again = try Cluster(loops: 2, from: cluster.stored)
        let newcomer = try again.connect(bob)
        again.settle()
        let notice = try #require(newcomer.welcomes.first)
        #expect(notice.room == .tea && newcomer.welcomes.count == 1)
        #expect(try newcomer.fetch(notice.welcome, of: .tea) != nil)
    }

    @Test("leave nothing behind when they were taken")
    func leavesNothing() throws {
        let cluster = Cluster(loops: 2)
        let founder = try cluster.connect(alice, on: 0)
        try founder.create(.lab)
        try founder.add([(bob, 1), (carol, 2)], to: .lab)
        for (device, loop) in [(bob, 0), (carol, 1)] {
            let client = try cluster.connect(device, on: loop)
            cluster.settle()
            let notice = try #require(client.welcomes.first)
            try client.ask { .takeWelcome($0, notice.id) }
        }
        cluster.settle()
        #expect(cluster.stored.count(of: .welcomes) == 0)
        #expect(cluster.stored.count(of: .welcomeBlobs) == 0)
    }
}
