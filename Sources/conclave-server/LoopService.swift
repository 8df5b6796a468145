import Audit
import Chat
import ChatServer
import ChatWire
import Firewall
import Glibc
import Logging
import NIOCore
import TLSTransport

/// Carries out on one event loop what its ``Shard`` decides: the only place where sessions meet connections.
final class LoopService: FrameReceiver {
    let tls: TLSLoop
    private let logger: Logger
    private var shard: Shard
    private var connections: [TLSConnection?] = []
    /// All loops' services, this one among them, by index.
    private var services: [NIOLoopBound<LoopService>] = []
    /// What new connections are judged by.
    private var context: TLSContext
    private let seen: SeenDevices
    private let writer: StoreWriter
    private let reader: StoreReader
    private let firewall: FirewallLink?
    /// What ticks have to say that may be said when something is stored, in their order.
    private var waiting: [(unit: UInt64, output: TickOutput)] = []
    private var latestUnit: UInt64 = 0
    private var storedUnit: UInt64 = 0
    /// The tick's time in milliseconds by a clock that nobody sets: silence is measured by it.
    private var uptime: UInt64 = 0
    /// With which words a connection is being sent away.
    private var farewell: Failure?
    private var isTickOpen = false
    private var isShuttingDown = false
    private var willWake = false

    /// Milliseconds after which a connection that sent nothing is given up; clients send a ping in time.
    private let silenceLimit: UInt64

    init(
        tls: TLSLoop, shard: Shard, silenceSeconds: Int, context: TLSContext, seen: SeenDevices, writer: StoreWriter,
        reader: StoreReader, firewall: FirewallLink?, logger: Logger
    ) {
        self.firewall = firewall
        silenceLimit = UInt64(clamping: silenceSeconds) * 1_000
        self.writer = writer
        self.reader = reader
        self.tls = tls
        self.shard = shard
        self.context = context
        self.seen = seen
        self.logger = logger
        self.shard.sign = { try context.sign($0) }
        tls.beforeFlush = { [unowned self] in endTick() }
    }

    func connect(to services: [NIOLoopBound<LoopService>]) {
        self.services = services
    }

    // MARK: Connections

    func connected(_ connection: TLSConnection) {
        openTick()
        guard let certificate = connection.peerCertificate, let identity = certificate.identity else {
            return refuse(connection, Failure(.refused, "your certificate names no identity"))
        }
        guard !isShuttingDown else { return refuse(connection, .shuttingDown) }
        // Its handshake began before the certificates were reloaded.
        if connection.tls !== context, let failure = context.verify(certificate), failure.blamesPeer {
            return refuse(connection, Failure(.revoked, "\(failure)"))
        }
        guard let slot = shard.open(identity, certificate: certificate.encoding) else {
            let words = "\(identity) has too many connections at once; close one"
            return refuse(connection, Failure(.tooManySessions, canRetry: true, words))
        }
        if seen.note(certificate, of: identity) { shard.noteCertificate(certificate.encodedChain, of: identity) }
        while connections.count <= slot { connections.append(nil) }
        connections[slot] = connection
        connection.lastHeard = uptime
        connection.tag = slot + 1
        let greeting = Greeting(
            software: "conclave-server \(version)", you: identity, time: shard.now,
            maximumPayload: UInt32(Frame.maximumPayload))
        connection.send(Shard.encode(.greeting(greeting)))
        writer.record(.connected(connection, at: shard.now))
        firewall?.authenticated(connection)
        logger.info(
            "connected",
            metadata: [
                "who": "\(identity)", "from": "\(connection.remoteAddress?.shortDescription ?? "?")",
                "tls": "\(connection.parameters?.cipherSuite ?? "") \(connection.parameters?.group ?? "")",
            ])
    }

    func received(_ frame: Frame, on connection: TLSConnection) {
        guard connection.tag > 0 else { return }
        openTick()
        connection.lastHeard = uptime
        let delay = shard.receive(frame, from: connection.tag - 1)
        if delay > 0 { pause(connection, for: delay) }
    }

    /// Its user asks for more than the limits allow: what comes of it waits, here and then in the network.
    private func pause(_ connection: TLSConnection, for milliseconds: Int) {
        connection.isPaused = true
        tls.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) {
            [weak self, weak connection] in
            guard let self, let connection, connection.tag > 0 else { return }
            openTick()
            connection.lastHeard = uptime
            connection.isPaused = false
        }
    }

    func violated(_ error: FrameError, on connection: TLSConnection) {
        guard connection.tag > 0 else { return connection.close(because: error) }
        // Its last words wait their turn: behind the answers to what it asked for before.
        openTick()
        shard.violated(error, from: connection.tag - 1)
    }

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        let from = connection.remoteAddress?.shortDescription ?? "?"
        let why = farewell.map { "sent away: \($0.words)" } ?? "\(reason)"
        writer.record(.closed(connection, because: reason, farewell, wasIn: connection.tag > 0, at: .now))
        firewall?.closed(connection, because: reason, farewell)
        guard connection.tag > 0 else {
            return logger.notice("refused", metadata: ["from": "\(from)", "why": "\(why)"])
        }
        openTick()
        let slot = connection.tag - 1
        connection.tag = 0
        connections[slot] = nil
        shard.close(slot)
        let who = connection.peerCertificate?.identity.map { "\($0)" } ?? "?"
        logger.info("disconnected", metadata: ["who": "\(who)", "from": "\(from)", "why": "\(why)"])
    }

    private func refuse(_ connection: TLSConnection, _ failure: Failure) {
        farewell = failure
        defer { farewell = nil }
        connection.send(Shard.encode(.closing(failure)))
        connection.close()
    }

    // MARK: Ticks

    private func openTick() {
        guard !isTickOpen else { return }
        isTickOpen = true
        shard.now = Timestamp(milliseconds: UInt64(clamping: wallClock().milliseconds))
        uptime = NIODeadline.now().uptimeNanoseconds / 1_000_000
        tls.requestFlush()
    }

    /// Sends what the tick has to say. Closing a connection may open it again.
    private func endTick() {
        while isTickOpen {
            isTickOpen = false
            let output = takeOutput()
            if shard.hasWrites {
                latestUnit = writer.submit(from: shard.index, events: output.events) { shard.takeWrites() }
            } else {
                writer.record(output.events)
            }
            guard latestUnit > storedUnit else {
                carryOut(output)
                continue
            }
            waiting.append((latestUnit, output))
        }
        wakeForMarks()
    }

    /// Marks that nothing else was stored with are to be stored by themselves.
    private func wakeForMarks() {
        guard let due = shard.marksDue, !willWake else { return }
        willWake = true
        tls.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(clamping: due) + 1)) { [weak self] in
            self?.willWake = false
            self?.openTick()
        }
    }

    /// What the tick has to say, to connections: a slot may be another's by the time when it is said.
    private func takeOutput() -> TickOutput {
        var output = TickOutput()
        let actions = shard.takeActions()
        output.frames.reserveCapacity(actions.count)
        for action in actions {
            switch action {
            case .send(let slot, let bytes):
                if let connection = connections[slot] { output.frames.append((connection, bytes)) }
            case .close(let slot, let failure):
                if let connection = connections[slot] { output.closing.append((connection, failure)) }
            case .load(let number, let load): output.loads.append((number, load))
            case .hold(let slot): connections[slot]?.isHeld = true
            case .resume(let slot): connections[slot]?.isHeld = false
            case .warn(let words): logger.warning("\(words)")
            case .event(let event): output.events.append(AuditEvent(event, at: shard.now))
            }
        }
        for index in services.indices {
            let messages = shard.takeMessages(for: index)
            if !messages.isEmpty { output.messages.append((index, messages)) }
        }
        return output
    }

    private func carryOut(_ output: TickOutput) {
        for (connection, bytes) in output.frames { connection.send(bytes) }
        for (index, messages) in output.messages {
            let service = services[index]
            service.eventLoop.execute { service.value.take(messages) }
        }
        for (number, load) in output.loads { read(load, number) }
        for (connection, failure) in output.closing { refuse(connection, failure) }
    }

    private func read(_ load: StoreLoad, _ number: UInt64) {
        let this = services[shard.index]
        reader.read(load) { found in
            this.eventLoop.execute {
                this.value.openTick()
                this.value.shard.loaded(number, found)
            }
        }
    }

    /// What this loop handed in is on the disk, up to this number: now it may be said.
    func stored(through unit: UInt64) {
        storedUnit = unit
        let ready = waiting.prefix { $0.unit <= unit }.map(\.output)
        waiting.removeFirst(ready.count)
        for output in ready { carryOut(output) }
    }

    private func take(_ messages: [ShardMessage]) {
        openTick()
        for message in messages { shard.receive(message) }
    }

    // MARK: Administration

    /// From now on connections are judged by `context`, also those whose handshake runs.
    func use(_ context: TLSContext) {
        self.context = context
        shard.sign = { try context.sign($0) }
    }

    /// Asks the members of this loop's rooms to remove devices whose certificates were refused.
    func revoke(_ devices: [PeerIdentity]) {
        openTick()
        for device in devices { shard.revoke(device) }
    }

    /// The connections whose certificate is to be judged again, by slot.
    func certificates() -> [Int: Certificate] {
        var certificates: [Int: Certificate] = [:]
        for case let connection? in connections { certificates[connection.tag - 1] = connection.peerCertificate }
        return certificates
    }

    /// From where this user's devices are connected.
    func addresses(of user: UserName) -> Set<Firewall.IPAddress> {
        var addresses = Set<Firewall.IPAddress>()
        for case let connection? in connections where connection.peerCertificate?.identity?.user == user {
            if let address = connection.remoteAddress?.firewallAddress { addresses.insert(address) }
        }
        return addresses
    }

    /// Ends the connections that still show one of these certificates.
    /// - Returns: how many those were.
    func cut(_ refused: [RefusedCertificate]) -> Int {
        var count = 0
        for refused in refused where refused.slot < connections.count {
            guard let connection = connections[refused.slot], connection.peerCertificate === refused.certificate else {
                continue
            }
            refuse(connection, Failure(.revoked, refused.reason))
            count += 1
        }
        return count
    }

    /// Ends the connections of which nothing has been heard for long, since the other machine is gone without a word, and those whose
    /// long frames do not become whole.
    func cutSilent() {
        openTick()
        shard.endUnfinished()
        for case let connection? in connections {
            // Of whom nothing is read, nothing can be heard.
            if connection.isHeld || connection.isPaused { connection.lastHeard = uptime }
            guard max(connection.lastHeard, connection.lastTaken) + silenceLimit < uptime else { continue }
            let words = "nothing was heard of you for \(silenceLimit / 1_000) s"
            refuse(connection, Failure(.silent, canRetry: true, words))
        }
    }

    /// Lets go of what is not in use.
    func rest(noting note: Bool) {
        openTick()
        shard.rest(noting: note)
    }

    /// Says goodbye to everyone.
    func shutDown() {
        isShuttingDown = true
        for case let connection? in connections { refuse(connection, .shuttingDown) }
    }
}

/// What a tick has to say when what it has changed is stored.
struct TickOutput {
    var frames: [(TLSConnection, ByteBuffer)] = []
    var messages: [(loop: Int, messages: [ShardMessage])] = []
    var loads: [(number: UInt64, load: StoreLoad)] = []
    /// For the audit log.
    var events: [AuditEvent] = []
    /// Whom to send away, and why.
    var closing: [(TLSConnection, Failure)] = []
}

/// A connected peer's certificate that is no longer good.
struct RefusedCertificate: Sendable {
    var slot: Int
    var certificate: Certificate
    var reason: String
}

extension Failure {
    fileprivate static let shuttingDown = Failure(.shuttingDown, canRetry: true, "the server is shutting down")
}
