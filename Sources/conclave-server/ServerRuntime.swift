import Audit
import Chat
import ChatServer
import Firewall
import Glibc
import Logging
import NIOCore
import NIOPosix
import ServerStore
import Settings
import Synchronization
import TLSTransport

/// A running server: its event loops, its listener, and what signals do to them.
final class ServerRuntime: Sendable {
    private let options: ServerOptions
    private let logger: Logger
    private let group: MultiThreadedEventLoopGroup
    private let handshakes: HandshakeThreads
    private let services: [NIOLoopBound<LoopService>]
    let listener: TLSListener
    private let context: Mutex<TLSContext>
    private let seen: SeenDevices
    let writer: StoreWriter
    private let reader: StoreReader
    private let premises: Premises
    private let firewall: FirewallLink?

    private init(
        options: ServerOptions, logger: Logger, group: MultiThreadedEventLoopGroup, handshakes: HandshakeThreads,
        services: [NIOLoopBound<LoopService>], listener: TLSListener, context: TLSContext,
        seen: SeenDevices, writer: StoreWriter, reader: StoreReader, premises: Premises,
        firewall: FirewallLink?
    ) {
        self.firewall = firewall
        self.options = options
        self.logger = logger
        self.group = group
        self.handshakes = handshakes
        self.services = services
        self.listener = listener
        self.context = Mutex(context)
        self.seen = seen
        self.writer = writer
        self.reader = reader
        self.premises = premises
    }

    // MARK: Starting

    /// Loads the certificates and listens.
    /// - Throws: ``ProgramError`` with a line for the administrator.
    static func start(_ options: ServerOptions, logger: Logger) async throws -> ServerRuntime {
        let maximumConnections = try FileDescriptors.prepare(wanted: options.maximumConnections)
        let context = try loadContext(options)
        let addresses = try options.addresses.flatMap { try ListenAddress.parse($0, port: options.port) }
        let firewall = try options.firewall.map { path throws(ProgramError) in try FirewallLink(path) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: options.loops)
        let handshakes = HandshakeThreads(count: options.handshakeThreads)
        let (state, seen, writer, reader) = try openStore(options, logger: logger)
        state.premises.advanceAge()
        let (services, seats) = try await makeServices(
            on: group, context: context, state: state, seen: seen, writer: writer, reader: reader, firewall: firewall,
            logger: logger)
        writer.connect(to: services)
        let listener: TLSListener
        do {
            listener = try await TLSListener.start(
                on: addresses, context: context,
                settings: TLSListenerSettings(maximumConnections: maximumConnections, limits: options.limits),
                group: group, threads: handshakes, seats: seats)
        } catch let error as TLSListenError {
            throw ListenAddress.explain(error)
        }
        let runtime = ServerRuntime(
            options: options, logger: logger, group: group, handshakes: handshakes, services: services,
            listener: listener, context: context, seen: seen, writer: writer, reader: reader, premises: state.premises,
            firewall: firewall)
        runtime.recordStart(context)
        for device in try await runtime.removeRevoked(by: context) {
            logger.notice("revoked", metadata: ["who": "\(device)"])
        }
        runtime.announce(context, maximumConnections: maximumConnections)
        return runtime
    }

    private static func makeServices(
        on group: MultiThreadedEventLoopGroup, context: TLSContext, state: RecoveredState, seen: SeenDevices,
        writer: StoreWriter, reader: StoreReader, firewall: FirewallLink?, logger: Logger
    ) async throws -> ([NIOLoopBound<LoopService>], [NIOLoopBound<TLSListener.Seat>]) {
        let loops = Array(group.makeIterator())
        var services: [NIOLoopBound<LoopService>] = []
        var seats: [NIOLoopBound<TLSListener.Seat>] = []
        for (index, loop) in loops.enumerated() {
            let (service, seat) = try await loop.submit {
                var shard = Shard(index: index, count: loops.count, premises: state.premises)
                shard.adopt(state)
                let tls = TLSLoop(eventLoop: loop)
                let service = LoopService(
                    tls: tls, shard: shard, silenceSeconds: state.premises.limits.silenceSeconds, context: context,
                    seen: seen, writer: writer, reader: reader, firewall: firewall, logger: logger)
                let seat = TLSListener.Seat(loop: tls, receiver: service)
                return (NIOLoopBound(service, eventLoop: loop), NIOLoopBound(seat, eventLoop: loop))
            }.get()
            services.append(service)
            seats.append(seat)
        }
        for service in services {
            let all = services
            try await service.eventLoop.submit { service.value.connect(to: all) }.get()
        }
        return (services, seats)
    }

    /// Opens what an earlier run has stored, and begins from there.
    private static func openStore(
        _ options: ServerOptions, logger: Logger
    ) throws -> (RecoveredState, SeenDevices, StoreWriter, StoreReader) {
        let begin = ContinuousClock.now
        do {
            let store = try open(options.data, logger: logger)
            var recovery = Recovery(limits: options.limits, loopCount: options.loops)
            try store.forEachRecord { table, key, value in try recovery.take(table, key: key, value: value) }
            for log in recovery.openLogs {
                try store.forEachEntry(ofRoom: log.number, after: log.after) { entry in
                    try recovery.take(entry: entry, of: log.room)
                }
            }
            let state = try recovery.finish()
            let seen = try SeenDevices(state.certificates)
            let milliseconds = begin.duration(to: .now) / .milliseconds(1)
            if state.roomCount > 0 {
                logger.notice(
                    "\(store.path)",
                    metadata: [
                        "rooms": "\(state.roomCount)", "entries": "\(state.entryCount)",
                        "read in": "\(Int(milliseconds)) ms",
                    ])
            }
            let reader = StoreReader(try ServerReader(folder: options.data))
            let audit = try AuditKeeper(
                store, folder: options.data, retention: options.auditRetention, logger: logger)
            let writer = StoreWriter(
                store, in: options.data, premises: state.premises, audit: audit, logger: logger)
            return (state, seen, writer, reader)
        } catch let error as ProgramError {
            throw error
        } catch let error as ServerStoreError {
            throw ProgramError.unavailable("\(error)")
        } catch {
            throw ProgramError.unavailable(
                "the store in \(options.data) is damaged: \(error); restore the folder from a backup, or choose a new "
                    + "one with --data")
        }
    }

    /// Opens the store; on a full disk by what was set aside for that.
    private static func open(_ folder: String, logger: Logger) throws(ServerStoreError) -> ServerStore {
        do throws(ServerStoreError) {
            return try ServerStore(folder: folder)
        } catch {
            guard error.isFull, Ballast(in: folder, size: 0).release() else { throw error }
            logger.error("the disk with \(folder) is full: what was set aside is used to open the store. Make space")
            return try ServerStore(folder: folder)
        }
    }

    private static func loadContext(_ options: ServerOptions) throws -> TLSContext {
        guard access(options.certificates, F_OK) == 0 else {
            throw ProgramError.missingFile(
                "there is no folder \(options.certificates) with certificates; make it with scripts/certs init, "
                    + "or name another with --certs")
        }
        do {
            return try TLSContext(
                .server, files: .server(in: options.certificates), insecureKeyLogFile: options.insecureKeyLog,
                now: wallClock().seconds)
        } catch {
            throw ProgramError(status: error.exitStatus, error.description)
        }
    }

    private func announce(_ context: TLSContext, maximumConnections: Int) {
        for address in listener.addresses {
            logger.notice(
                "\(address.shortDescription) · mutual TLS 1.3 · CA \(context.authorityFingerprint.prefix(16))",
                metadata: ["name": "\(context.subject)", "connections": "\(maximumConnections) at most"])
        }
        if let file = options.insecureKeyLog {
            logger.warning("the keys of all sessions are written to \(file): whoever reads it reads everything")
        }
        if let firewall { logger.notice("refusals are told to the firewall at \(firewall.path)") }
        warnOfAge(context)
    }

    /// Days before the end from which on expiry is worth a warning.
    private static let warningDays: Int64 = 7

    private func warnOfAge(_ context: TLSContext) {
        let now = wallClock().seconds
        if let expiry = context.revocationListExpiry {
            warn(of: expiry - now, "the revocation list", "then nobody can connect", "scripts/certs crl")
        }
        warn(
            of: context.certificateExpiry - now, "the server's certificate", "then no client will accept it",
            "scripts/certs renew server")
    }

    private func warn(of seconds: Int64, _ what: String, _ consequence: String, _ remedy: String) {
        guard seconds < Self.warningDays * 86_400 else { return }
        if seconds <= 0 {
            logger.error("\(what) is out of date; run \(remedy) and send this process SIGHUP")
        } else {
            let hours = max(1, seconds / 3_600)
            let time = hours < 48 ? "\(hours) h" : "\(hours / 24) days"
            logger.warning("\(what) expires in \(time), \(consequence); run \(remedy) and send this process SIGHUP")
        }
    }

    // MARK: While it runs

    /// Loads certificates and revocations again. Connections whose certificate is still good go on; the others are cut.
    /// If the files are not in order, the old ones stay in use.
    func reload() async {
        ServiceNotifier.reloading()
        defer { ServiceNotifier.ready() }
        do {
            let context = try Self.loadContext(options)
            self.context.withLock { $0 = context }
            listener.use(context)
            for service in services {
                try await service.eventLoop.submit { service.value.use(context) }.get()
            }
            let (cut, kept) = try await cutRefused(by: context)
            let revoked = try await removeRevoked(by: context)
            recordReload(context, cut: cut, kept: kept)
            logger.notice(
                "certificates reloaded · CA \(context.authorityFingerprint.prefix(16))",
                metadata: ["connections cut": "\(cut)", "connections kept": "\(kept)"])
            for device in revoked { logger.notice("revoked", metadata: ["who": "\(device)"]) }
            warnOfAge(context)
        } catch {
            writer.record(AuditEvent(.reloadRefused, at: .now, "the old certificates stay in use: \(error)"))
            logger.error("not reloaded, the old certificates stay in use: \(error)")
        }
    }

    /// Looks after the connections until the task is cancelled: ends the dead, and those whose certificate has expired.
    func patrol() async {
        // Where silence or slowness is limited more closely, it is looked after more often.
        let strictest = min(options.limits.silenceSeconds, options.limits.longFrameSeconds)
        let interval = Duration.seconds(min(30, max(1, strictest / 4)))
        var sinceReport = Duration.zero
        var rounds = 0
        try? await rest(noting: true)
        while (try? await Task.sleep(for: interval)) != nil {
            for service in services {
                _ = try? await service.eventLoop.submit { service.value.cutSilent() }.get()
            }
            sinceReport += interval
            guard sinceReport >= .seconds(30) else { continue }
            sinceReport = .zero
            await reportExcess()
            firewall?.tellLosses(logger)
            rounds += 1
            try? await rest(noting: rounds.isMultiple(of: 120))
            guard rounds.isMultiple(of: 20) else { continue }
            let context = context.withLock { $0 }
            _ = try? await cutRefused(by: context)
            if rounds.isMultiple(of: 720) { warnOfAge(context) }
        }
    }

    /// Drops what has become too old, and what is not in use from memory.
    private func rest(noting note: Bool) async throws {
        premises.advanceAge()
        for (index, service) in services.enumerated() {
            try await service.eventLoop.submit { service.value.rest(noting: note && index == 0) }.get()
        }
    }

    /// Says who went over a limit since the last time.
    private func reportExcess() async {
        let refusals = listener.takeRefusalCount()
        if refusals > 0 {
            recordUnheard(refusals)
            logger.warning(
                "\(refusals) connections were closed unheard: too many of strangers or of one address, or too many handshakes"
            )
        }
        premises.users.sweep(now: Timestamp(milliseconds: UInt64(clamping: wallClock().milliseconds)))
        for (user, excess) in premises.users.takeExcess() {
            recordSlowing(of: user, excess.delays)
            logger.notice(
                "over the limits",
                metadata: ["who": "\(user)", "slowed down": "\(excess.delays)", "refused": "\(excess.refusals)"])
            await tellFirewall(of: user, Int(clamping: excess.refusals))
        }
    }

    /// Somebody who is refused again and again and goes on.
    private func tellFirewall(of user: UserName, _ refusals: Int) async {
        guard let firewall, refusals >= FirewallLink.refusalsPerPoint else { return }
        var addresses = Set<Firewall.IPAddress>()
        for service in services {
            let found = try? await service.eventLoop.submit { service.value.addresses(of: user) }.get()
            addresses.formUnion(found ?? [])
        }
        firewall.exceeded(user, refusals, from: addresses)
    }

    /// Judges the certificates of all connections again, here and not on the event loops.
    /// - Returns: how many connections were cut, and how many were kept.
    private func cutRefused(by context: TLSContext) async throws -> (cut: Int, kept: Int) {
        var (cut, kept) = (0, 0)
        for service in services {
            let certificates = try await service.eventLoop.submit { service.value.certificates() }.get()
            let refused = certificates.compactMap { slot, certificate -> RefusedCertificate? in
                guard let failure = context.verify(certificate), failure.blamesPeer else { return nil }
                return RefusedCertificate(slot: slot, certificate: certificate, reason: "\(failure)")
            }
            kept += certificates.count - refused.count
            guard !refused.isEmpty else { continue }
            cut += try await service.eventLoop.submit { service.value.cut(refused) }.get()
        }
        return (cut, kept)
    }

    /// Judges the latest certificates of all devices again, also of those who are away. The revoked lose their key packages, and
    /// the members of their rooms are asked to remove them.
    private func removeRevoked(by context: TLSContext) async throws -> [PeerIdentity] {
        let revoked = seen.takeRevoked(by: context)
        guard !revoked.isEmpty else { return [] }
        writer.record(
            revoked.map { AuditEvent(.revoked, at: .now, who: $0, "its certificate is on the revocation list") })
        for service in services {
            try await service.eventLoop.submit { service.value.revoke(revoked) }.get()
        }
        return revoked
    }

    // MARK: Stopping

    /// Accepts nobody any more, tells everyone, and ends once they are gone or 3 s have passed.
    func stop() async throws {
        ServiceNotifier.stopping()
        logger.notice("stopping", metadata: ["connections": "\(listener.connectionCount)"])
        await listener.stop()
        // Whoever waits for an acknowledgement gets it first.
        let patience = ContinuousClock.now + .seconds(3)
        while !writer.isIdle, ContinuousClock.now < patience { try await Task.sleep(for: .milliseconds(2)) }
        for service in services {
            try await service.eventLoop.submit { service.value.shutDown() }.get()
        }
        let deadline = ContinuousClock.now + .seconds(3)
        while listener.connectionCount > 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        try await handshakes.shutdown()
        try await group.shutdownGracefully()
        reader.close()
        firewall?.stop()
        writer.record(AuditEvent(.stopped, at: .now, "conclave-server \(version)"))
        writer.close()
        logger.notice("stopped")
    }
}

extension Premises {
    /// What is stored grows older.
    func advanceAge() {
        age.advance(
            wall: Timestamp(milliseconds: UInt64(clamping: wallClock().milliseconds)),
            uptime: NIODeadline.now().uptimeNanoseconds / 1_000_000)
    }
}

extension TLSListenerSettings {
    fileprivate init(maximumConnections: Int, limits: ServerLimits) {
        self.init(maximumConnections: maximumConnections)
        handshakeDeadline = .seconds(Int64(limits.handshakeSeconds))
        connectionsPerAddress = limits.connectionsPerAddress
        handshakes = limits.handshakes
        // Where there are few places, what `init(maximumConnections:)` says is less.
        handshakesPerAddress = min(handshakesPerAddress, limits.handshakesPerAddress)
        strangerPercent = limits.strangerPercent
        knownAddresses = limits.knownAddresses
        knownLifetime = .hours(Int64(limits.knownDays) * 24)
        sendLimit = limits.backlogBytes
    }
}
