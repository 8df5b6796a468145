package import NIOCore
package import NIOPosix
import Synchronization

/// The server's side: listens, and gives every connection a place on one of the event loops.
package final class TLSListener: Sendable {
    /// Where it listens, with the ports that the system chose.
    package let addresses: [SocketAddress]
    private let channels: [any Channel]
    private let shared: Shared

    /// What connections need when they arrive.
    private final class Shared: Sendable {
        let context: Mutex<TLSContext>
        let refusals = Atomic<Int>(0)
        let admission: Admission
        let settings: TLSListenerSettings
        let threads: HandshakeThreads
        /// For each event loop its connections' common part and the one that receives their frames.
        let seats: [ObjectIdentifier: NIOLoopBound<Seat>]

        init(
            context: TLSContext, settings: TLSListenerSettings, threads: HandshakeThreads,
            seats: [ObjectIdentifier: NIOLoopBound<Seat>]
        ) {
            self.context = Mutex(context)
            self.settings = settings
            admission = Admission(settings)
            self.threads = threads
            self.seats = seats
        }
    }

    /// One event loop's share.
    package struct Seat {
        package var loop: TLSLoop
        package var receiver: any FrameReceiver

        package init(loop: TLSLoop, receiver: any FrameReceiver) {
            self.loop = loop
            self.receiver = receiver
        }
    }

    private init(addresses: [SocketAddress], channels: [any Channel], shared: Shared) {
        self.addresses = addresses
        self.channels = channels
        self.shared = shared
    }

    /// Binds every address.
    /// - Parameter seats: one for each event loop of `group`.
    /// - Throws: ``TLSListenError`` naming the first address that could not be bound; then none is.
    package static func start(
        on addresses: [SocketAddress], context: TLSContext, settings: TLSListenerSettings,
        group: MultiThreadedEventLoopGroup, threads: HandshakeThreads, seats: [NIOLoopBound<Seat>]
    ) async throws -> TLSListener {
        let shared = Shared(
            context: context, settings: settings, threads: threads,
            seats: Dictionary(uniqueKeysWithValues: seats.map { (ObjectIdentifier($0.eventLoop), $0) }))
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 4_096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.socketOption(.so_keepalive), value: 1)
            .childChannelOption(
                .writeBufferWaterMark, value: ChannelOptions.Types.WriteBufferWaterMark(low: 32_768, high: 65_536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try accept(channel, shared) }
            }
        // By itself `::` takes IPv4 as well, and a socket for IPv4 beside it finds its port in use.
        let isMixed = Set(addresses.map(\.protocol)).count > 1
        var channels: [any Channel] = []
        for address in addresses {
            do {
                let isAlone = isMixed && address.protocol == .inet6
                let bootstrap =
                    isAlone ? bootstrap.serverChannelOption(Self.ipv6Only, value: 1) : bootstrap
                channels.append(try await bootstrap.bind(to: address).get())
            } catch {
                for channel in channels { try? await channel.close() }
                throw TLSListenError(address: address, cause: error)
            }
        }
        return TLSListener(addresses: channels.compactMap(\.localAddress), channels: channels, shared: shared)
    }

    private static let ipv6Only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)

    private static func accept(_ channel: any Channel, _ shared: Shared) throws {
        guard let seat = shared.seats[ObjectIdentifier(channel.eventLoop)]?.value else {
            throw ChannelError.operationUnsupported
        }
        guard let ticket = shared.admission.admit(channel.remoteAddress) else {
            shared.refusals.add(1, ordering: .relaxed)
            throw ChannelError.operationUnsupported
        }
        channel.closeFuture.whenComplete { _ in ticket.release() }
        let session = try TLSSession(context: shared.context.withLock { $0 })
        let connection = TLSConnection(
            session: session, role: .server, loop: seat.loop, receiver: seat.receiver,
            handshakeThreads: shared.threads, handshakeDeadline: shared.settings.handshakeDeadline)
        connection.ticket = ticket
        connection.sendLimit = shared.settings.sendLimit
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    /// Connections that come from now on get `context`; those that exist keep theirs, see
    /// ``TLSContext/verify(_:)``.
    package func use(_ context: TLSContext) {
        shared.context.withLock { $0 = context }
    }

    /// Connections that exist, handshakes included.
    package var connectionCount: Int { shared.admission.connections.count }

    /// Handshakes that are under way.
    package var handshakeCount: Int { shared.admission.handshakes.count }

    /// Connections that were closed unheard since the last call, because there were too many.
    package func takeRefusalCount() -> Int { shared.refusals.exchange(0, ordering: .relaxed) }

    /// Accepts no more.
    package func stop() async {
        for channel in channels { try? await channel.close() }
    }
}

/// The limits of a ``TLSListener``. An address is an IPv4 address or an IPv6 network of 64 bits; what is over a limit is closed at
/// once.
package struct TLSListenerSettings: Sendable {
    /// A handshake that takes longer is ended.
    package var handshakeDeadline: TimeAmount = .seconds(10)
    package var maximumConnections: Int
    package var connectionsPerAddress: Int
    /// Handshakes under way.
    package var handshakes: Int
    package var handshakesPerAddress: Int
    /// Of all places, for connections and for handshakes, those that strangers may take, 1 to 100: addresses from which nobody was
    /// authenticated lately.
    package var strangerPercent = 75
    /// Addresses that are remembered, and for how long, since somebody was authenticated from there.
    package var knownAddresses = 65_536
    package var knownLifetime: TimeAmount = .hours(7 * 24)
    /// Bytes that may wait for a peer that does not read.
    package var sendLimit = TLSConnection.sendLimit

    package init(maximumConnections: Int) {
        self.maximumConnections = maximumConnections
        connectionsPerAddress = maximumConnections
        handshakes = maximumConnections
        handshakesPerAddress = max(16, maximumConnections / 4)
    }
}

/// An address that could not be listened on.
package struct TLSListenError: Error {
    package var address: SocketAddress
    package var cause: any Error
}
