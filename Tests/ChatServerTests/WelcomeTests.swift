import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("welcomes")
struct WelcomeTests {
    @Test("reach a device wherever it is, and again after each greeting, until it has taken them", arguments: 1...3)
    func wait(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let founder = try cluster.connect(alice)
        try founder.create(.tea)
        let online = try cluster.connect(bob, on: loops - 1)
        let commit = founder.commit(in: .tea, ending: 0, add: [(bob, 1), (carol, 2)])
        try founder.submit(commit)
        let notice = try #require(online.welcomes.first)
        #expect(notice.room == .tea && notice.sequence == 2 && notice.sender == alice && notice.package == [1, 2, 3])
        #expect(notice.chain == (try founder.enter(.tea).status?.chain))
        #expect(try online.fetch(notice.welcome, of: .tea) == commit.welcome)
        let offline = try cluster.connect(carol, on: loops / 2)
        cluster.settle()
        let other = try #require(offline.welcomes.first)
        #expect(other.id != notice.id && other.sequence == 2)
        #expect(try offline.ask { .takeWelcome($0, notice.id) } == .done(RequestID(1)), "another's stays")
        #expect(try offline.ask { .takeWelcome($0, other.id) } == .done(RequestID(2)))
        for (device, count) in [(bob, 1), (carol, 0)] {
            let again = try cluster.connect(device)
            cluster.settle()
            #expect(again.welcomes.count == count)
        }
        #expect(try offline.fetch(other.welcome, of: .tea) == nil, "it was taken")
    }

    @Test("are no concern of others")
    func arePrivate() throws {
        let cluster = Cluster(loops: 2)
        let founder = try cluster.connect(alice)
        try founder.create(.tea)
        let commit = founder.commit(in: .tea, ending: 0, add: [(bob, 1)])
        let stranger = try cluster.connect(carol)
        try founder.submit(commit)
        #expect(stranger.welcomes.isEmpty)
        #expect(try stranger.fetch(BlobRef(of: commit.welcome), of: .tea) == nil)
    }

    @Test("are dropped when their device is removed before it took them")
    func dropWithRemoval() throws {
        let cluster = Cluster(loops: 2)
        let founder = try cluster.connect(alice)
        try founder.create(.tea)
        try founder.create(.lab)
        try founder.add([(bob, 1)], to: .tea)
        try founder.add([(bob, 1)], to: .lab)
        try founder.submit(founder.commit(in: .tea, ending: 1, remove: [bob]))
        let other = try cluster.connect(bob)
        cluster.settle()
        #expect(other.welcomes.map(\.room) == [.lab])
    }

    @Test("of a device are so many and no more; the earliest make room")
    func areBounded() throws {
        var limits = ServerLimits()
        limits.welcomesPerDevice = 3
        let cluster = Cluster(loops: 1, limits: limits)
        let founder = try cluster.connect(alice)
        for number in 0..<5 {
            try founder.create(.number(number))
            try founder.add([(bob, 1)], to: .number(number))
        }
        let other = try cluster.connect(bob)
        cluster.settle()
        #expect(other.welcomes.map(\.room) == (2..<5).map { .number($0) })
    }
}
