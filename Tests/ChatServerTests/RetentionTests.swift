import Chat
import ChatServer
import ChatWire
import Testing

@Suite("retention")
struct RetentionTests {
    private static let day: UInt64 = 86_400_000

    /// A room with ten messages a day.
    private func room(days: UInt64, _ limits: ServerLimits = ServerLimits()) throws -> (Cluster, TestClient) {
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        for _ in 0..<days {
            for _ in 0..<10 {
                try client.say("hello", in: .tea)
                cluster.time += Self.day / 10
            }
            cluster.rest()
        }
        return (cluster, client)
    }

    @Test("drops what is older than 30 days and no more, and says from where on the log is kept")
    func drops() throws {
        let (cluster, client) = try room(days: 50)
        let status = try #require(try client.enter(.tea).status)
        #expect(status.head == 501)
        // Of the last 30 days there are 300, and a segment may be a day long.
        #expect((180...201).contains(status.first), "\(status.first)")
        #expect(try client.read(.tea, after: 0).failure == .tooOld)
        #expect(try client.read(.tea, after: status.first - 1).failure == nil)
        // On the disk there is no more of it.
        #expect(cluster.stored.entries.values.flatMap(\.keys).min() == status.first)
        let again = try Cluster(loops: 1, from: cluster.stored)
        #expect(try again.connect(alice).enter(.tea).status == status)
    }

    @Test("drops also what was said last, when that is long ago; the room goes on, and its chain too")
    func dropsAll() throws {
        let (cluster, client) = try room(days: 2)
        let chain = try #require(try client.enter(.tea).status).chain
        for _ in 0..<40 {
            cluster.time += Self.day
            cluster.rest()
        }
        let status = try #require(try client.enter(.tea).status)
        #expect(status.first == 22 && status.head == 21 && status.chain == chain)
        let again = try Cluster(loops: 1, from: cluster.stored)
        again.time = cluster.time
        let other = try again.connect(alice)
        #expect(try other.enter(.tea).status == status)
        #expect(try other.say("and on", in: .tea, token: 9_999).sequence == 22)
        #expect(try other.read(.tea, after: 21).head == 22)
    }

    @Test("can be without end")
    func keeps() throws {
        var limits = ServerLimits()
        limits.keepDays = 0
        let (_, client) = try room(days: 50, limits)
        #expect(try client.enter(.tea).status?.first == 1)
    }

    @Test("lets large payloads go with their entries, and not before")
    func dropsPayloads() throws {
        var limits = ServerLimits()
        limits.entriesPerRoom = 6
        limits.entriesPerSegment = 2
        let cluster = Cluster(loops: 1, limits: limits)
        let client = try cluster.connect(alice)
        try client.create(.tea)
        var commit = client.commit(in: .tea, ending: 0, add: [], welcomes: false)
        commit.commit = Forge.commit(in: .tea, epoch: 0, size: 100_000)
        try client.submit(commit)
        let reference = BlobRef(of: commit.commit)
        for _ in 0..<4 { try client.say("x", in: .tea, epoch: 1) }
        #expect(try client.fetch(reference, of: .tea) == commit.commit)
        #expect(cluster.premises.stored.used > 100_000)
        for _ in 0..<4 { try client.say("x", in: .tea, epoch: 1) }
        #expect(try client.ask { .fetch($0, .tea, reference.hash, offset: 0) }.failure == .unknownBlob)
        #expect(cluster.stored.count(of: .blobs) == 0 && cluster.stored.count(of: .blobPlaces) == 0)
        #expect(cluster.premises.stored.used < 10_000)
    }
}

@Suite("the clock by which the log ages")
struct AgeClockTests {
    private static let day: UInt64 = 86_400_000
    private static let start = 20_000 * day

    private func clock() -> AgeClock {
        let clock = AgeClock()
        clock.advance(wall: Timestamp(milliseconds: Self.start), uptime: 0)
        return clock
    }

    @Test("goes with the wall clock")
    func goes() {
        let clock = clock()
        for minute in 1...100 as ClosedRange<UInt64> {
            clock.advance(wall: Timestamp(milliseconds: Self.start + minute * 60_000), uptime: minute * 60_000)
        }
        #expect(clock.now.milliseconds == Self.start + 100 * 60_000)
    }

    @Test("does not believe a jump: 40 days ahead for an hour make a day at most, and it never goes back")
    func jumps() {
        let clock = clock()
        var latest = Self.start
        for minute in 1...60 as ClosedRange<UInt64> {
            clock.advance(wall: Timestamp(milliseconds: Self.start + 40 * Self.day), uptime: minute * 60_000)
            #expect(clock.now.milliseconds > latest)
            latest = clock.now.milliseconds
        }
        #expect(latest == Self.start + Self.day)
        for minute in 61...120 as ClosedRange<UInt64> {
            clock.advance(wall: Timestamp(milliseconds: Self.start - Self.day), uptime: minute * 60_000)
            #expect(clock.now.milliseconds == latest + 60_000)
            latest = clock.now.milliseconds
        }
    }

    @Test("catches up after a long rest, in time")
    func catchesUp() {
        let clock = clock()
        for hour in 1...30 as ClosedRange<UInt64> {
            let wall = Self.start + 30 * Self.day + hour * 3_600_000
            clock.advance(wall: Timestamp(milliseconds: wall), uptime: hour * 3_600_000)
        }
        #expect(clock.now.milliseconds == Self.start + 30 * Self.day)
    }
}
