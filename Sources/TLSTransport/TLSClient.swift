package import NIOCore
import NIOPosix

/// The client's side of a connection.
package enum TLSClient {
    /// Connects to the first address of `host` that answers, and starts the handshake; what comes of it, `receiver` hears on
    /// `loop`'s event loop.
    /// - Returns: once TCP is connected. Fails with what to do if nobody answers.
    package static func connect(
        host: String, port: Int, context: TLSContext, receiver: NIOLoopBound<any FrameReceiver>,
        loop: NIOLoopBound<TLSLoop>,
        timeout: TimeAmount = .seconds(10)
    ) -> EventLoopFuture<Void> {
        let eventLoop = loop.eventLoop
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let session = try TLSSession(context: context, serverName: ServerName(host))
                    try channel.pipeline.syncOperations.addHandler(
                        TLSConnection(
                            session: session, role: .client, loop: loop.value, receiver: receiver.value,
                            handshakeThreads: nil, handshakeDeadline: timeout))
                }
            }
            .connect(host: host, port: port)
            .map { _ in () }
    }
}
