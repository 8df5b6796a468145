import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("cursors of devices")
struct CursorTests {
    /// A room with alice, bob and five entries.
    private static func cluster(loops: Int = 1, delay: UInt64 = 0) throws -> (
        Cluster, alice: TestClient, bob: TestClient
    ) {
        var limits = ServerLimits()
        limits.markDelay = delay
        let cluster = Cluster(loops: loops, limits: limits)
        let founder = try cluster.connect(alice, on: 0)
        try founder.create(.tea)
        try founder.add([(bob, 1)], to: .tea)
        for number in 3...5 { try founder.say("\(number)", in: .tea, epoch: 1) }
        let other = try cluster.connect(bob, on: loops - 1)
        return (cluster, founder, other)
    }

    private static func cursor(_ client: TestClient) throws -> UInt64 {
        let told = try #require(try client.enter(.tea).status).cursor
        #expect(try client.describe(.tea).status?.cursor == told)
        return told
    }

    @Test("are told to the device that marked, and to no other", arguments: [1, 2, 3])
    func isTold(loops: Int) throws {
        let (_, alice, bob) = try Self.cluster(loops: loops)
        #expect(try Self.cursor(bob) == 0, "it has said nothing")
        #expect(try bob.ask { .mark($0, .tea, sequence: 4) }.failure == nil)
        #expect(try Self.cursor(bob) == 4)
        #expect(try Self.cursor(alice) == 0)
    }

    @Test("go forward only, up to the latest entry")
    func isMonotone() throws {
        let (cluster, _, bob) = try Self.cluster()
        try bob.ask { .mark($0, .tea, sequence: 4) }
        let stored = cluster.stored
        for earlier in [0, 1, 4] as [UInt64] {
            #expect(try bob.ask { .mark($0, .tea, sequence: earlier) }.failure == nil, "an earlier one comes late")
            #expect(try Self.cursor(bob) == 4)
        }
        #expect(cluster.stored == stored, "and there is nothing to store")
        for later in [6, .max] as [UInt64] {
            #expect(try bob.ask { .mark($0, .tea, sequence: later) }.failure == .refused)
        }
        #expect(try Self.cursor(bob) == 4)
        try bob.ask { .mark($0, .tea, sequence: 5) }
        #expect(try Self.cursor(bob) == 5)
    }

    @Test("are of devices that get the room, and gone when they leave it or are removed", arguments: [true, false])
    func isForgotten(leaves: Bool) throws {
        let (cluster, alice, bob) = try Self.cluster()
        let stranger = try cluster.connect(carol)
        #expect(try stranger.ask { .mark($0, .tea, sequence: 1) }.failure == .notAMember)
        #expect(try stranger.ask { .mark($0, .lab, sequence: 1) }.failure == .unknownRoom)
        try bob.ask { .mark($0, .tea, sequence: 5) }
        #expect(cluster.stored.count(of: .cursors) == 1)
        if leaves {
            try bob.leave(.tea)
        } else {
            try alice.submit(alice.commit(in: .tea, ending: 1, remove: [ChatServerTests.bob]))
        }
        #expect(cluster.stored.count(of: .cursors) == 0)
        #expect(try bob.ask { .mark($0, .tea, sequence: 5) }.failure == .notAMember)
        try alice.add([(ChatServerTests.bob, 1)], to: .tea, ending: leaves ? 1 : 2)
        #expect(try Self.cursor(bob) == 0)
    }

    @Test("outlive the server, and a record that cannot be is refused")
    func isStored() throws {
        let (cluster, alice, bob) = try Self.cluster()
        try alice.ask { .mark($0, .tea, sequence: 2) }
        try bob.ask { .mark($0, .tea, sequence: 5) }
        let again = try Cluster(loops: 2, from: cluster.stored)
        #expect(try Self.cursor(again.connect(ChatServerTests.alice)) == 2)
        #expect(try Self.cursor(again.connect(ChatServerTests.bob)) == 5)

        let table = StoreTable.cursors.rawValue
        let (key, _) = try #require(cluster.stored.tables[table]?.first)
        for place in [0, 6, .max] as [UInt64] {
            var damaged = cluster.stored
            damaged.tables[table]?[key] = ByteBuffer(integer: place)
            #expect(throws: RecoveryError.self) { try damaged.recover(loops: 1) }
        }
        var foreign = cluster.stored
        foreign.tables[table]?[RoomID.tea.bytes + [1, 0x78, 1, 0x79]] = ByteBuffer(integer: 1 as UInt64)
        #expect(throws: RecoveryError.self, "of a device that is not in the room") { try foreign.recover(loops: 1) }
    }

    @Test("wait for something that is stored anyway, and their answers wait with them")
    func waitsForABatch() throws {
        let (cluster, alice, bob) = try Self.cluster(delay: 1_000)
        let before = cluster.stored
        let request = try bob.mark(5, in: .tea)
        cluster.settle()
        #expect(bob.answers(to: request).isEmpty)
        #expect(cluster.stored == before && cluster.shards[0].marksDue == 1_000)
        #expect(try Self.cursor(bob) == 0, "what is not stored is not told")
        #expect(try bob.ask(ClientFrame.ping).failure == nil, "other answers do not wait")
        try alice.say("something to store", in: .tea, epoch: 1)
        #expect(bob.answers(to: request) == [.done(request)])
        #expect(cluster.stored.count(of: .cursors) == 1 && cluster.shards[0].marksDue == nil)
        #expect(try Self.cursor(bob) == 5)
    }

    @Test("are stored by themselves in time, also if the clock jumps", arguments: [400, -3_600_000] as [Int64])
    func isDue(step: Int64) throws {
        let (cluster, _, bob) = try Self.cluster(delay: 1_000)
        let request = try bob.mark(5, in: .tea)
        cluster.time = UInt64(Int64(cluster.time) + 600)
        cluster.settle()
        #expect(bob.answers(to: request).isEmpty && cluster.shards[0].marksDue == 400)
        cluster.time = UInt64(Int64(cluster.time) + step)
        cluster.settle()
        #expect(bob.answers(to: request) == [.done(request)])
        #expect(cluster.stored.count(of: .cursors) == 1)
    }

    @Test("that wait cost one write, however many devices they are of")
    func isCoalesced() throws {
        let (cluster, alice, bob) = try Self.cluster(delay: 1_000)
        let requests = try [
            alice.mark(3, in: .tea), alice.mark(5, in: .tea), bob.mark(2, in: .tea), bob.mark(4, in: .tea),
        ]
        cluster.settle()
        cluster.time += 1_000
        cluster.settle()
        for (client, request) in zip([alice, alice, bob, bob], requests) {
            #expect(client.answers(to: request) == [.done(request)])
        }
        #expect(try Self.cursor(alice) == 5)
        #expect(try Self.cursor(bob) == 4)
    }

    @Test("that wait are nobody's when the device or the room has gone meanwhile", arguments: [true, false])
    func goesWhileItWaits(cuts: Bool) throws {
        let (cluster, alice, bob) = try Self.cluster(delay: 1_000)
        let request = try bob.mark(5, in: .tea)
        if cuts {
            cluster.close(bob)
        } else {
            try bob.leave(.tea)
            #expect(bob.answers(to: request) == [.done(request)])
        }
        cluster.time += 1_000
        cluster.settle()
        #expect(cluster.stored.count(of: .cursors) == (cuts ? 1 : 0), "a device that is gone has stored what it has")
        try alice.mark(5, in: .tea)
        try alice.leave(.tea)
        if cuts { try cluster.connect(ChatServerTests.bob).leave(.tea) }
        cluster.settle()
        #expect(cluster.stored.count(of: .rooms) == 0 && cluster.stored.count(of: .cursors) == 0, "the room is closed")
    }

    @Test("are refused while the disk is full, and nothing is stored of them")
    func refusesWhenFull() throws {
        let (cluster, _, bob) = try Self.cluster(delay: 1_000)
        let early = try bob.mark(4, in: .tea)
        cluster.premises.isFull = true
        let stored = cluster.stored
        let late = try bob.mark(5, in: .tea)
        cluster.time += 1_000
        cluster.settle()
        for request in [early, late] {
            guard case .failed(_, let failure)? = bob.answers(to: request).first else {
                Issue.record("it was taken")
                continue
            }
            #expect(failure.canRetry && failure.words.contains("disk is full"))
        }
        #expect(cluster.stored == stored)
    }

    @Test("hold back a device that sends too many at once, until they are stored")
    func isHeldBack() throws {
        let (cluster, _, bob) = try Self.cluster(delay: 1_000)
        let requests = try (0..<200).map { _ in try bob.mark(5, in: .tea) }
        cluster.settle()
        #expect(bob.isHeld)
        for _ in 0..<5 {
            cluster.time += 1_000
            cluster.settle()
        }
        #expect(!bob.isHeld)
        for request in requests { #expect(bob.answers(to: request) == [.done(request)]) }
    }
}

@Suite("the last words to a client that broke the protocol")
struct FarewellTests {
    @Test("come behind the answers to what it asked for before, whichever loop they come from", arguments: [1, 2, 3])
    func comesLast(loops: Int) throws {
        var limits = ServerLimits()
        limits.markDelay = 1_000
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice, on: 0)
        for number in 0..<3 { try client.create(.number(number)) }
        let asked = try (0..<3).flatMap { number in
            try [
                client.send { .enter($0, .number(number)) }, client.mark(1, in: .number(number)),
                client.send { .describe($0, .number(number)) },
            ]
        }
        try client.send(type: 1, body: [0])
        let late = try client.send(ClientFrame.ping)
        cluster.settle()
        #expect(client.isOpen, "a mark waits to be stored")
        cluster.time += 1_000
        cluster.settle()
        #expect(!client.isOpen && client.farewells.map(\.code) == [.malformedFrame])
        for request in asked { #expect(client.answers(to: request).count == 1) }
        #expect(client.answers(to: late).isEmpty, "what came after it counts for nothing")
        cluster.expectNoSessions()
    }

    @Test("are said once, and at once if nothing is under way")
    func comesOnce() throws {
        let cluster = Cluster(loops: 1)
        let client = try cluster.connect(alice)
        for _ in 0..<3 { try client.send(type: 1, body: [0]) }
        cluster.settle()
        #expect(client.farewells.count == 1 && !client.isOpen)
    }
}
