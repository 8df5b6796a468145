import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("a server that starts again")
struct RecoveryTests {
    /// Small ones, so that logs are cut and numbers forgotten.
    private static var limits: ServerLimits {
        var limits = ServerLimits()
        limits.entriesPerRoom = 10
        limits.entriesPerSegment = 4
        limits.tailBytes = 600
        limits.tokensPerDevice = 5
        limits.formerDevicesPerRoom = 2
        limits.voidedCommits = 1_000
        limits.welcomesPerDevice = 3
        limits.keyPackagesPerDevice = 8
        limits.claimBurst = 1 << 20
        limits.markDelay = 0
        return limits
    }

    @Test("answers like one that did not stop, whatever happened before", arguments: 0..<30 as Range<UInt64>)
    func isEqual(seed: UInt64) throws {
        let loops = 1 + Int(seed % 3)
        let steady = Cluster(loops: loops, limits: Self.limits)
        var before = Life(seed: seed, steady)
        for _ in 0..<400 { try before.step() }
        before.end()
        // Another number of loops has other owners of rooms, and the same rooms.
        let again = try Cluster(loops: loops == 3 ? 2 : loops, limits: Self.limits, from: steady.stored)
        again.time = steady.time
        for cluster in [steady, again] { #expect(cluster.stored == steady.stored) }
        var (left, right) = (Life(seed: seed + 1_000, steady), Life(seed: seed + 1_000, again))
        for number in 0..<400 {
            try left.step()
            try right.step()
            let isSame = left.answers == right.answers
            try #require(
                isSame, "seed \(seed), step \(number): \(left.answers.suffix(2)), not \(right.answers.suffix(2))")
        }
        // Numbers by which packages are stored may differ: those that are gone count no more.
        // How old the server is, it knows of the last time when it was noted.
        let differing = steady.stored.tables(unlike: again.stored).subtracting([.packages, .age, .segments])
        #expect(steady.stored.entries.filter { !$0.value.isEmpty } == again.stored.entries.filter { !$0.value.isEmpty })
        #expect(steady.stored.count(of: .segments) == again.stored.count(of: .segments))
        #expect(differing.isEmpty)
        #expect(left.answers.count > 300)
    }

    @Test("and so had the lives in the test above what a recovery could get wrong")
    func isWorthwhile() throws {
        var counts: [StoreTable: Int] = [:]
        for seed in 0..<30 as Range<UInt64> {
            let cluster = Cluster(loops: 1 + Int(seed % 3), limits: Self.limits)
            var life = Life(seed: seed, cluster)
            for _ in 0..<400 { try life.step() }
            for table in StoreTable.allCases { counts[table, default: 0] += cluster.stored.count(of: table) }
        }
        for table in StoreTable.allCases where table != .certificates {
            #expect(counts[table, default: 0] >= 5, "too few records of \(table) to be a test")
        }
    }

    @Test("knows a message that was sent before")
    func isIdempotent() throws {
        let cluster = Cluster(loops: 1)
        let founder = try cluster.connect(alice)
        try founder.create(.lab)
        let place = try founder.say("hello", in: .lab, token: 7).sequence
        let again = try Cluster(loops: 1, from: cluster.stored).connect(alice)
        #expect(try again.say("hello", in: .lab, token: 7).sequence == place)
        #expect(try again.say("new", in: .lab, token: 8).sequence == place.map { $0 + 1 })
    }

    @Test("takes nothing new while the disk is full, shows what there is, and goes on by itself")
    func refusesWhenFull() throws {
        let cluster = Cluster(loops: 1)
        let founder = try cluster.connect(alice)
        try founder.create(.lab)
        try founder.say("hello", in: .lab)
        cluster.premises.isFull = true
        let stored = cluster.stored
        guard case .failed(_, let failure) = try founder.say("more", in: .lab, token: 9) else {
            Issue.record("it was taken")
            return
        }
        #expect(failure.canRetry && failure.words.contains("disk is full"))
        #expect(try founder.create(.tea).failure == .refused)
        let package = Forge.package(of: alice)
        #expect(try founder.ask { .publish($0, packages: [package], lastResort: ByteBuffer()) }.failure == .refused)
        #expect(try founder.read(.lab).head == 2)
        #expect(founder.sequences(of: .lab) == [1, 2])
        #expect(cluster.stored == stored)
        cluster.premises.isFull = false
        #expect(try founder.say("more", in: .lab, token: 9).sequence == 3)
    }

    @Test("keeps nothing of a room that nobody is in")
    func forgets() throws {
        let cluster = Cluster(loops: 1)
        let founder = try cluster.connect(alice)
        try founder.create(.lab)
        try founder.say("hello", in: .lab)
        try founder.leave(.lab)
        var rest = cluster.stored
        rest.tables[StoreTable.nextRoom.rawValue] = nil
        #expect(rest == ServerRecords())
    }

    @Test("finds every changed bit of a log, a cut record, and one that is missing; it never traps")
    func findsDamage() throws {
        let cluster = Cluster(loops: 1, limits: Self.limits)
        var life = Life(seed: 3, cluster)
        for _ in 0..<300 { try life.step() }
        var random = SeededGenerator(seed: 1)
        let records = cluster.stored.records
        for record in records {
            let size = record.value.readableBytes
            // A bit of an entry or a blob is always found; other records may say something else that is possible.
            var flipped = cluster.stored
            var value = record.value
            let byte = value.readerIndex + random.number(below: size)
            value.setInteger(value.getInteger(at: byte, as: UInt8.self).map { $0 ^ 1 } ?? 0, at: byte)
            flipped.tables[record.table.rawValue]?[record.key] = value
            let isFound = (try? flipped.recover(loops: 1)) == nil
            if record.table == .welcomeBlobs {
                #expect(isFound, "\(record.table), byte \(byte)")
            }

            var cut = cluster.stored
            cut.tables[record.table.rawValue]?[record.key] = record.value.getSlice(
                at: record.value.readerIndex, length: random.number(below: size))
            let mayBeCut: [StoreTable] = [
                .groupInfos, .undoInfos, .packages, .lastResorts, .certificates, .latestWelcome, .blobs,
            ]
            if !mayBeCut.contains(record.table) {
                #expect(throws: RecoveryError.self, "\(record.table)") { _ = try cut.recover(loops: 1) }
            } else {
                _ = try? cut.recover(loops: 1)
            }

        }
        // Of the entries, those after the last complete segment are read.
        for (room, after) in try cluster.stored.openLogs() {
            let open = (cluster.stored.entries[room] ?? [:]).keys.filter { $0 > after }.sorted()
            for sequence in open {
                var flipped = cluster.stored
                let byte = random.number(below: flipped.entries[room]?[sequence]?.readableBytes ?? 1)
                guard byte >= 24 else { continue }
                flipped.entries[room]?[sequence]?.flip(byte)
                #expect(throws: RecoveryError.self, "byte \(byte)") { _ = try flipped.recover(loops: 1) }

                var missing = cluster.stored
                missing.entries[room]?[sequence] = nil
                // Of the last entry only its sender's record tells that it is missing.
                if sequence < open.last ?? 0 {
                    #expect(throws: RecoveryError.self) { _ = try missing.recover(loops: 1) }
                }
            }
        }
    }
}

/// Devices that do things at random, one after another; the same seed gives the same requests where the answers are the same.
private struct Life {
    private var random: SeededGenerator
    private let cluster: Cluster
    private var clients: [PeerIdentity: TestClient] = [:]
    private var sequence: UInt64
    private var packages: UInt64
    /// All that came, as text: by whom, what.
    private(set) var answers: [String] = []

    private static let people = (0..<6).map { device("u\($0 / 2)/d\($0 % 2)") }
    private static let rooms = (0..<4).map { RoomID.number($0) }

    init(seed: UInt64, _ cluster: Cluster) {
        random = SeededGenerator(seed: seed)
        self.cluster = cluster
        sequence = (seed + 1) << 32
        packages = (seed + 1) << 32
    }

    func end() {
        for client in clients.values { cluster.close(client) }
        cluster.settle()
    }

    mutating func step() throws {
        cluster.time += 1
        let who = random.number(below: Self.people.count)
        let room = Self.rooms[random.number(below: Self.rooms.count)]
        let client = try client(Self.people[who])
        try act(client, room, who)
        cluster.settle()
        for (identity, client) in clients.sorted(by: { $0.key < $1.key }) {
            // Answers to marks come when something is stored: a request that waits for the disk may overtake them.
            let news = client.news()
            let isDone = { (frame: ServerFrame) in if case .done = frame { true } else { false } }
            for frame in news.filter({ !isDone($0) }) + news.filter(isDone) { answers.append("\(identity) \(frame)") }
        }
        if random.chance(4) {
            clients[Self.people[who]] = nil
            cluster.close(client)
        }
        if random.chance(3) { cluster.rest() }
        if random.chance(1) { cluster.revoke(Self.people[random.number(below: 5) + 1]) }
    }

    private mutating func client(_ identity: PeerIdentity) throws -> TestClient {
        if let client = clients[identity] { return client }
        let client = try cluster.connect(identity)
        clients[identity] = client
        return client
    }

    private mutating func token(_ chance: Int) -> UInt64 {
        sequence += 1
        // Sometimes one that was used before, or that was never used and is of the other row.
        if random.chance(chance) { return max(1, sequence - UInt64(random.number(below: 60))) }
        return random.chance(10) ? sequence | 1 << 63 : sequence
    }

    private mutating func act(_ client: TestClient, _ room: RoomID, _ who: Int) throws {
        let status = try client.describe(room).status
        let epoch = status?.epoch ?? 0
        let token = token(20)
        let other = Self.people[random.number(below: 5) + 1]
        let leaf = UInt32(Self.people.firstIndex(of: other) ?? 0)
        let info = room == Self.rooms[0] ? Forge.groupInfo("info \(sequence)") : ByteBuffer()
        switch random.number(below: 100) {
        case 0..<10:
            let policy = RoomPolicy(room == Self.rooms[0] ? .open : .invite, auditor: room == .tea ? user("u1") : nil)
            try client.create(room, policy, groupInfo: info)
        case 10..<20: try client.enter(room)
        case 20..<50: try client.say("\(token)", in: room, epoch: epoch, token: token)
        case 50..<62:
            var commit = client.commit(in: room, ending: epoch, add: [(other, leaf)], groupInfo: info)
            // A payload beside its entry.
            if random.chance(20) { commit.commit = Forge.commit(in: room, epoch: epoch, size: 70_000) }
            commit.token = token
            try client.submit(commit)
        case 62..<66:
            var commit = client.commit(in: room, ending: epoch, remove: [other], groupInfo: info)
            commit.token = token
            try client.submit(commit)
        case 66..<68:
            let commit = Forge.externalCommit(in: room, epoch: epoch, Forge.name(client.identity))
            try client.submit(
                Submission(
                    room: room, token: token, epoch: epoch, commit: commit,
                    roster: Roster(added: [.init(client.identity, leaf: UInt32(who))]), groupInfo: info))
        case 68..<70: try client.ask { .leave($0, room, token: token, payload: ByteBuffer()) }
        case 70..<76:
            for client in clients.values.sorted(by: { $0.identity < $1.identity }) {
                _ = try client.reject(status?.head ?? 1, in: room)
            }
        case 76..<83: try publish(client)
        case 83..<89:
            let device = random.chance(50) ? other.device : nil
            try client.ask { .claim($0, other.user, device) }
        case 89..<92:
            if let notice = client.welcomes.randomElement(using: &random) {
                _ = try client.fetch(notice.welcome, of: notice.room)
                try client.ask { .takeWelcome($0, notice.id) }
            }
        case 92..<94:
            _ = try client.mark(status?.head ?? 1, in: room)
            _ = try client.ask { .readd($0, room, token: token, package: Forge.package(of: client.identity)) }
        default:
            _ = try client.read(room, after: UInt64(random.number(below: 40)))
            if let blob = status?.groupInfo { _ = try client.fetch(blob, of: room) }
        }
    }

    private mutating func publish(_ client: TestClient) throws {
        var new: [ByteBuffer] = []
        for _ in 0..<random.number(below: 4) {
            packages += 1
            let notAfter = random.chance(20) ? cluster.time / 1_000 + 1 : .max
            new.append(Forge.package(of: client.identity, number: packages, notAfter: notAfter))
        }
        packages += 1
        let last = random.chance(20) ? Forge.package(of: client.identity, number: packages) : ByteBuffer()
        try client.ask { .publish($0, packages: new, lastResort: last) }
    }
}
