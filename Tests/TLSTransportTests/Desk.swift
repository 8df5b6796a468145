import ChatWire
import NIOCore
import NIOPosix
import Synchronization

@testable import TLSTransport

/// What the receivers of one side heard.
final class Journal: Sendable {
    private struct State {
        var reasons: [Int: TLSCloseReason] = [:]
        var waiting: [Int: CheckedContinuation<TLSCloseReason, Never>] = [:]
        var frames: [Int: Int] = [:]
        var connections: [WeakConnection] = []
        var live: [Int: Certificate] = [:]
    }

    /// Only asked whether it is still there.
    private struct WeakConnection: @unchecked Sendable {
        weak var connection: TLSConnection?
        weak var session: TLSSession?
    }

    private let state = Mutex(State())

    /// Why the connection to the peer at `port` ended, once it does.
    func reason(_ port: Int) async -> TLSCloseReason {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.reasons[port] == nil { state.waiting[port] = continuation }
                return state.reasons[port]
            }
            if let known { continuation.resume(returning: known) }
        }
    }

    /// Frames that came from the peer at `port`.
    func frames(_ port: Int) -> Int { state.withLock { $0.frames[port] ?? 0 } }

    /// What the peer at `port` showed.
    func certificate(_ port: Int) -> Certificate? { state.withLock { $0.live[port] } }

    /// Connections and sessions whose memory is still held.
    var survivors: Int {
        state.withLock { $0.connections.count { $0.connection != nil || $0.session != nil } }
    }

    fileprivate func connected(_ connection: TLSConnection) {
        let weak = WeakConnection(connection: connection, session: connection.session)
        let certificate = connection.peerCertificate
        let port = connection.remoteAddress?.port ?? 0
        state.withLock {
            $0.connections.append(weak)
            $0.live[port] = certificate
        }
    }

    fileprivate func received(on connection: TLSConnection) {
        let port = connection.remoteAddress?.port ?? 0
        state.withLock { $0.frames[port, default: 0] += 1 }
    }

    fileprivate func closed(_ connection: TLSConnection, _ reason: TLSCloseReason) {
        let port = connection.remoteAddress?.port ?? 0
        let waiting = state.withLock { state in
            // The system may use a port again.
            state.live[port] = nil
            let waiting = state.waiting.removeValue(forKey: port)
            if waiting == nil { state.reasons[port] = reason }
            return waiting
        }
        waiting?.resume(returning: reason)
    }
}

/// What a peer can ask of a ``Desk``, as the type of a frame.
enum Wish {
    static let nothing: UInt8 = 1
    /// The same frame back.
    static let echo: UInt8 = 2
    /// As many small frames as the body says (`uint32`).
    static let smallFrames: UInt8 = 3
    /// As many frames of 64 KiB as the body says.
    static let largeFrames: UInt8 = 4
    /// The same, and then the end.
    static let largeFramesAndEnd: UInt8 = 5
    /// Last words that are a while in coming, if the peer breaks the framing.
    static let slowFarewell: UInt8 = 8
    /// To be paused, for as many milliseconds as the body says; then the same frame back.
    static let pause: UInt8 = 6
    /// The same, and then the end, while it is paused.
    static let pauseAndEnd: UInt8 = 7

    static func frame(_ type: UInt8, _ body: [UInt8] = []) -> [UInt8] {
        var buffer = ByteBuffer()
        buffer.writeInteger(UInt32(body.count + 1))
        buffer.writeInteger(type)
        buffer.writeBytes(body)
        return Array(buffer.readableBytesView)
    }

    static func frame(_ type: UInt8, count: UInt32) -> [UInt8] {
        frame(type, (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) })
    }
}

/// Greets with a frame and does as it is told.
final class Desk: FrameReceiver {
    private let journal: Journal
    private let isServer: Bool
    /// What a client says when it is connected.
    private let opening: [UInt8]

    static let greeting = Wish.frame(9, Array("hello".utf8))
    static let farewell = Wish.frame(9, Array("goodbye".utf8))

    init(_ journal: Journal, isServer: Bool, opening: [UInt8] = []) {
        self.journal = journal
        self.isServer = isServer
        self.opening = opening
    }

    func connected(_ connection: TLSConnection) {
        journal.connected(connection)
        connection.send(ByteBuffer(bytes: isServer ? Self.greeting : opening))
    }

    func received(_ frame: Frame, on connection: TLSConnection) {
        journal.received(on: connection)
        guard isServer else { return }
        let count = Int(frame.body.getInteger(at: frame.body.readerIndex, as: UInt32.self) ?? 0)
        switch frame.type {
        case Wish.echo: connection.send(ByteBuffer(bytes: Wish.frame(frame.type, Array(frame.body.readableBytesView))))
        case Wish.smallFrames:
            for _ in 0..<count { connection.send(ByteBuffer(bytes: Wish.frame(Wish.nothing, [1, 2, 3]))) }
        case Wish.largeFrames, Wish.largeFramesAndEnd:
            let large = ByteBuffer(bytes: Wish.frame(Wish.nothing, [UInt8](repeating: 7, count: 65_536)))
            for _ in 0..<count { connection.send(large) }
            if frame.type == Wish.largeFramesAndEnd { connection.close() }
        case Wish.slowFarewell: connection.tag = 1
        case Wish.pause, Wish.pauseAndEnd:
            connection.isPaused = true
            guard let eventLoop = connection.closeFuture?.eventLoop else { return }
            let answer = ByteBuffer(bytes: Wish.frame(frame.type, Array(frame.body.readableBytesView)))
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(count))) { [weak connection] in
                connection?.send(answer)
                if frame.type == Wish.pause { connection?.isPaused = false } else { connection?.close() }
            }
        default: break
        }
    }

    func violated(_ error: FrameError, on connection: TLSConnection) {
        guard connection.tag == 1 else { return connection.close(because: error) }
        connection.loop.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(100)) {
            connection.send(ByteBuffer(bytes: Self.farewell))
            connection.close(because: error)
        }
    }

    func closed(_ connection: TLSConnection, because reason: TLSCloseReason) {
        journal.closed(connection, reason)
    }
}

/// Threads that all tests share.
enum Machine {
    static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
    static let threads = HandshakeThreads(count: 1)
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 8)
        pool.start()
        return pool
    }()

    /// Runs what blocks where it holds up nobody.
    static func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await pool.runIfActive(work)
    }

    /// Waits for what must come about soon.
    static func eventually(_ condition: () async -> Bool) async -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while clock.now < end {
            if await condition() { return true }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return await condition()
    }
}

/// A listener of ours on a loopback port.
struct TestServer: Sendable {
    let listener: TLSListener
    let journal: Journal
    let context: TLSContext

    var port: Int { listener.addresses.first?.port ?? 0 }

    static func start(
        _ context: TLSContext, deadline: TimeAmount = .seconds(20), maximumConnections: Int = 1_000,
        threads: HandshakeThreads = Machine.threads, change: (inout TLSListenerSettings) -> Void = { _ in }
    ) async throws -> TestServer {
        let journal = Journal()
        var seats: [NIOLoopBound<TLSListener.Seat>] = []
        for loop in Machine.group.makeIterator() {
            seats.append(
                try await loop.submit {
                    NIOLoopBound(
                        .init(loop: TLSLoop(eventLoop: loop), receiver: Desk(journal, isServer: true)),
                        eventLoop: loop)
                }.get())
        }
        var settings = TLSListenerSettings(maximumConnections: maximumConnections)
        settings.handshakeDeadline = deadline
        change(&settings)
        let listener = try await TLSListener.start(
            on: [SocketAddress(ipAddress: "127.0.0.1", port: 0)], context: context, settings: settings,
            group: Machine.group, threads: threads, seats: seats)
        return TestServer(listener: listener, journal: journal, context: context)
    }
}

/// Our client.
enum TestClient {
    /// Connects to a loopback port and waits until the connection has ended.
    static func run(
        _ context: TLSContext, host: String = "127.0.0.1", port: Int, opening: [UInt8] = [],
        timeout: TimeAmount = .seconds(20)
    ) async throws -> (reason: TLSCloseReason, frames: Int) {
        let journal = Journal()
        let eventLoop = Machine.group.next()
        try await eventLoop.flatSubmit {
            TLSClient.connect(
                host: host, port: port, context: context,
                receiver: NIOLoopBound(Desk(journal, isServer: false, opening: opening), eventLoop: eventLoop),
                loop: NIOLoopBound(TLSLoop(eventLoop: eventLoop), eventLoop: eventLoop), timeout: timeout)
        }.get()
        return (await journal.reason(port), journal.frames(port))
    }
}
