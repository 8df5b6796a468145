import Chat
import ChatClient
import ChatWire
import Foundation
import NIOCore
import NIOPosix
import Settings
import TLSTransport

/// Carries out what a ``ClientSession`` decides: connects, sends, waits. It belongs to its event loop.
final class ClientRuntime: FrameReceiver {
    let options: ClientOptions
    let eventLoop: any EventLoop
    private let tls: TLSLoop
    private(set) var session: ClientSession
    private var connection: TLSConnection?
    /// Whether the last attempt to connect has not ended yet.
    private var isAttempting = false
    private var isDraining = false
    private var lastFailure: String?
    private var ticks: Scheduled<Void>?
    private let ended: EventLoopPromise<ClientEnd>

    /// Called for everything that a person should hear about.
    var show: (ClientEvent) -> Void = { _ in }
    /// Called when the session is over, before the connection is closed.
    var finishing: () -> Void = {}

    init(options: ClientOptions, session: ClientSession, eventLoop: any EventLoop, ended: EventLoopPromise<ClientEnd>) {
        self.options = options
        self.session = session
        self.eventLoop = eventLoop
        self.ended = ended
        tls = TLSLoop(eventLoop: eventLoop)
    }

    /// Runs a session until it ends.
    /// - Parameter prepare: runs on the event loop before anything else.
    static func run(
        _ options: ClientOptions, rooms: [RoomName], prepare: @escaping @Sendable (ClientRuntime) -> Void
    ) async throws -> ClientEnd {
        // What no connection can mend is said at once.
        do {
            _ = try context(for: options)
        } catch {
            throw ProgramError(status: error.exitStatus, error.description)
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let ended = loop.makePromise(of: ClientEnd.self)
        let runtime = try await loop.submit {
            let runtime = ClientRuntime(
                options: options, session: ClientSession(rooms: rooms), eventLoop: loop, ended: ended)
            prepare(runtime)
            runtime.start()
            return NIOLoopBound(runtime, eventLoop: loop)
        }.get()
        let signals = Signals.quit { runtime.eventLoop.execute { runtime.value.change { $0.quit() } } }
        let end = try await ended.futureResult.get()
        signals.cancel()
        try await group.shutdownGracefully()
        return end
    }

    private func start() {
        tick()
        change { $0.start() }
    }

    private func tick() {
        ticks = eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [weak self] in
            self?.change { $0.tick(at: Self.steadyClock) }
            self?.tick()
        }
    }

    /// Changes the session and carries out what follows.
    func change(_ change: (inout ClientSession) -> Void) {
        change(&session)
        guard !isDraining else { return }
        isDraining = true
        defer { isDraining = false }
        // What is carried out may lead to more.
        while case let actions = session.takeActions(), !actions.isEmpty {
            for action in actions { carryOut(action) }
        }
    }

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
        case .finish(let end):
            ticks?.cancel()
            finishing()
            // The last words are on their way until the socket is closed.
            guard let closing = connection?.closeFuture else { return ended.succeed(end) }
            closing.whenComplete { [ended] _ in ended.succeed(end) }
        }
    }

    /// Whether somebody has not heard of it yet: a server that stays away does so once.
    private func isNews(_ event: ClientEvent) -> Bool {
        switch event {
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
            // The files may have been renewed since the last time.
            context = try Self.context(for: options)
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

    private static func context(for options: ClientOptions) throws(TLSConfigurationError) -> TLSContext {
        try TLSContext(
            .client, files: .client(options.identity, in: options.certificates),
            insecureKeyLogFile: options.insecureKeyLog, now: Int64(Date.now.timeIntervalSince1970))
    }

    // MARK: The connection

    func connected(_ connection: TLSConnection) {
        guard isAttempting else { return connection.close() }
        self.connection = connection
    }

    func received(_ frame: Frame, on connection: TLSConnection) {
        guard connection === self.connection else { return }
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
        change { $0.receive(parsed, at: Self.steadyClock) }
    }

    func violated(_ error: FrameError, on connection: TLSConnection) {}

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        guard isAttempting, self.connection == nil || connection === self.connection else { return }
        isAttempting = false
        change { $0.disconnected(reason.description, canRetry: reason.canRetry) }
    }

    /// What the handshake agreed on, for people.
    var parameters: String {
        guard let parameters = connection?.parameters else { return "" }
        return "TLS 1.3 · \(parameters.cipherSuite) · \(parameters.group)"
    }

    /// Days for which our certificate is still valid.
    var certificateDays: Int64? {
        connection.map { ($0.tls.certificateExpiry - Int64(Date.now.timeIntervalSince1970)) / 86_400 }
    }

    /// Milliseconds of a clock that does not jump.
    private static var steadyClock: UInt64 { DispatchTime.now().uptimeNanoseconds / 1_000_000 }
}
