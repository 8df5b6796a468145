import Chat
import ChatServer
import ChatWire
import NIOCore

/// A server, its disk and its clients, in which everything happens by chance and as the seed says: who does what, which messages and bytes
/// arrive when, when the disk is done, and when all of it crashes.
final class ServerSimulation {
    let seed: UInt64
    var random: SeededGenerator
    let truth: Truth
    let disk: ModelDisk
    let fault: Fault?
    let limits: ServerLimits
    private(set) var server: SimulatedServer
    let devices: [SimulatedDevice]
    var payloads = Payloads()
    private(set) var steps = 0
    private(set) var crashes = 0
    private let loopCount: Int

    static let rooms = (0..<4).map { RoomID.number($0) }

    init(seed: UInt64, fault: Fault? = nil) throws {
        self.seed = seed
        self.fault = fault
        random = SeededGenerator(seed: seed)
        disk = ModelDisk(fault: fault)
        loopCount = 1 + Int(seed % 3)
        var limits = ServerLimits()
        limits.voidedCommits = 1_000
        limits.claimBurst = 1 << 20
        limits.unanswered = 8
        limits.sessionsPerDevice = 6
        limits.entriesPerSegment = 8
        limits.tailBytes = 1_500
        if seed / 3 % 2 == 1 {
            limits.entriesPerRoom = 40
            limits.tokensPerDevice = 24
        }
        if seed / 6 % 3 == 0 { limits.roomsPerSession = 2 }
        if seed / 6 % 3 == 1 { limits.heldBytes = 0 }
        self.limits = limits
        let truth = Truth(limits: limits)
        self.truth = truth
        server = try SimulatedServer(
            loops: loopCount, limits: limits, disk: disk, truth: truth, time: 1_790_000_000_000, fault: fault)
        devices = (0..<6).map { SimulatedDevice(device("u\($0 / 2)/d\($0 % 2)"), index: $0, truth: truth) }
        for device in devices {
            device.seal = { [unowned self] in seal($0) }
        }
    }

    // MARK: Steps

    func run(steps count: Int) throws {
        for _ in 0..<count {
            steps += 1
            try step()
        }
        try finish()
    }

    private func step() throws {
        pass(1)
        switch random.number(below: 1_000) {
        case 0..<330: try act()
        case 330..<520: read()
        case 520..<640: try server.loops[random.number(below: server.loops.count)].endTick()
        case 640..<720: arrive()
        case 720..<840: try listen()
        case 840..<890: try write()
        case 890..<910: load()
        case 910..<965: try report()
        case 965..<980: connect(devices[random.number(below: devices.count)])
        case 980..<986: disconnect()
        case 986..<993: discover()
        case 993: try changeClock()
        case 995: revoke()
        case 994: server.rest(noting: random.chance(50))
        case 996: server.premises.isFull = random.chance(20)
        case 997: if random.chance(80) { try crash() }
        default: break
        }
    }

    private func read() {
        guard !server.connections.isEmpty else { return }
        let connections = server.connections
        var index = random.number(below: connections.count)
        for _ in connections.indices {
            if !connections[index].requests.isEmpty, !connections[index].isHeld {
                return server.read(connections[index], atMost: 1 + random.number(below: 4))
            }
            index = (index + 1) % connections.count
        }
    }

    private func arrive() {
        var link = random.number(below: server.linkCount)
        for _ in 0..<server.linkCount {
            if server.arrive(link) { return }
            link = (link + 1) % server.linkCount
        }
    }

    private func report() throws {
        var index = random.number(below: server.loops.count)
        for _ in server.loops {
            if server.loops[index].hasReports { return try server.loops[index].hearReport() }
            index = (index + 1) % server.loops.count
        }
    }

    /// A client hears what the server has sent.
    private func listen() throws {
        let device = devices[random.number(below: devices.count)]
        guard let session = device.sessions.randomElement(using: &random) else { return }
        try listen(session, atMost: random.chance(70) ? .max : 1 + random.number(below: 3))
    }

    private func listen(_ session: SimulatedSession, atMost count: Int) throws {
        let heard = session.connection.deliveries.prefix(count)
        session.connection.deliveries.removeFirst(heard.count)
        for delivery in heard { try session.take(delivery) }
        if session.connection.isEnded, session.connection.deliveries.isEmpty { session.device.lose(session) }
    }

    private func write() throws {
        if disk.isWriting { try server.finishWriting() } else { disk.begin() }
    }

    private func changeClock() throws {
        let days = 86_400_000 * UInt64(1 + random.number(below: 40))
        switch random.number(below: 20) {
        case 0: server.time += days
        case 1: server.time -= min(server.time - 1_700_000_000_000, days)
        case 2..<5:
            for loop in server.loops { try loop.endTick() }
            pass(days)
            server.rest(noting: random.chance(50))
        default: pass(UInt64(random.number(below: 100_000)))
        }
    }

    /// What has happened, by name.
    var counts: [String: Int] {
        [
            "crashes": crashes, "accepted requests": devices.reduce(0) { $0 + $1.acceptedCount },
            "accepted repetitions": devices.reduce(0) { $0 + $1.repeatedCount },
            "refounded rooms": truth.rooms.values.reduce(0) { $0 + $1.count - 1 },
            "welcomes taken": devices.reduce(0) { $0 + $1.taken.count },
            "pages read": devices.reduce(0) { $0 + $1.pageCount },
            "reads from the disk": disk.readCount, "entries dropped": truth.droppedCount,
            "key packages given away": truth.givenCount,
        ]
    }

    /// What has come of it: two runs of a seed have the same.
    var fingerprint: String {
        let heads = Self.rooms.flatMap { truth.rooms[$0] ?? [] }.map { room in
            "\(room.head) \(room.places.last?.chain.description.prefix(8) ?? "")"
        }
        return "\(steps) steps, \(heads), \(random)"
    }

    private func pass(_ milliseconds: UInt64) {
        truth.elapsed += milliseconds
        server.time += milliseconds
    }

    private func load() {
        if random.chance(50), server.readDisk(failing: random.chance(2)) { return }
        if !server.loops[random.number(below: server.loops.count)].takeFound() {
            _ = server.readDisk()
        }
    }

    /// The last of the devices, which is in one room only: rooms of a loop are asked in no order.
    private func revoke() {
        for loop in server.loops { loop.revoke(devices[devices.count - 1].identity) }
    }

    // MARK: Connections

    private func connect(_ device: SimulatedDevice) {
        guard device.sessions.count < 2,
            let connection = server.connect(device.identity, on: random.number(below: server.loops.count))
        else { return }
        device.sessions.append(SimulatedSession(connection, of: device, truth: truth))
    }

    /// A client goes without a word. What is under way to it is lost; what it has sent arrives in part.
    private func disconnect() {
        guard let session = devices[random.number(below: devices.count)].sessions.randomElement(using: &random) else {
            return
        }
        let connection = session.connection
        connection.requests.removeLast(random.number(below: connection.requests.count + 1))
        connection.isAbandoned = true
        session.device.lose(session)
    }

    /// The server finds out about one.
    private func discover() {
        guard let connection = server.connections.first(where: { $0.isAbandoned }) else { return }
        // What came before the end is read before it.
        if connection.requests.isEmpty || connection.isHeld || random.chance(10) { server.discover(connection) }
    }

    // MARK: The end

    /// The power goes, and comes back.
    private func crash() throws {
        crashes += 1
        try truth.note(disk.crash { random.number(below: $0 + 1) })
        for device in devices {
            for session in device.sessions {
                // What the server had sent may arrive, from the front.
                let count = random.number(below: session.connection.deliveries.count + 1)
                try listen(session, atMost: count)
                device.lose(session)
            }
        }
        let loops = random.chance(80) ? server.loops.count : 1 + random.number(below: 3)
        server = try SimulatedServer(
            loops: loops, limits: limits, disk: disk, truth: truth, time: server.time, fault: fault)
    }

    /// Lets all come to rest: then everything is answered, stored and known to everybody, and nothing is left of who has gone.
    private func finish() throws {
        server.premises.isFull = false
        while let connection = server.connections.first(where: { $0.isAbandoned }) { server.discover(connection) }
        for _ in 0..<20 {
            for device in devices {
                if device.sessions.isEmpty { connect(device) }
                if let session = device.sessions.first { try device.resend(on: session) }
            }
            try settle()
            if devices.allSatisfy({ $0.outbox.isEmpty && !$0.sessions.isEmpty }) { break }
        }
        for device in devices {
            if let rest = device.outbox.first {
                throw Violation(.answers, "\(rest.kind) \(rest.token) of \(device.identity) has no answer")
            }
            for session in device.sessions where session.pendingCount > 0 {
                throw Violation(.answers, "\(session.pendingCount) requests of \(device.identity) have no answer")
            }
        }
        try compare()
        for connection in server.connections { server.discover(connection) }
        try settle()
        try requireNothingLeft()
    }

    private func settle() throws {
        for _ in 0..<10_000 {
            for connection in server.connections { server.read(connection, atMost: .max) }
            for loop in server.loops {
                while loop.hasReports { try loop.hearReport() }
                try loop.endTick()
            }
            for link in 0..<server.linkCount { while server.arrive(link) {} }
            while server.readDisk() {}
            for loop in server.loops { while loop.takeFound() {} }
            if !disk.isWriting { disk.begin() }
            if disk.isWriting { try server.finishWriting() }
            for device in devices {
                for session in device.sessions { try listen(session, atMost: .max) }
            }
            let isMoving =
                !disk.isIdle || server.isUnderway
                || server.loops.contains { $0.isTickOpen || $0.hasReports }
                || server.connections.contains { $0.slot != nil && !$0.isHeld && !$0.requests.isEmpty }
            if !isMoving { return }
        }
        throw Violation(.answers, "it does not come to rest")
    }

    /// Everybody reads everything.
    private func compare() throws {
        for device in devices {
            guard let session = device.sessions.first else { continue }
            for room in Self.rooms {
                guard let truth = truth.present(room), truth.routed[device.identity] != nil else { continue }
                try enter(room, on: session)
                try settle()
                let isInside = session.inside[room] != nil || limits.roomsPerSession > Self.rooms.count
                guard session.inside[room]?.sequence == truth.head || !isInside else {
                    throw Violation(.noGap, "\(device.identity) is not at the end of room \(room.low)")
                }
                var before: UInt64?
                while device.reads(room, life: life(of: room)) != before {
                    before = device.reads(room, life: life(of: room))
                    try read(room, on: session, of: device)
                    try settle()
                }
                guard device.reads(room, life: life(of: room)) == truth.head else {
                    throw Violation(.noGap, "\(device.identity) cannot read room \(room.low) to its end")
                }
            }
            let waiting = device.notices.map { Truth.key(device.identity, $0.id) }
            let missing = truth.waiting.filter { $0.starts(with: Truth.key(device.identity)) }
                .subtracting(waiting)
            guard missing.isEmpty else {
                throw Violation(
                    .welcomes, "\(device.identity) is not told of \(missing.count) welcomes that wait for it")
            }
        }
    }

    private func requireNothingLeft() throws {
        guard server.premises.online.count == 0, server.premises.staged.used == 0 else {
            throw Violation(.bounds, "somebody is still online, or pieces of frames are there")
        }
        for loop in server.loops {
            guard let name = loop.leftovers.first else { continue }
            throw Violation(.bounds, "\(name) is not empty")
        }
    }
}
