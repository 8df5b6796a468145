import Chat
import ChatClient
import ChatWire
import Foundation
import MLSWire
import NIOCore
import NIOPosix
import Settings
import TLSTransport

/// Carries out what a ``ClientSession`` decides: writes it down, then connects, sends, waits and shows. It belongs to its event loop.
///
/// What happens during a tick of the loop is handled together: one transaction at its end, and only then what follows from it.
final class ClientRuntime: FrameReceiver {
    let options: ClientOptions
    let eventLoop: any EventLoop
    let session: ClientSession
    private let setup: ClientSetup
    private let tls: TLSLoop
    private var connection: TLSConnection?
    /// Whether the last attempt to connect has not ended yet.
    private var isAttempting = false
    private var lastFailure: String?
    /// What failed by itself since somebody typed last: nobody need hear the same again and again.
    private var toldFailures: Set<String> = []
    private var ticks: Scheduled<Void>?
    private var isStarting = false
    private var isOver = false
    private let ended: EventLoopPromise<ClientEnd>

    /// Called for everything that a person should hear about.
    var show: (ClientEvent) -> Void = { _ in }
    /// Called when the session is over, before the connection is closed.
    var finishing: () -> Void = {}

    init(
        _ setup: ClientSetup, session: ClientSession, eventLoop: any EventLoop, ended: EventLoopPromise<ClientEnd>
    ) {
        options = setup.options
        self.setup = setup
        self.session = session
        self.eventLoop = eventLoop
        self.ended = ended
        tls = TLSLoop(eventLoop: eventLoop)
        tls.beforeFlush = { [unowned self] in settle() }
    }

    /// Runs a session until it ends.
    /// - Parameter prepare: runs on the event loop before anything else.
    static func run(
        _ options: ClientOptions, rooms: [RoomName], prepare: @escaping @Sendable (ClientRuntime) -> Void
    ) async throws -> ClientEnd {
        let setup = try ClientSetup(options)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let end: Result<ClientEnd, any Error>
        do {
            end = .success(try await run(setup, rooms, on: group.next(), prepare))
        } catch {
            end = .failure(error)
        }
        try await group.shutdownGracefully()
        // What was written is safe, however this ends.
        try? setup.store.close()
        return try end.get()
    }

    private static func run(
        _ setup: ClientSetup, _ rooms: [RoomName], on loop: any EventLoop,
        _ prepare: @escaping @Sendable (ClientRuntime) -> Void
    ) async throws -> ClientEnd {
        let ended = loop.makePromise(of: ClientEnd.self)
        let runtime: NIOLoopBound<ClientRuntime>
        do {
            runtime = try await loop.submit {
                let runtime = ClientRuntime(
                    setup, session: try setup.session(rooms: rooms), eventLoop: loop, ended: ended)
                prepare(runtime)
                runtime.start()
                return NIOLoopBound(runtime, eventLoop: loop)
            }.get()
        } catch {
            ended.fail(error)
            throw error
        }
        let signals = Signals.quit { runtime.eventLoop.execute { runtime.value.change { $0.quit() } } }
        defer { signals.cancel() }
        return try await ended.futureResult.get()
    }

    private func start() {
        // That rooms wait for the connection goes without saying.
        isStarting = true
        settle()
        isStarting = false
        change { $0.start() }
        scheduleTick()
    }

    private func scheduleTick() {
        let pause: TimeAmount = session.isBusy ? .milliseconds(100) : .milliseconds(250)
        ticks = eventLoop.assumeIsolated().scheduleTask(in: pause) { [weak self] in
            guard let self, !isOver else { return }
            change { $0.tick(at: steadyMilliseconds()) }
            scheduleTick()
        }
    }

    /// Changes the session; what follows is carried out at the end of this tick of the loop.
    func change(_ change: (ClientSession) -> Void) {
        guard !isOver else { return }
        change(session)
        tls.requestFlush()
    }

    /// Writes down what happened, then carries out what follows from it, which may lead to more.
    private func settle() {
        while !isOver, case let output = session.takeOutput(), !output.isEmpty {
            if !output.writes.isEmpty {
                do throws(StoreError) {
                    try setup.store.write(output.writes)
                } catch {
                    return stop(because: error)
                }
            }
            for action in output.actions { carryOut(action) }
        }
    }

    /// Nothing may be sent or shown that was not written.
    private func stop(because error: StoreError) {
        end()
        let words = ProgramError(error, folder: nil)
        ended.fail(
            ProgramError(
                status: words.status,
                "what happened could not be written down, so nothing more was sent or shown: \(words.description)"))
        connection?.close()
    }

    private func end() {
        isOver = true
        ticks?.cancel()
        finishing()
    }

    /// Does what somebody typed.
    func perform(_ input: UserInput) {
        toldFailures = []
        change { $0.perform(input) }
        if case .quit = input { giveUp(after: Self.patience) }
    }

    /// Ends the session once everything has its place; what does not get one in a while is kept for the next time.
    func finish(within seconds: Int = ClientRuntime.patience) {
        change { $0.finishWhenDone() }
        giveUp(after: seconds)
    }

    /// Seconds for which the end waits for the server and the others.
    static let patience = 10

    /// Ends the session if it still runs after so many seconds.
    func giveUp(after seconds: Int) {
        eventLoop.assumeIsolated().scheduleTask(in: .seconds(Int64(seconds))) { [weak self] in
            self?.change { $0.quit() }
        }
    }

    private func carryOut(_ action: ClientAction) {
        switch action {
        case .connect: connect()
        case .send(let frame):
            var buffer = ByteBuffer()
            guard (try? frame.write(to: &buffer)) != nil else { return }
            connection?.send(buffer)
        case .close:
            isAttempting = false
            connection?.close()
        case .retry(let milliseconds):
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(milliseconds))) { [weak self] in
                self?.change { $0.retry() }
            }
        case .show(let event): if isNews(event) { show(event) }
        case .finish(let reason):
            end()
            // The last words are on their way until the socket is closed.
            guard let closing = connection?.closeFuture else { return ended.succeed(reason) }
            closing.whenComplete { [ended] _ in ended.succeed(reason) }
        }
    }

    /// Whether somebody has not heard of it yet: a server that stays away does so once.
    private func isNews(_ event: ClientEvent) -> Bool {
        switch event {
        case .notice: return !isStarting
        case .failure(let words): return toldFailures.insert(words).inserted
        case .disconnected(let reason, retryIn: _?):
            defer { lastFailure = reason }
            return reason != lastFailure
        case .connected:
            lastFailure = nil
            return true
        default: return true
        }
    }

    private func connect() {
        isAttempting = true
        connection = nil
        let context: TLSContext
        do {
            context = try setup.renewedContext()
        } catch {
            return change { $0.disconnected(error.description, canRetry: false) }
        }
        TLSClient.connect(
            host: options.host, port: options.port, context: context,
            receiver: NIOLoopBound(self, eventLoop: eventLoop), loop: NIOLoopBound(tls, eventLoop: eventLoop)
        ).assumeIsolated().whenFailure { error in
            guard self.isAttempting else { return }
            self.isAttempting = false
            let reason = ConnectionFailure(error, options: self.options)
            self.change { $0.disconnected(reason.description, canRetry: reason.canRetry) }
        }
    }

    // MARK: The connection

    func connected(_ connection: TLSConnection) {
        guard isAttempting else { return connection.close() }
        self.connection = connection
        // Rooms that are founded from now on let this server ask for the removal of revoked devices.
        guard let server = connection.peerCertificate, let key = server.publicKey else { return }
        session.host.externalSender = ExternalSender(
            signatureKey: SignaturePublicKey(bytes: key), credential: .x509(certificates: server.encodedChain))
    }

    func received(_ frame: Frame, on connection: TLSConnection) {
        guard connection === self.connection, isAttempting else { return }
        let parsed: ServerFrame
        do {
            parsed = try ServerFrame(frame)
        } catch {
            // A newer server may say what an older client does not know.
            if case .unknownType = error { return }
            isAttempting = false
            connection.close()
            return change { $0.disconnected("the server sent \(error); update the older program", canRetry: false) }
        }
        change { $0.receive(parsed, at: steadyMilliseconds()) }
    }

    func violated(_ error: FrameError, on connection: TLSConnection) { connection.close(because: error) }

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        guard isAttempting, self.connection == nil || connection === self.connection else { return }
        isAttempting = false
        change { $0.disconnected(reason.description, canRetry: reason.canRetry) }
    }

    /// What the handshake agreed on, and what protects beyond it, for people.
    var protection: String {
        guard let parameters = connection?.parameters else { return "" }
        return "TLS 1.3 · \(parameters.cipherSuite) · \(parameters.group)"
            + " · rooms are end-to-end encrypted (MLS); the server cannot read them"
    }

    /// Days for which our certificate is still valid.
    var certificateDays: Int64? {
        connection.map { ($0.tls.certificateExpiry - unixTime()) / 86_400 }
    }
}
