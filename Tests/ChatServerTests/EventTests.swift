import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("what the delivery service tells of itself")
struct EventTests {
    @Test("is who founded, changed, left and closed a room, in order, and never what was said", arguments: 1...3)
    func rooms(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(bob, on: loops - 1))
        try first.create(.tea)
        try first.create(.tea)
        try first.add([(bob, 7)], to: .tea)
        try first.say("the canary sings", in: .tea, epoch: 1)
        try second.enter(.tea)
        try first.submit(first.commit(in: .tea, ending: 1, add: [(carol, 3)], remove: [bob]))
        try first.leave(.tea)
        let third = try cluster.connect(carol)
        try third.leave(.tea)
        #expect(
            cluster.events == [
                .founded(.tea, by: alice, RoomPolicy(.invite)),
                .committed(.tea, by: alice, sequence: 2, added: [bob], removed: []),
                .committed(.tea, by: alice, sequence: 4, added: [carol], removed: [bob]),
                .left(.tea, alice, sequence: 5), .left(.tea, carol, sequence: 6), .closed(.tea),
            ])
        #expect(!"\(cluster.events)".contains("canary"))
    }

    @Test("is told once of what was sent twice, and not of what was refused")
    func once() throws {
        let cluster = Cluster(loops: 2)
        let first = try cluster.connect(alice)
        try first.create(.tea)
        let commit = first.commit(in: .tea, ending: 0, add: [(bob, 7)])
        try first.submit(commit)
        try first.submit(commit)
        #expect(try first.submit(first.commit(in: .tea, ending: 0)).failure == .epochTaken)
        #expect(cluster.events.count == 2)
    }

    @Test("is a commit that was set aside, and a removal that is asked for")
    func setAside() throws {
        let cluster = Cluster(loops: 2)
        cluster.sign = { _ in [1, 2, 3] }
        let clients = try [alice, bob, carol].map { try cluster.connect($0) }
        try clients[0].create(.tea)
        try clients[0].add([(bob, 1), (carol, 2)], to: .tea)
        for client in clients { try client.enter(.tea) }
        try clients[0].submit(clients[0].commit(in: .tea, ending: 1))
        for client in clients.dropFirst() { _ = try client.reject(3, in: .tea) }
        #expect(cluster.events.last == .voided(.tea, committer: alice, sequence: 3))
        cluster.revoke(bob)
        cluster.settle()
        #expect(cluster.events.last == .removalAsked(.tea, of: bob, sequence: 5))
    }

    @Test("is which entries were dropped, without a gap")
    func logCut() throws {
        var limits = ServerLimits()
        limits.entriesPerRoom = 6
        limits.entriesPerSegment = 2
        let cluster = Cluster(loops: 1, limits: limits)
        let first = try cluster.connect(alice)
        try first.create(.tea)
        for number in 0..<20 { try first.say("\(number)", in: .tea) }
        let kept = try #require(try first.enter(.tea).status).first
        try #require(kept > 10)
        var next: UInt64 = 1
        for case .logCut(RoomID.tea, let from, let through) in cluster.events {
            #expect(from == next && through >= from)
            next = through + 1
        }
        #expect(next == kept)
    }

    @Test("is key packages that were given out, and limits that were hit")
    func limits() throws {
        var limits = ServerLimits()
        limits.devicesPerRoom = 2
        limits.listBurst = 1
        limits.roomsPerSession = 1
        let cluster = Cluster(loops: 1, limits: limits)
        let (first, owner) = (try cluster.connect(alice), try cluster.connect(bob))
        _ = try owner.ask { .publish($0, packages: [Forge.package(of: bob)], lastResort: ByteBuffer()) }
        _ = try first.ask { .claim($0, bob.user, nil) }
        #expect(cluster.events == [.claimed(bob.user, nil, by: alice, count: 1)])
        try first.create(.tea)
        try first.add([(bob, 1), (carol, 2)], to: .tea)
        guard case .limited(alice, RoomID.tea, let words)? = cluster.events.last else {
            Issue.record("\(cluster.events)")
            return
        }
        #expect(words == "the room has 2 devices and is full")
        _ = try first.online()
        _ = try first.online()
        #expect(cluster.events.last == .limited(alice, nil, "you asked for too many lists at once; wait a moment"))
        try first.enter(.tea)
        try first.enter(.lab)
        guard case .limited(alice, RoomID.lab, _)? = cluster.events.last else {
            Issue.record("\(cluster.events)")
            return
        }
    }
}
