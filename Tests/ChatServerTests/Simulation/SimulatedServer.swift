import Chat
import ChatServer
import ChatWire
import NIOCore

/// A server from a start to a crash: its loops, the links between them, and the way to the disk.
final class SimulatedServer {
    let premises: Premises
    let disk: ModelDisk
    let fault: Fault?
    private let truth: Truth
    private(set) var loops: [SimulatedLoop] = []
    /// Batches under way, `links[from * count + to]`, the oldest first.
    private var links: [[[ShardMessage]]]
    private(set) var connections: [SimulatedConnection] = []
    private var arrivals = 0
    /// What loops want to read, in order.
    private var loads: [(loop: Int, number: UInt64, load: StoreLoad)] = []
    private let startedAt: UInt64
    /// The wall clock, in milliseconds.
    var time: UInt64

    init(
        loops count: Int, limits: ServerLimits, disk: ModelDisk, truth: Truth, time: UInt64, fault: Fault?
    ) throws {
        self.disk = disk
        self.truth = truth
        self.time = time
        self.fault = fault
        var stored = disk.durable
        if fault == .forgetsTokens { stored.tables[StoreTable.senders.rawValue] = nil }
        let state: RecoveredState
        do {
            state = try stored.recover(loops: count, limits: limits)
        } catch {
            throw Violation(.recovery, "\(error)")
        }
        premises = state.premises
        startedAt = truth.elapsed
        links = Array(repeating: [], count: count * count)
        loops = (0..<count).map { index in
            var shard = Shard(index: index, count: count, premises: state.premises)
            shard.adopt(state)
            return SimulatedLoop(shard, in: self)
        }
        rest(noting: true)
        try loops[0].endTick()
    }

    // MARK: Connections

    /// - Returns: `nil` if the server refuses it.
    func connect(_ device: PeerIdentity, on loop: Int) -> SimulatedConnection? {
        let connection = SimulatedConnection(device, loop: loop)
        guard loops[loop].connected(connection) else { return nil }
        connections.append(connection)
        return connection
    }

    /// The server reads what a client has sent.
    func read(_ connection: SimulatedConnection, atMost count: Int) {
        var count = count
        while count > 0, !connection.isHeld, connection.slot != nil, !connection.requests.isEmpty {
            loops[connection.loop].received(connection.requests.removeFirst(), on: connection)
            count -= 1
        }
    }

    /// The server finds out that a client is gone.
    func discover(_ connection: SimulatedConnection) {
        loops[connection.loop].closed(connection)
        connections.removeAll { $0 === connection }
    }

    /// Something is sent; from now on nobody can take it back.
    func release(_ bytes: ByteBuffer, to connection: SimulatedConnection) throws {
        guard connection.slot != nil else { return }
        let told = try truth.judge(bytes, to: connection.device)
        for case .frame(.accepted(let request, let sequence, _)) in told {
            guard let (room, token) = connection.asked[request] else { continue }
            try truth.requirePlace(sequence, in: room, of: token, by: connection.device)
        }
        connection.deliveries += told
    }

    // MARK: Links

    func forward(_ messages: [ShardMessage], from: Int, to: Int) {
        links[from * loops.count + to].append(messages)
    }

    var linkCount: Int { links.count }
    var isUnderway: Bool { links.contains { !$0.isEmpty } }

    /// The next batch of a link arrives.
    /// - Returns: `false` if there is none.
    func arrive(_ link: Int) -> Bool {
        guard !links[link].isEmpty else { return false }
        let batch = fault == .overtakes ? links[link].removeLast() : links[link].removeFirst()
        let loop = loops[link % loops.count]
        arrivals += 1
        if fault != .loses || arrivals % 16 != 0 { loop.take(batch) }
        if fault == .repeats { loop.take(batch) }
        return true
    }

    // MARK: The disk

    func submit(_ writes: [StoreWrite], from loop: Int) -> UInt64 {
        disk.submit(writes, from: loop, at: truth.elapsed)
    }

    /// What was being written is durable, and each loop that has a part in it will be told.
    func finishWriting() throws {
        let units = disk.finish()
        try truth.note(units)
        var latest: [UInt64?] = Array(repeating: nil, count: loops.count)
        for unit in units { latest[unit.loop] = unit.number }
        for (loop, number) in latest.enumerated() {
            if let number { loops[loop].report(number) }
        }
    }

    func load(_ number: UInt64, _ load: StoreLoad, for loop: Int) { loads.append((loop, number, load)) }

    /// The next of what loops want is read, as the disk is now.
    /// - Parameter fails: whether the disk cannot.
    /// - Returns: `false` if nothing is wanted.
    func readDisk(failing fails: Bool = false) -> Bool {
        guard !loads.isEmpty else { return false }
        let (loop, number, load) = loads.removeFirst()
        loops[loop].find(number, fails ? .failed("the disk does not answer") : disk.find(load))
        return true
    }

    /// What the server does from time to time.
    func rest(noting note: Bool) {
        premises.age.advance(wall: Timestamp(milliseconds: time), uptime: truth.elapsed - startedAt)
        for (index, loop) in loops.enumerated() { loop.rest(noting: note && index == 0) }
    }
}
