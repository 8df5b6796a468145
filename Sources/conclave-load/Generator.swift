import CLinux
import Glibc

/// The clients of one server, on one thread: their sockets, what is sent to them, and what is counted of what they get.
final class Generator {
    let driver: Driver
    let port: UInt16
    private let tls: ClientTLS
    private let epoll: Int32
    private let scratch: UnsafeMutableRawBufferPointer
    private var events: UnsafeMutableBufferPointer<epoll_event>
    var connections: [ClientConnection?] = []
    private var dirty: [ClientConnection] = []
    /// The first room of this run alone: rooms outlive their connections.
    private let firstRoom = UInt32.random(in: 1...(.max >> 1))
    /// Who is to be in them.
    var seats = Seats()

    /// What connections are for.
    enum Goal {
        /// Greeted, then closed in good order.
        case greeting
        /// Greeted, and no more.
        case idle
        case room
    }
    private let goal: Goal

    /// Connections that reached the goal.
    private(set) var reached = 0
    private(set) var failures = 0
    private(set) var firstFailure: String?

    // What members say to one another.
    var tally = Tally(members: 1, senders: 0)
    /// What was acknowledged, if that counts.
    var acceptances: AcceptanceTally?
    /// What messages look like, for each room.
    var templates: [MessageTemplate] = []
    var payload: [UInt8] = []
    let run = UInt32(truncatingIfNeeded: getpid())
    /// Latencies in nanoseconds of messages that were due from ``measuredFrom`` on.
    var latencies = Histogram()
    var measuredFrom = UInt64.max
    /// Times in nanoseconds until messages were acknowledged that were sent from ``measuredFrom`` on.
    var acceptanceTimes = Histogram()
    var now: UInt64 = 0

    /// Bytes read from connections before their frames are looked at; a frame fits.
    private static let scratchSize = 1 << 18

    init(_ target: Target, certificates: String, goal: Goal) throws {
        driver = target.driver
        port = target.port
        self.goal = goal
        tls = try ClientTLS(
            folder: certificates, host: "localhost", applicationProtocol: driver.applicationProtocol,
            lean: goal != .room)
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw LoadError.system("no epoll instance") }
        scratch = .allocate(byteCount: Self.scratchSize, alignment: 16)
        events = .allocate(capacity: 1_024)
        events.initialize(repeating: epoll_event())
        try Self.raiseFileLimit()
        signal(SIGPIPE, SIG_IGN)
        _ = conclave_sharp_timers()
    }

    deinit {
        connections = []
        close(epoll)
        scratch.deallocate()
        events.deallocate()
    }

    /// Open files are as many as the hard limit allows.
    private static func raiseFileLimit() throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    // MARK: Connecting

    /// Connections that one device may have at conclave-server.
    static let sessionsPerDevice = 16

    /// Opens `count` more connections and waits until they reached their goal, `concurrency` at a time.
    func connect(_ count: Int, concurrency: Int = 32, seconds: Double = 240) throws {
        try requireIdentities(for: connections.count + count)
        try add(count, concurrency: concurrency, seconds: seconds)
    }

    /// Opens a connection for each seat and waits until all are in their rooms; first those of the founders.
    func take(_ seats: Seats, seconds: Double = 240) throws {
        try requireIdentities(for: seats.count)
        self.seats = seats
        try add(seats.rooms, concurrency: 32, seconds: seconds)
        try add(seats.count - seats.rooms, concurrency: 32, seconds: seconds)
    }

    /// The devices in a room, its founder's first.
    func devices(in room: Int) -> [String] {
        var names: [String] = []
        for member in stride(from: room, to: seats.count, by: seats.rooms) {
            let name = tls.names[member % tls.identityCount]
            if member < tls.identityCount || !names.contains(name) { names.append(name) }
        }
        return names
    }

    private func add(_ count: Int, concurrency: Int, seconds: Double) throws {
        let total = connections.count + count
        let deadline = nanoseconds() + UInt64(seconds * 1e9)
        while reached < total {
            while connections.count < total, connections.count - reached < concurrency {
                connections.append(try open(at: connections.count))
            }
            try pump(nanoseconds: 50_000_000)
            try checkHealth()
            guard nanoseconds() < deadline else {
                throw LoadError.stalled(
                    "after \(Int(seconds)) s only \(reached) of \(total) connections to port \(port) are ready")
            }
        }
    }

    private func requireIdentities(for count: Int) throws {
        let needed = (count + Self.sessionsPerDevice - 1) / Self.sessionsPerDevice
        guard driver == .reference || tls.identityCount >= needed else {
            throw LoadError.setup(
                "\(count) connections need \(needed) client certificates, since a device may have "
                    + "\(Self.sessionsPerDevice); there are \(tls.identityCount): make more with scripts/certs client")
        }
    }

    private func open(at index: Int) throws -> ClientConnection {
        try ClientConnection(index: index, identity: index, port: port, tls: tls, epoll: epoll)
    }

    private var nextIdentity = 0

    /// Keeps `count` connections on their way to the goal; for handshakes without end.
    func refill(_ count: Int) throws {
        while connections.count < count { connections.append(nil) }
        for index in 0..<count where connections[index] == nil {
            connections[index] = try ClientConnection(
                index: index, identity: nextIdentity, port: port, tls: tls, epoll: epoll)
            nextIdentity += 1
        }
    }

    /// - Throws: ``LoadError`` once a connection that should stay has failed.
    func checkHealth() throws {
        if let firstFailure {
            throw LoadError.connection("\(failures) connections to port \(port) failed; the first: \(firstFailure)")
        }
    }

    private func fail(_ connection: ClientConnection, _ words: String) {
        failures += 1
        if firstFailure == nil { firstFailure = words }
        drop(connection)
    }

    private func drop(_ connection: ClientConnection) {
        connection.close()
        connections[connection.index] = nil
    }

    /// Ends all connections in good order, as far as the server does its part within 3 s.
    func leave() throws {
        for case let connection? in connections {
            if connection.state >= .waiting, connection.state < .leaving {
                connection.sayGoodbye()
            } else if connection.state < .waiting {
                drop(connection)
            }
        }
        let deadline = nanoseconds() + 3_000_000_000
        while connections.contains(where: { $0 != nil }), nanoseconds() < deadline {
            try pump(nanoseconds: 10_000_000)
        }
    }

    /// Ends the listeners' connections; the server knows them, and keeps for them what it keeps.
    func dismissListeners() throws {
        for case let connection? in connections.dropFirst(seats.senders) { connection.sayGoodbye() }
        let deadline = nanoseconds() + 3_000_000_000
        while connections.dropFirst(seats.senders).contains(where: { $0 != nil }), nanoseconds() < deadline {
            try pump(nanoseconds: 10_000_000)
        }
        tally = Tally(members: seats.count, senders: seats.senders, rooms: seats.rooms, copies: 0)
    }

    // MARK: The loop

    /// Handles what happens within a time, at most one batch of events.
    func pump(nanoseconds timeout: UInt64) throws {
        flushDirty()
        var time = timespec(tv_sec: Int(timeout / 1_000_000_000), tv_nsec: Int(timeout % 1_000_000_000))
        let count = epoll_pwait2(epoll, events.baseAddress, Int32(events.count), &time, nil)
        for index in 0..<max(0, Int(count)) {
            let event = events[index]
            guard let connection = connections[Int(event.data.u64)] else { continue }
            try handle(connection, event.events)
        }
        flushDirty()
    }

    /// Runs the loop for a time.
    func run(seconds: Double) throws {
        let end = nanoseconds() + UInt64(seconds * 1e9)
        while nanoseconds() < end { try pump(nanoseconds: 10_000_000) }
    }

    private func handle(_ connection: ClientConnection, _ events: UInt32) throws {
        if connection.state == .connecting {
            if case .failed(let words) = connection.checkConnected() { return fail(connection, words) }
            connection.state = .handshaking
        }
        if connection.state == .handshaking {
            switch connection.handshake() {
            case nil: return
            case .failed(let words): return fail(connection, words)
            case .ok, .ended:
                connection.state = .waiting
                queue(driver.login(as: "load-\(run)-\(firstRoom)-\(connection.index)"), to: connection)
                return try read(connection)
            }
        }
        if events & EPOLLOUT.rawValue != 0 { flush(connection) }
        guard connection.state != .closed else { return }
        if events & ~EPOLLOUT.rawValue != 0 { try read(connection) }
    }

    private func queue(_ bytes: [UInt8], to connection: ClientConnection) {
        guard !bytes.isEmpty else { return }
        bytes.withUnsafeBytes { connection.queue($0) }
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }

    private func flushDirty() {
        for connection in dirty {
            connection.isDirty = false
            flush(connection)
        }
        dirty.removeAll(keepingCapacity: true)
    }

    func flush(_ connection: ClientConnection) {
        guard connection.state >= .waiting, connection.state < .leaving else { return }
        if case .failed(let words) = connection.flush() { fail(connection, words) }
    }

    // MARK: Reading

    private func read(_ connection: ClientConnection) throws {
        var filled = connection.partial.count
        if filled > 0 {
            connection.partial.withUnsafeBytes { scratch.copyMemory(from: $0) }
            connection.partial.removeAll(keepingCapacity: true)
        }
        var isDrained = false
        while !isDrained {
            // Records, until there are no more or no room.
            while Self.scratchSize - filled >= 16_384 {
                let result = connection.read(into: UnsafeMutableRawBufferPointer(rebasing: scratch[filled...]))
                if case .bytes(let count) = result {
                    filled += count
                    if connection.hasMore { continue }
                    isDrained = true
                    break
                }
                if case .drained = result {
                    isDrained = true
                    break
                }
                return finish(connection, result)
            }
            guard filled > 0 else { return }
            let used = try takeFrames(UnsafeRawBufferPointer(rebasing: scratch[..<filled]), of: connection)
            guard connection.state != .closed, connection.state != .leaving else { return }
            filled -= used
            if filled > 0, used > 0 {
                scratch.copyMemory(from: UnsafeRawBufferPointer(rebasing: scratch[used..<(used + filled)]))
            }
        }
        if filled > 0 { connection.partial.append(contentsOf: scratch[..<filled]) }
    }

    /// The stream is at its end.
    private func finish(_ connection: ClientConnection, _ result: ClientConnection.ReadResult) {
        if connection.state == .leaving {
            reached += 1
            return drop(connection)
        }
        switch result {
        case .failed(let words): fail(connection, words)
        case .ended, .bytes, .drained: fail(connection, "the server closed the connection")
        }
    }

    /// - Returns: how many bytes whole frames took.
    private func takeFrames(_ bytes: UnsafeRawBufferPointer, of connection: ClientConnection) throws -> Int {
        now = nanoseconds()
        var offset = 0
        while let (event, end) = try driver.next(in: bytes, at: offset) {
            offset = end
            switch event {
            case .delivery(let payload, let answer):
                deliver(UnsafeRawBufferPointer(rebasing: bytes[payload]), to: connection.index)
                if let answer { queue(answer, to: connection) }
            case .accepted(let request, let place): accepted(request, place, connection.index)
            case .other: break
            case .greeting: try greeted(connection)
            case .joined: joined(connection)
            case .refusal(let words):
                fail(connection, words)
                return offset
            }
            if connection.state == .leaving { return offset }
        }
        return offset
    }

    private func greeted(_ connection: ClientConnection) throws {
        guard connection.state == .waiting else { return }
        switch goal {
        case .greeting: connection.sayGoodbye()
        case .idle:
            connection.state = .connected
            reached += 1
        case .room:
            connection.state = .joining
            let room = connection.index % seats.rooms
            if connection.index == room {
                queue(try driver.found(room: number(of: room), devices: devices(in: room)), to: connection)
            }
            let joining = try driver.join(room: number(of: room), isListener: connection.index >= seats.senders)
            queue(joining, to: connection)
            if joining.isEmpty { joined(connection) }
        }
    }

    private func joined(_ connection: ClientConnection) {
        guard connection.state == .joining else { return }
        connection.state = .joined
        reached += 1
    }

    /// Under which number the server knows a room.
    func number(of room: Int) -> UInt32 { firstRoom + UInt32(room) }
}
