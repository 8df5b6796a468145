import CLinux
import ControlSocket
import Firewall
import Glibc
import JSONText
import NFTables
import Settings

/// The daemon: waits for requests, for the kernel, for signals and for the time, and hands everything to the ``Engine``.
final class Service {
    private let options: ServiceOptions
    private let signals = ServiceSignals()
    private let wake = WakePipe()
    private let engine: Engine
    private let server: ControlServer
    private let events: NFTablesEvents
    private var log: PacketLog
    private var followers = LogFollowers()

    /// Puts the policy in force and opens the sockets.
    init(_ options: ServiceOptions) throws(ProgramError) {
        self.options = options
        Self.boundMemory()
        // First, as it tells whether another one runs: two would undo each other's work.
        server = ControlServer(try Self.listeners(options))
        let wake = wake
        engine = try Engine(options, now: SteadyClock.now()) { wake.wake() }
        do throws(NFTablesError) {
            events = try NFTablesEvents(besides: engine.enforcement.kernel)
        } catch {
            throw ProgramError(error)
        }
        log = PacketLog(engine.policy.log)
        engine.problems["log"] = log.problem
    }

    /// Lists of a million addresses come and go on several threads: their memory goes back to the system at once, and is not kept for later.
    private static func boundMemory() {
        mallopt(M_MMAP_THRESHOLD, 256 << 10)
        mallopt(M_TRIM_THRESHOLD, 256 << 10)
        mallopt(M_ARENA_MAX, 2)
    }

    private static func listeners(_ options: ServiceOptions) throws(ProgramError) -> [ControlListener] {
        let users: [ControlRole: Set<UInt32>] = [
            .chat: options.chatUser.map { [$0] } ?? [], .monitor: options.monitorUser.map { [$0] } ?? [],
        ]
        do throws(ControlSocketError) {
            var listeners = try ControlListener.activated(users: users)
            for role in ControlRole.allCases where !listeners.contains(where: { $0.role == role }) {
                let owner = role == .chat ? options.chatUser : role == .monitor ? options.monitorUser : nil
                listeners.append(
                    try ControlListener(path: "\(options.runFolder)/\(role.fileName)", role: role, owner: owner))
            }
            return listeners
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Until somebody ends it. What is in the kernel stays there.
    func run() {
        ServiceNotifier.ready()
        let status = engine.status(SteadyClock.now())
        ServiceLog.info(
            "conclave-firewall is \(status.state.rawValue): posture \(status.posture.rawValue), \(status.rules) rules, \(status.bans) bans"
        )
        for problem in status.problems { ServiceLog.warning(problem) }
        while turn() {}
        ServiceNotifier.stopping()
        engine.end(SteadyClock.now())
        ServiceLog.info("conclave-firewall ends; its rules stay in the kernel.")
    }

    /// - Returns: whether to go on.
    private func turn() -> Bool {
        let before = SteadyClock.now()
        var entries = [
            pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.reading, events: Int16(POLLIN), revents: 0),
            pollfd(fd: events.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: log.descriptor, events: Int16(POLLIN), revents: 0),
        ]
        entries += server.entries()
        let wait = min(engine.wait(before), server.wait ?? .max, followers.wait ?? .max, 60_000)
        poll(&entries, nfds_t(entries.count), Int32(clamping: wait))
        let now = SteadyClock.now()
        if entries[1].revents != 0 { wake.drain() }
        if entries[2].revents != 0 { readEvents(now) }
        if entries[3].revents != 0 { readLog(now) }
        for (peer, line) in server.serve(entries, now.steady) { answer(line, peer, now) }
        engine.tick(now)
        engine.retryHealing(now)
        log.follow(engine.policy.log, now)
        engine.problems["log"] = log.problem
        followers.tell(engine, server, now)
        guard entries[0].revents != 0 else { return true }
        while let order = signals.next() {
            switch order {
            case .stop: return false
            case .reload: reload(now)
            }
        }
        return true
    }

    private func readEvents(_ now: BanTime) {
        let events: [NFTablesEvents.Event]
        do throws(NFTablesError) { events = try self.events.read() } catch {
            ServiceLog.error("\(error)")
            engine.kernelChanged("another program", now)
            return
        }
        guard let event = events.last else { return }
        let process: NFTablesEvents.Process? =
            switch event {
            case .tableDeleted(let process), .changed(let process): process
            case .overrun: nil
            }
        engine.kernelChanged(process.map { "\($0.name) (process \($0.identifier))" } ?? "another program", now)
    }

    private func readLog(_ now: BanTime) {
        let (blocked, allowed, lost) = log.read(now)
        engine.statistics.note(logged: blocked.count + allowed.count, lost: lost)
        if !blocked.isEmpty { engine.store.append(blocked) }
        if !allowed.isEmpty { engine.store.append(allowed, sampledOneIn: engine.policy.log.allowedSample) }
    }

    /// SIGHUP: the rules file as it is now, on trial, since nobody is there to be asked.
    private func reload(_ now: BanTime) {
        ServiceNotifier.reloading()
        defer { ServiceNotifier.ready() }
        guard engine.enforcement.isOn else {
            ServiceLog.warning(
                "The firewall is off since somebody said so, and stays off; conclave-firewall apply turns it on.")
            return
        }
        switch engine.answer(.apply(text: nil, PolicyChange()), now) {
        case .failure(let failure):
            ServiceLog.error(([failure.message] + failure.reasons).joined(separator: " "))
        case .change(let change):
            ServiceLog.notice(
                change.changes.isEmpty ? "The policy is as before." : change.changes.joined(separator: "; "))
        default: break
        }
    }

    private func answer(_ line: [UInt8], _ peer: ControlPeer, _ now: BanTime) {
        let answer: ControlAnswer
        do throws(ControlFailure) {
            let request = try ControlRequest(parsing: line)
            guard peer.role.allows(request.operationName) else {
                throw ControlFailure(
                    .permission, "\"\(request.operationName)\" is not for the role \(peer.role.rawValue)")
            }
            if case .logs(let query) = request, query.follows {
                followers.add(peer, query, engine, now)
                return
            }
            answer = engine.answer(request, now)
        } catch {
            answer = .failure(error)
        }
        peer.send(answer.json.compact, now.steady)
    }
}
