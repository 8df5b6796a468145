import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("whatever the order in which loops work")
struct InterleavingTests {
    @Test(
        "each session gets every room's entries without a gap, in order, once, and all the same",
        arguments: 0..<24 as Range<UInt64>)
    func isConsistent(seed: UInt64) throws {
        var simulation = try Simulation(seed: seed)
        for _ in 0..<1_500 { try simulation.step() }
        try simulation.finish()
    }

    @Test("and so while devices are added, are removed, leave, and commits are set aside")
    func followsMembers() throws {
        var kinds: [EntryKind: Int] = [:]
        for seed in 100..<124 as Range<UInt64> {
            var simulation = try Simulation(seed: seed, changesMembers: true)
            for _ in 0..<2_500 { try simulation.step() }
            for kind in try simulation.finish() { kinds[kind, default: 0] += 1 }
        }
        for kind in [.message, .commit, .leave, .voided] as [EntryKind] {
            #expect(kinds[kind, default: 0] >= 10, "too few of \(kind) to be a test")
        }
    }
}

/// Clients that do things at random, on loops that work in a random order.
private struct Simulation {
    private var random: SeededGenerator
    private let cluster: Cluster
    private var watchers: [Watcher] = []
    private var histories: [RoomID: History] = [:]

    private static let people = (0..<6).map { device("u\($0 / 2)/d\($0 % 2)") }
    private static let rooms = (0..<3).map { RoomID.number($0) }

    /// The first of the people is always a member.
    private let changesMembers: Bool

    init(seed: UInt64, changesMembers: Bool = false) throws {
        self.changesMembers = changesMembers
        random = SeededGenerator(seed: seed)
        var limits = ServerLimits()
        limits.voidedCommits = 1_000
        limits.markDelay = seed % 2 == 0 ? 0 : 1_000
        cluster = Cluster(loops: 1 + Int(seed % 3), limits: limits)
        for room in Self.rooms {
            histories[room] = History()
            let founder = try cluster.connect(Self.people[0])
            try founder.create(room)
            let others = Self.people.enumerated().dropFirst().map { ($0.element, UInt32($0.offset)) }
            try founder.add(others, to: room)
            _ = try founder.read(room)
            for entry in founder.entries(of: room) { histories[room]?.see(entry, by: founder) }
            cluster.close(founder)
        }
        cluster.settle()
    }

    mutating func step() throws {
        switch random.number(below: 100) {
        case 0..<6: open()
        case 6..<9:
            guard watchers.count > 2 else { return }
            cluster.close(watchers.remove(at: random.number(below: watchers.count)).client)
        case 9..<40: cluster.endTick(of: random.number(below: cluster.loopCount))
        case 40..<65:
            cluster.arrive(from: random.number(below: cluster.loopCount), to: random.number(below: cluster.loopCount))
        default: try act()
        }
    }

    private mutating func open() {
        guard watchers.count < 14, let identity = Self.people.randomElement(using: &random),
            let client = cluster.open(identity, on: random.number(below: cluster.loopCount))
        else { return }
        watchers.append(Watcher(client, histories, keepsCursors: !changesMembers))
    }

    private mutating func act() throws {
        guard let watcher = watchers.randomElement(using: &random), !watcher.client.isHeld,
            let room = Self.rooms.randomElement(using: &random)
        else { return }
        let client = watcher.client
        // Tokens of a device's sessions must not meet.
        let token = UInt64.random(in: 1 ... .max, using: &random)
        let epoch = histories[room]?.epoch ?? 1
        if changesMembers, random.chance(40) { return try changeMembers(watcher, room, epoch, token) }
        switch random.number(below: 100) {
        case 0..<25: watcher.expectEntered(try client.send { .enter($0, room) }, room)
        case 25..<75:
            let payload = Forge.message(in: room, epoch: epoch, "\(token)")
            watcher.expectPlace(try client.send { .send($0, room, token: token, payload: payload) }, room, token)
        case 75..<80:
            // The same again, as if the answer had been lost.
            let payload = Forge.message(in: room, epoch: epoch, "\(token)")
            for _ in 0..<2 {
                watcher.expectPlace(try client.send { .send($0, room, token: token, payload: payload) }, room, token)
            }
        case 80..<97:
            var commit = client.commit(in: room, ending: epoch)
            commit.token = token
            watcher.expectPlace(try client.send { .submit($0, commit) }, room, token)
        case 97..<99:
            let place = UInt64(random.number(below: histories[room]?.count ?? 1) + 1)
            watcher.expectMark(try client.mark(place, in: room), room, place)
        default: watcher.expectAnswer(try client.send(ClientFrame.ping))
        }
    }

    private mutating func changeMembers(_ watcher: Watcher, _ room: RoomID, _ epoch: UInt64, _ token: UInt64) throws {
        let client = watcher.client
        let index = random.number(below: Self.people.count - 1) + 1
        let other = Self.people[index]
        switch random.number(below: 100) {
        case 0..<40:
            var commit = client.commit(in: room, ending: epoch, add: [(other, UInt32(index))])
            commit.token = token
            watcher.expectPlace(try client.send { .submit($0, commit) }, room, token)
        case 40..<52:
            var commit = client.commit(in: room, ending: epoch, remove: [other])
            commit.token = token
            watcher.expectPlace(try client.send { .submit($0, commit) }, room, token)
        case 52..<58:
            guard client.identity != Self.people[0] else { return }
            let payload = ByteBuffer()
            watcher.expectLeave(
                try client.send { .leave($0, room, token: token, payload: payload) }, room, token)
        default:
            if random.chance(50) { cluster.settle() }
            guard let sequence = histories[room]?.latestCommit else { return }
            // One alone seldom has the majority.
            for watcher in watchers where !watcher.client.isHeld {
                watcher.expectAnswer(try watcher.client.send { .reject($0, room, sequence: sequence) })
            }
        }
    }

    /// Lets all come to rest and looks at what is left.
    /// - Returns: which kinds of entries there are.
    @discardableResult mutating func finish() throws -> Set<EntryKind> {
        cluster.settle()
        // Marks that nothing was stored with.
        cluster.time += 1_000
        cluster.settle()
        for watcher in watchers { #expect(watcher.pendingCount == 0, "every request has its answer") }
        var kinds: Set<EntryKind> = []
        for room in Self.rooms {
            let reader = try cluster.connect(Self.people[0])
            var last: UInt64 = 0
            var head: UInt64 = 1
            while last < head {
                head = try #require(try reader.read(room, after: last).head)
                last = try #require(reader.sequences(of: room).last)
            }
            #expect(reader.sequences(of: room) == Array(1...head))
            let history = try #require(histories[room])
            for entry in reader.entries(of: room) { history.see(entry, by: reader) }
            #expect(history.count == Int(head))
            #expect(head > 20, "the simulation was no test")
            kinds.formUnion(reader.entries(of: room).map(\.kind))
            let status = try #require(try reader.enter(room).status)
            #expect(try status.chain == history.chain(of: room, through: head))
            for watcher in watchers { watcher.expectComplete(room, head: head) }
            cluster.close(reader)
        }
        for watcher in watchers { cluster.close(watcher.client) }
        cluster.settle()
        cluster.expectNoSessions()
        return kinds
    }
}

/// Holds what one client gets against the rules.
private final class Watcher {
    let client: TestClient
    private let histories: [RoomID: History]
    /// The latest place that it knows in each room that it has entered.
    private var heads: [RoomID: UInt64] = [:]
    private var leaving: Set<RequestID> = []
    private var pending: [RequestID: (room: RoomID, token: UInt64)?] = [:]
    /// Whether its device stays in its rooms, and so keeps its cursors.
    private let keepsCursors: Bool
    private var marks: [RequestID: (room: RoomID, place: UInt64)] = [:]
    /// What was answered of them, and how much of it the answers to requests to enter must know.
    private var confirmed: [RoomID: UInt64] = [:]
    private var leastCursors: [RequestID: UInt64] = [:]

    init(_ client: TestClient, _ histories: [RoomID: History], keepsCursors: Bool) {
        self.client = client
        self.keepsCursors = keepsCursors
        self.histories = histories
        client.witness = { [unowned self] in see($0) }
    }

    var pendingCount: Int { pending.count }

    func expectEntered(_ request: RequestID, _ room: RoomID) {
        pending[request] = .some(nil)
        leastCursors[request] = confirmed[room] ?? 0
    }
    func expectMark(_ request: RequestID, _ room: RoomID, _ place: UInt64) {
        pending[request] = .some(nil)
        marks[request] = (room, place)
    }
    func expectAnswer(_ request: RequestID) { pending[request] = .some(nil) }
    func expectLeave(_ request: RequestID, _ room: RoomID, _ token: UInt64) {
        pending[request] = (room, token)
        leaving.insert(request)
    }
    func expectPlace(_ request: RequestID, _ room: RoomID, _ token: UInt64) { pending[request] = (room, token) }

    func expectComplete(_ room: RoomID, head: UInt64) {
        if let mine = heads[room], mine != head {
            Issue.record("\(client.identity) is at \(mine) of \(head) in \(room)")
        }
    }

    private func see(_ frame: ServerFrame) {
        if case .entry(let entry) = frame {
            histories[entry.room]?.see(entry, by: client)
            // Whoever is back is told, though it has not entered.
            if entry.kind == .voided, heads[entry.room] == nil { return }
            goOn(to: entry.sequence, in: entry.room)
            if putsOut(entry) { heads[entry.room] = nil }
            return
        }
        guard let request = frame.request else { return }
        guard let asked = pending.removeValue(forKey: request) else {
            Issue.record("an answer to no request: \(frame)")
            return
        }
        switch frame {
        case .entered(_, let status):
            heads[status.room] = status.head
            let least = keepsCursors ? leastCursors.removeValue(forKey: request) ?? 0 : 0
            if !(least...status.head).contains(status.cursor) {
                Issue.record("\(client.identity) marked \(least) of \(status.head), and is told \(status.cursor)")
            }
        case .done:
            guard let (room, place) = marks.removeValue(forKey: request) else { break }
            confirmed[room] = max(confirmed[room] ?? 0, place)
        case .accepted(_, let sequence, _):
            guard let (room, token) = asked else { break }
            histories[room]?.accept(sequence, token, by: client)
            // A repetition gets the place that the first one has.
            if let head = heads[room], sequence > head { goOn(to: sequence, in: room) }
            if leaving.contains(request) { heads[room] = nil }
        case .failed(_, let failure):
            let codes: [Failure.Code] = [.epochTaken, .staleEpoch, .notAMember, .notAllowed]
            if !codes.contains(failure.code) { Issue.record("\(failure)") }
        default: break
        }
    }

    /// Whether the device gets no more of the room after this entry.
    private func putsOut(_ entry: LogEntry) -> Bool {
        switch entry.kind {
        case .commit: return entry.roster.removed.contains(client.identity)
        case .leave: return entry.sender == client.identity
        case .voided:
            guard case .inline(var payload) = entry.payload, let commit = payload.readInteger(as: UInt64.self),
                let roster = histories[entry.room]?.roster(of: commit)
            else { return false }
            return roster.added.contains { $0.device == client.identity }
        default: return false
        }
    }

    private func goOn(to sequence: UInt64, in room: RoomID) {
        guard let head = heads[room] else {
            Issue.record("\(client.identity) got an entry of \(room), which it has not entered")
            return
        }
        if sequence != head + 1 { Issue.record("\(client.identity) got \(sequence) after \(head) in \(room)") }
        heads[room] = sequence
    }
}
