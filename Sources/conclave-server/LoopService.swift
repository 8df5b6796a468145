import Chat
import ChatServer
import ChatWire
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
    /// The tick's time in milliseconds by a clock that nobody sets: silence is measured by it.
    private var uptime: UInt64 = 0
    /// With which words a connection is being sent away.
    private var farewell: Failure?
    private var isTickOpen = false
    private var isShuttingDown = false

    /// Milliseconds after which a connection that sent nothing is given up; clients send a ping in time.
    private static let silenceLimit: UInt64 = 120_000

    init(tls: TLSLoop, shard: Shard, context: TLSContext, logger: Logger) {
        self.tls = tls
        self.shard = shard
        self.context = context
        self.logger = logger
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
        guard let slot = shard.open(identity) else {
            let words = "\(identity) has too many connections at once; close one"
            return refuse(connection, Failure(.tooManySessions, canRetry: true, words))
        }
        while connections.count <= slot { connections.append(nil) }
        connections[slot] = connection
        connection.lastHeard = uptime
        connection.tag = slot + 1
        let greeting = Greeting(
            software: "conclave-server \(version)", you: identity, time: shard.now,
            maximumPayload: UInt32(Frame.maximumPayload))
        connection.send(Shard.encode(.greeting(greeting)))
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
        shard.receive(frame, from: connection.tag - 1)
    }

    func violated(_ error: FrameError, on connection: TLSConnection) {
        // What it asked for before has its answers.
        endTick()
        connection.send(Shard.encode(.closing(Failure(.malformedFrame, "you sent \(error)"))))
    }

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        let from = connection.remoteAddress?.shortDescription ?? "?"
        let why = farewell.map { "sent away: \($0.words)" } ?? "\(reason)"
        guard connection.tag > 0 else {
            return logger.notice("refused", metadata: ["from": "\(from)", "why": "\(why)"])
        }
        openTick()
        let slot = connection.tag - 1
        connection.tag = 0
        connections[slot] = nil
        shard.close(slot, lost: reason.isLoss || farewell?.code == .silent)
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
            var closing: [(TLSConnection, Failure)] = []
            for action in shard.takeActions() {
                switch action {
                case .send(let slot, let bytes): connections[slot]?.send(bytes)
                case .close(let slot, let failure):
                    if let connection = connections[slot] { closing.append((connection, failure)) }
                case .hold(let slot): connections[slot]?.isHeld = true
                case .resume(let slot): connections[slot]?.isHeld = false
                }
            }
            for index in services.indices where index != shard.index {
                let messages = shard.takeMessages(for: index)
                guard !messages.isEmpty else { continue }
                let service = services[index]
                service.eventLoop.execute { service.value.take(messages) }
            }
            for (connection, failure) in closing { refuse(connection, failure) }
        }
    }

    private func take(_ messages: [ShardMessage]) {
        openTick()
        for message in messages { shard.receive(message) }
    }

    // MARK: Administration

    /// From now on connections are judged by `context`, also those whose handshake runs.
    func use(_ context: TLSContext) {
        self.context = context
    }

    /// The connections whose certificate is to be judged again, by slot.
    func certificates() -> [Int: Certificate] {
        var certificates: [Int: Certificate] = [:]
        for case let connection? in connections { certificates[connection.tag - 1] = connection.peerCertificate }
        return certificates
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

    /// Ends the connections of which nothing has been heard for long: the other machine is gone without a word.
    func cutSilent() {
        openTick()
        for case let connection? in connections
        where connection.lastHeard + Self.silenceLimit < uptime {
            let words = "nothing was heard of you for \(Self.silenceLimit / 1_000) s"
            refuse(connection, Failure(.silent, canRetry: true, words))
        }
    }

    /// Says goodbye to everyone.
    func shutDown() {
        isShuttingDown = true
        for case let connection? in connections { refuse(connection, .shuttingDown) }
    }
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
