import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

/// Several event loops with a shard each, and the links between them. Nothing moves by itself: who drives it decides in which order
/// loops end their ticks and messages arrive, as long as messages between two loops keep theirs.
final class Cluster {
    private(set) var shards: [Shard]
    let premises: Premises
    /// The clients of each loop, by slot.
    private var seats: [[Int: TestClient]]
    /// Batches under way, `links[from][to]`, the oldest first.
    private var links: [[[[ShardMessage]]]]
    /// What the shards tell the administrator.
    private(set) var warnings: [String] = []
    /// What goes into the audit log.
    private(set) var events: [ServerEvent] = []
    /// The clock of all loops, in milliseconds.
    var time: UInt64 = 1_790_000_000_000 {
        didSet { setClocks() }
    }

    /// Of each loop, what it wants to read: it is found in the next tick.
    private var loads: [[(number: UInt64, load: StoreLoad)]]

    /// Whether nothing can be read.
    var isUnreadable = false

    /// What the shards have stored.
    private(set) var stored = ServerRecords()

    convenience init(loops: Int, limits: ServerLimits = ServerLimits()) {
        self.init(loops: loops, premises: Premises(limits: limits))
    }

    /// Begins with what another one has stored.
    convenience init(loops: Int, limits: ServerLimits = ServerLimits(), from stored: ServerRecords) throws {
        let state = try stored.recover(loops: loops, limits: limits)
        self.init(loops: loops, premises: state.premises)
        for loop in shards.indices { shards[loop].adopt(state) }
        self.stored = stored
    }

    private init(loops: Int, premises: Premises) {
        self.premises = premises
        shards = (0..<loops).map { Shard(index: $0, count: loops, premises: premises) }
        seats = Array(repeating: [:], count: loops)
        loads = Array(repeating: [], count: loops)
        links = Array(repeating: Array(repeating: [], count: loops), count: loops)
        setClocks()
    }

    var loopCount: Int { shards.count }

    private func setClocks() {
        for index in shards.indices { shards[index].now = Timestamp(milliseconds: time) }
        premises.age.advance(wall: Timestamp(milliseconds: time), uptime: time)
    }

    // MARK: What the outside does

    /// A connection whose handshake is done; `nil` if it was refused.
    func open(_ identity: PeerIdentity, on loop: Int = 0, certificate: [UInt8] = []) -> TestClient? {
        guard let slot = shards[loop].open(identity, certificate: certificate) else { return nil }
        #expect(seats[loop][slot] == nil, "the slot of a living session was given away")
        let client = TestClient(identity, loop: loop, slot: slot, cluster: self)
        seats[loop][slot] = client
        return client
    }

    /// As ``open(_:on:)``, where refusal would be a failure of the test.
    func connect(_ identity: PeerIdentity, on loop: Int = 0, certificate: [UInt8] = []) throws -> TestClient {
        try #require(open(identity, on: loop, certificate: certificate))
    }

    /// Revocation is told to every loop.
    func revoke(_ identity: PeerIdentity) {
        for loop in shards.indices { shards[loop].revoke(identity) }
    }

    /// What is done now and then.
    func endUnfinished() {
        for loop in shards.indices { shards[loop].endUnfinished() }
    }

    /// With which key the server proposes removals.
    var sign: ProposalSigner? {
        didSet { for loop in shards.indices { shards[loop].sign = sign } }
    }

    func close(_ client: TestClient) {
        guard client.isOpen else { return }
        client.isOpen = false
        seats[client.loop][client.slot] = nil
        shards[client.loop].close(client.slot)
    }

    /// Bytes from a client: whole frames.
    func receive(_ bytes: ByteBuffer, from client: TestClient) throws {
        client.unread.writeImmutableBuffer(bytes)
        try read(from: client)
    }

    private func read(from client: TestClient) throws {
        while client.isOpen, !client.isHeld, let frame = try Frame.next(from: &client.unread) {
            let delay = shards[client.loop].receive(frame, from: client.slot)
            if delay > 0 { client.delays.append(delay) }
        }
    }

    // MARK: What event loops do

    /// Ends the tick of a loop: clients get their bytes, other loops' messages set out.
    func endTick(of loop: Int) {
        var actions = shards[loop].takeActions()
        while !actions.isEmpty {
            var closing: [TestClient] = []
            var resuming: [TestClient] = []
            for action in actions {
                switch action {
                case .send(let slot, let bytes): seats[loop][slot]?.take(bytes)
                case .close(let slot, let failure):
                    guard let client = seats[loop][slot] else { continue }
                    client.farewells.append(failure)
                    closing.append(client)
                case .load(let number, let load): loads[loop].append((number, load))
                case .hold(let slot): seats[loop][slot]?.isHeld = true
                case .resume(let slot):
                    guard let client = seats[loop][slot] else { continue }
                    client.isHeld = false
                    resuming.append(client)
                case .warn(let words): warnings.append(words)
                case .event(let event): events.append(event)
                }
            }
            for client in closing { close(client) }
            for client in resuming { try? read(from: client) }
            actions = closing.isEmpty && resuming.isEmpty ? [] : shards[loop].takeActions()
        }
        stored.carryOut(shards[loop].takeWrites())
        for other in shards.indices {
            let messages = shards[loop].takeMessages(for: other)
            if !messages.isEmpty { links[loop][other].append(messages) }
        }
    }

    /// Messages that are under way between two loops.
    func underway(from: Int, to: Int) -> Int { links[from][to].reduce(0) { $0 + $1.count } }

    /// The oldest batch of a link arrives.
    /// - Returns: `false` if there is none.
    @discardableResult func arrive(from: Int, to: Int) -> Bool {
        guard !links[from][to].isEmpty else { return false }
        for message in links[from][to].removeFirst() { shards[to].receive(message) }
        return true
    }

    /// What a loop wanted to read is there.
    /// - Returns: `false` if it wanted nothing.
    @discardableResult func finishLoads(of loop: Int) -> Bool {
        let wanted = loads[loop]
        loads[loop] = []
        for (number, load) in wanted {
            shards[loop].loaded(number, isUnreadable ? .failed("the disk is broken") : stored.find(load))
        }
        return !wanted.isEmpty
    }

    /// As the server does from time to time.
    func rest() {
        for loop in shards.indices { shards[loop].rest(noting: loop == 0) }
        settle()
    }

    /// Until nothing is under way.
    func settle() {
        var isMoving = true
        while isMoving {
            isMoving = false
            for loop in shards.indices { endTick(of: loop) }
            for loop in shards.indices where finishLoads(of: loop) { isMoving = true }
            for from in shards.indices {
                for to in shards.indices where arrive(from: from, to: to) { isMoving = true }
            }
        }
    }

    // MARK: What must be left of closed sessions

    /// How many elements each collection of a shard holds, by name.
    func footprint(of loop: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for child in Mirror(reflecting: shards[loop]).children {
            let mirror = Mirror(reflecting: child.value)
            guard let label = child.label, mirror.displayStyle == .dictionary || mirror.displayStyle == .collection
            else {
                continue
            }
            counts[label] = mirror.children.count
        }
        return counts
    }

    /// Expects that nothing is left of sessions: rooms stay with their devices.
    func expectNoSessions(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(premises.online.count == 0, "somebody is still online", sourceLocation: sourceLocation)
        #expect(premises.staged.used == 0, "pieces of frames", sourceLocation: sourceLocation)
        for loop in shards.indices {
            let counts = footprint(of: loop)
            for name in ["local", "dirtyRooms", "actions"] {
                #expect(counts[name] == 0, "\(name) of loop \(loop)", sourceLocation: sourceLocation)
            }
        }
    }
}
