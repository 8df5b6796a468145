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
    private(set) var connections: [ClientConnection?] = []
    private var dirty: [ClientConnection] = []
    private let login: [UInt8]
    private let joining: [UInt8]
    /// The room of this run alone: rooms outlive their connections.
    private let room = UInt32.random(in: 1 ... .max)
    /// How many devices the members are.
    private var devices = 0

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
    private var template: [UInt8] = []
    private var payloadStart = 0
    private let run = UInt32(truncatingIfNeeded: getpid())
    /// Latencies in nanoseconds of messages that were due from ``measuredFrom`` on.
    var latencies = Histogram()
    var measuredFrom = UInt64.max
    private var now: UInt64 = 0

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
        login = driver.login
        joining = try driver.join(room: room)
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
        guard goal == .room, connections.isEmpty else {
            return try add(count, concurrency: concurrency, seconds: seconds)
        }
        devices = min(count, tls.identityCount)
        try add(1, concurrency: 1, seconds: seconds)
        try add(count - 1, concurrency: concurrency, seconds: seconds)
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
                queue(login, to: connection)
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

    private func flush(_ connection: ClientConnection) {
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
            case .delivery(let payload): deliver(UnsafeRawBufferPointer(rebasing: bytes[payload]), to: connection.index)
            case .other: break
            case .greeting: try greeted(connection)
            case .joined:
                guard connection.state == .joining else { break }
                connection.state = .joined
                reached += 1
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
            if connection.index == 0 {
                queue(try driver.found(room: room, devices: Array(tls.names.prefix(devices))), to: connection)
            }
            queue(joining, to: connection)
        }
    }

    // MARK: Messages

    /// Says what messages look like from now on.
    func prepareMessages(size: Int, members: Int, senders: Int) throws {
        let payload = (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
        template = try driver.message(room: room, devices: devices, payload: payload)
        payloadStart = template.count - size
        tally = Tally(members: members, senders: senders)
        latencies.clear()
    }

    /// Sends one message, in a record and a system call of its own: people do not send in batches.
    /// - Parameter time: when it was due.
    func send(from sender: Int, due time: UInt64) throws {
        guard let connection = connections[sender] else { return }
        guard tally.underWay(from: sender) < Tally.capacity else {
            throw LoadError.stalled(
                "\(Tally.capacity) messages of one sender are under way: the server does not keep up with this rate")
        }
        let stamp = Stamp(run: run, sender: UInt32(sender), number: tally.send(from: sender), time: time)
        // Two senders may be one device: its numbers go up together.
        let token = Driver.foundingTokens + stamp.number * UInt64(tally.senders) + UInt64(sender) + 1
        template.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { stamp.write(to: start + payloadStart) }
            if let place = driver.tokenPlace {
                bytes.storeBytes(of: token.bigEndian, toByteOffset: place, as: UInt64.self)
            }
            connection.queue(UnsafeRawBufferPointer(bytes))
        }
        flush(connection)
    }

    private func deliver(_ payload: UnsafeRawBufferPointer, to member: Int) {
        guard let start = payload.baseAddress, payload.count == template.count - payloadStart else {
            return tally.note("member \(member) got a payload of \(payload.count) bytes")
        }
        let stamp = Stamp.read(start)
        guard stamp.run == run, isIntact(start) else {
            return tally.note("member \(member) got a payload that was not sent")
        }
        tally.arrive(at: member, from: Int(stamp.sender), number: stamp.number)
        if stamp.time >= measuredFrom { latencies.add(now > stamp.time ? now - stamp.time : 0) }
    }

    /// Whether what follows the stamp is what was sent.
    private func isIntact(_ payload: UnsafeRawPointer) -> Bool {
        template.withUnsafeBytes { sent in
            guard let start = sent.baseAddress else { return false }
            let from = payloadStart + Stamp.byteCount
            return memcmp(payload + Stamp.byteCount, start + from, sent.count - from) == 0
        }
    }

    /// Waits until everything has arrived, then a little longer, which would show duplicates.
    /// - Throws: ``LoadError/inexact(_:)``.
    func settle(seconds: Double = 15) throws {
        let deadline = nanoseconds() + UInt64(seconds * 1e9)
        while !tally.isExact, tally.fault == nil, nanoseconds() < deadline {
            try pump(nanoseconds: 10_000_000)
            try checkHealth()
        }
        try run(seconds: 0.1)
        try checkHealth()
        guard tally.isExact else {
            let expected = tally.sent * UInt64(tally.copies)
            throw LoadError.inexact(
                tally.fault ?? "\(tally.sent) messages to \(tally.copies) members make \(expected) deliveries; "
                    + "\(tally.delivered) arrived")
        }
    }
}
