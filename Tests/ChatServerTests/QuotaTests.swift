import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("what one user may ask of the server")
struct QuotaTests {
    /// Few of everything.
    private static var strict: ServerLimits {
        var limits = ServerLimits()
        limits.messageBurst = 10
        limits.messagesPerSecond = 5
        limits.pageBurst = 4
        limits.pagesPerSecond = 2
        limits.joinBurst = 3
        limits.joinsPerSecond = 1
        limits.claimBurst = 3
        limits.claimsPerSecond = 1
        return limits
    }

    @Test("so many messages at once, then each has to wait for its turn; none is lost", arguments: 1...3)
    func delaysMessages(loops: Int) throws {
        let cluster = Cluster(loops: loops, limits: Self.strict)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for number in 1...9 { #expect(try client.say("\(number)", in: .tea).failure == nil) }
        #expect(client.delays.isEmpty, "with the founding, ten")
        for number in 10...12 { #expect(try client.say("\(number)", in: .tea).failure == nil) }
        #expect(client.delays == [200, 400, 600], "five a second")
        cluster.time += 600
        #expect(try client.say("13", in: .tea).failure == nil)
        #expect(client.delays.last == 200 && client.delays.count == 4)
        cluster.time += 400
        #expect(try client.say("14", in: .tea).failure == nil)
        #expect(client.delays.count == 4, "it has waited")
        #expect(try client.read(.tea).head == 15, "all are there")
        cluster.time += 60_000
        for _ in 0..<10 { try client.say("again", in: .tea) }
        #expect(client.delays.count == 4, "after a pause, as many at once again")
        try client.say("more", in: .tea)
        #expect(client.delays.count == 5, "and no more")
    }

    @Test("its devices and connections share it, on whichever event loops they live; others have their own")
    func isShared() throws {
        let cluster = Cluster(loops: 3, limits: Self.strict)
        let laptop = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        let again = try cluster.connect(alice, on: 2)
        let other = try cluster.connect(bob, on: 1)
        try laptop.create(.tea)
        for _ in 0..<9 { try laptop.say("hello", in: .tea) }
        try again.send { .send($0, .tea, token: 500, payload: Forge.message(in: .tea, epoch: 0, "hello")) }
        try phone.send { .leave($0, .lab, token: 1, payload: ByteBuffer()) }
        #expect(again.delays == [200] && phone.delays == [400])
        try other.create(.lab)
        for _ in 0..<9 { #expect(try other.say("hello", in: .lab).failure == nil) }
        #expect(other.delays.isEmpty)
    }

    @Test("bytes count as they come over the wire, whatever they are")
    func countsBytes() throws {
        var limits = ServerLimits()
        limits.byteBurst = 10_000
        limits.bytesPerSecond = 2_000
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.send(type: 62, body: [UInt8](repeating: 0, count: 9_995))
        #expect(client.delays.isEmpty, "with its head, 10,000")
        try client.send(type: 62, body: [UInt8](repeating: 0, count: 1_995))
        #expect(client.delays == [1_000])
        let other = try cluster.connect(bob)
        try other.send(type: 40, body: [UInt8](repeating: 0, count: 11_995))
        #expect(other.delays == [1_000], "also what the server does not know")
        try other.send { .ping($0) }
        #expect(other.delays == [1_000, 1_005], "nine bytes, rounded up")
    }

    @Test("requests of any kind are counted")
    func countsRequests() throws {
        var limits = ServerLimits()
        limits.requestBurst = 20
        limits.requestsPerSecond = 10
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        for _ in 0..<20 { try client.ask { .ping($0) } }
        #expect(client.delays.isEmpty)
        try client.ask { .ping($0) }
        try client.ask { .takeWelcome($0, 1) }
        try client.enter(.tea)
        #expect(client.delays == [100, 200, 300])
    }

    @Test("pages of logs and parts of blobs are counted, and wait")
    func countsPages() throws {
        let cluster = Cluster(loops: 2, limits: Self.strict)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for _ in 0..<3 { #expect(try client.read(.tea).failure == nil) }
        #expect(try client.fetch(BlobRef(of: ByteBuffer(bytes: [1])), of: .tea) == nil)
        #expect(client.delays.isEmpty)
        #expect(try client.read(.tea).failure == nil)
        #expect(client.delays == [500])
        #expect(try client.say("hello", in: .tea).failure == nil)
        #expect(client.delays == [500], "a message has nothing to wait for")
    }

    @Test("nobody waits for more than 10 s at once, however much came")
    func boundsDelays() throws {
        var limits = ServerLimits()
        limits.bytesPerSecond = 1_024
        limits.byteBurst = 1_024
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        for _ in 0..<3 { try client.send(type: 62, body: [UInt8](repeating: 0, count: 60_000)) }
        #expect(client.delays == [10_000, 10_000, 10_000])
        cluster.time += 10_000
        try client.send(type: 62, body: [])
        #expect(client.delays.count == 4, "it still owes")
    }

    @Test("coming into rooms, and founding them, is refused when it is too much; all else goes on", arguments: 1...2)
    func refusesJoins(loops: Int) throws {
        var limits = Self.strict
        limits.messageBurst = 1_000
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: loops - 1)
        try client.create(.tea)
        #expect(try phone.create(.lab).failure == nil)
        #expect(try client.add([(bob, 1)], to: .tea).failure == nil)
        let refusal = try client.add([(carol, 2)], to: .tea, ending: 1)
        #expect(refusal.failure == .tooManyRequests)
        if case .failed(_, let failure) = refusal { #expect(failure.canRetry && failure.words.contains("wait")) }
        #expect(try phone.create(.number(7)).failure == .tooManyRequests, "a device of the same user")
        #expect(try client.submit(client.commit(in: .tea, ending: 1, remove: [bob])).failure == nil, "it adds nobody")
        #expect(try client.say("hello", in: .tea, epoch: 2).failure == nil)
        #expect(try cluster.connect(bob).create(.number(7)).failure == nil, "another user")
        cluster.time += 1_000
        #expect(try client.add([(carol, 2)], to: .tea, ending: 2).failure == nil, "one a second")
        #expect(try client.add([(bob, 3)], to: .tea, ending: 3).failure == .tooManyRequests)
        #expect(try client.describe(.number(8)).failure == .unknownRoom)
        #expect(cluster.premises.users.takeExcess().map(\.user) == [alice.user])
    }

    @Test("a refused request to join keeps its place among the answers", arguments: 1...3)
    func keepsOrder(loops: Int) throws {
        var limits = Self.strict
        limits.joinBurst = 1
        let cluster = Cluster(loops: loops, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        _ = client.news()
        for number in 0..<9 {
            if number % 3 == 1 {
                try client.send { .create($0, .tea, RoomPolicy(.invite), groupInfo: ByteBuffer()) }
            } else {
                let token = client.nextToken()
                try client.send { .send($0, .tea, token: token, payload: Forge.message(in: .tea, epoch: 0, "hello")) }
            }
        }
        cluster.settle()
        let answers = client.news()
        #expect(answers.compactMap(\.request) == (2...10).map { RequestID($0) })
        #expect(answers.filter { $0.failure == .tooManyRequests }.count == 3)
    }

    @Test("claims are refused when they are too many, of all devices of the user together")
    func refusesClaims() throws {
        let cluster = Cluster(loops: 2, limits: Self.strict)
        let client = try cluster.connect(alice)
        let phone = try cluster.connect(alicePhone, on: 1)
        for _ in 0..<3 { #expect(try client.ask { .claim($0, bob.user, nil) }.failure == nil) }
        #expect(try client.ask { .claim($0, bob.user, nil) }.failure == .tooManyRequests)
        #expect(try phone.ask { .claim($0, bob.user, nil) }.failure == .tooManyRequests)
        #expect(try cluster.connect(carol).ask { .claim($0, bob.user, nil) }.failure == nil)
        cluster.time += 2_000
        for _ in 0..<2 { #expect(try phone.ask { .claim($0, bob.user, nil) }.failure == nil) }
        #expect(try phone.ask { .claim($0, bob.user, nil) }.failure == .tooManyRequests)
    }

    @Test("who goes and comes again at once goes on where it was; later nothing is kept of it")
    func remembers() throws {
        let cluster = Cluster(loops: 2, limits: Self.strict)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for _ in 0..<10 { try client.say("hello", in: .tea) }
        #expect(client.delays == [200])
        for round in 1...5 {
            cluster.close(client)
            let again = try cluster.connect(alice, on: round % 2)
            try again.send { .leave($0, .lab, token: 1, payload: ByteBuffer()) }
            #expect(again.delays == [200 + round * 200])
            cluster.close(again)
        }
        cluster.settle()
        #expect(cluster.premises.users.count == 1)
        cluster.premises.users.sweep(now: Timestamp(milliseconds: cluster.time + 3_000))
        #expect(cluster.premises.users.count == 1, "it has something to make up for")
        cluster.premises.users.sweep(now: Timestamp(milliseconds: cluster.time + 4_000))
        #expect(cluster.premises.users.count == 0)
        cluster.expectNoSessions()
    }

    @Test("of ten thousand users who came, asked little and went, nothing is kept")
    func forgets() throws {
        let cluster = Cluster(loops: 2)
        for number in 0..<10_000 {
            let client = try cluster.connect(device("user\(number)/pc"), on: number % 2)
            try client.send { .ping($0) }
            cluster.close(client)
            if number % 100 == 0 {
                cluster.time += 10
                cluster.settle()
            }
        }
        cluster.settle()
        cluster.time += 1_000
        cluster.premises.users.sweep(now: Timestamp(milliseconds: cluster.time))
        #expect(cluster.premises.users.count == 0)
        cluster.expectNoSessions()
    }

    @Test("a session that was refused counts for nothing")
    func countsNoRefusedSession() throws {
        var limits = ServerLimits()
        limits.sessionsPerDevice = 1
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        for _ in 0..<5 { #expect(cluster.open(alice) == nil) }
        cluster.close(client)
        #expect(cluster.premises.users.count == 0)
    }

    @Test("who went over a limit is told to the administrator, once, by name")
    func reportsExcess() throws {
        let cluster = Cluster(loops: 1, limits: Self.strict)
        let client = try cluster.connect(carol)
        let other = try cluster.connect(alice)
        _ = try cluster.connect(bob).ask { .ping($0) }
        for _ in 0..<5 { _ = try client.ask { .claim($0, bob.user, nil) } }
        for _ in 0..<6 { _ = try other.read(.tea) }
        let excess = cluster.premises.users.takeExcess()
        #expect(excess.map(\.user) == [alice.user, carol.user])
        #expect(excess.map(\.excess.delays) == [2, 0] && excess.map(\.excess.refusals) == [0, 2])
        #expect(cluster.premises.users.takeExcess().isEmpty)

        for _ in 0..<3 { _ = try client.ask { .claim($0, bob.user, nil) } }
        cluster.close(client)
        cluster.premises.users.sweep(now: Timestamp(milliseconds: cluster.time + 60_000))
        #expect(cluster.premises.users.count == 2, "carol is forgotten")
        let later = try cluster.connect(carol)
        for _ in 0..<4 { _ = try later.ask { .claim($0, bob.user, nil) } }
        let both = cluster.premises.users.takeExcess()
        #expect(both.map(\.user) == [carol.user] && both.map(\.excess.refusals) == [4], "before she went, and after")
        #expect(cluster.premises.users.takeExcess().isEmpty)
    }

    @Test("with the highest limits nothing overflows, whatever the clock says")
    func doesNotOverflow() throws {
        var limits = ServerLimits()
        for limit in ServerLimits.all where limit.name.hasSuffix("-burst") || limit.name.hasSuffix("-per-second") {
            #expect(limit.set(limit.range.upperBound, in: &limits))
        }
        for time in [0, 1, UInt64.max / 2, .max, 5] as [UInt64] {
            let cluster = Cluster(loops: 1, limits: limits)
            let client = try cluster.connect(alice)
            for next in [time, .max - time, time, 7] {
                cluster.time = next
                #expect(try client.ask { .ping($0) }.failure == nil)
                #expect(try client.online().failure == nil)
            }
            #expect(client.delays.isEmpty)
        }
        for limit in ServerLimits.all where limit.name.hasSuffix("-per-second") {
            #expect(limit.set(limit.range.lowerBound, in: &limits))
        }
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        for time in [.max, 0, .max] as [UInt64] {
            cluster.time = time
            #expect(try client.ask { .ping($0) }.failure == nil)
        }
    }

    @Test("a frame of a session that was sent away costs nothing and does nothing")
    func ignoresTheBanished() throws {
        let cluster = Cluster(loops: 1, limits: Self.strict)
        let client = try cluster.connect(alice)
        try client.send(type: 11, body: [])
        for _ in 0..<50 { try client.send { .leave($0, .tea, token: 1, payload: ByteBuffer()) } }
        #expect(client.delays.isEmpty)
        cluster.settle()
        #expect(client.farewells.map(\.code) == [.malformedFrame])
    }
}
