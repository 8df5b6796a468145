package import ChatWire
import Glibc
package import NIOCore

/// A mutually authenticated TLS 1.3 connection that carries frames, as the only handler of its channel.
///
/// It belongs to its event loop. What is sent during a tick leaves at the end of the tick, in full records and with one
/// system call. What the peer does not read waits here, up to ``sendLimit``.
package final class TLSConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What ``sendLimit`` is unless it is set.
    package static let sendLimit = 1 << 20
    /// Segments that wait as they were given. What follows is copied together: a segment may be a small part of storage that it shares
    /// with what other peers were sent, and would keep all of that.
    static let sharedSegments = 16
    /// Ciphertext that a peer may send ahead while its handshake runs.
    static let handshakeInputLimit = 1 << 16
    /// Ciphertext that may come while it is paused: a few reads that were under way. More comes only with the end of the stream.
    static let pausedInputLimit = 1 << 20

    package let loop: TLSLoop
    /// A place for the owner's bookkeeping.
    package var tag = 0
    /// When the owner last heard of the peer, by the owner's clock.
    package var lastHeard: UInt64 = 0
    /// When the peer last took what had filled the socket, by the same clock as `NIODeadline`, in milliseconds.
    package private(set) var lastTaken: UInt64 = 0
    /// The owner wants nothing more from the peer for now; what has been decrypted still comes.
    package var isHeld = false {
        didSet { if isHeld != oldValue { updateReading() } }
    }
    /// The owner wants not one frame more for now. When it is over, the frames that have come go on at once, before anything else happens.
    package var isPaused = false {
        didSet {
            guard isPaused != oldValue, phase == .open else { return }
            if !isPaused { read(ByteBuffer()) }
            updateReading()
        }
    }
    /// Whether the peer is listened to: not if it is held or paused, or does not take what it is sent.
    package var isReading: Bool { !isHeld && !isPaused && !isReadingPaused }
    /// Bytes that may wait for a peer that does not read; then it is cut off. While a quarter waits, nothing more is read from it.
    var sendLimit = TLSConnection.sendLimit
    /// Who the peer is; `nil` before the handshake is done.
    package private(set) var peerCertificate: Certificate?
    package private(set) var parameters: TLSParameters?
    package private(set) var remoteAddress: SocketAddress?

    let session: TLSSession
    let role: TLSRole
    let receiver: any FrameReceiver
    private let handshakeThreads: HandshakeThreads?
    private let handshakeDeadline: TimeAmount

    /// Its places among the connections and handshakes of a listener.
    var ticket: Admission.Ticket?
    private(set) var phase = Phase.handshaking
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    /// Ciphertext that arrived while a handshake thread has the session.
    var waitingInput = ByteBuffer()
    private var isStepRunning = false
    /// Plaintext of a frame whose end has not arrived.
    var partial: ByteBuffer?
    private var pending: [ByteBuffer] = []
    private var pendingBytes = 0
    /// Whether the last of them is a copy, which may grow.
    private var ownsLastPending = false
    private var isDirty = false
    private var isFlushing = false
    private var isReadingPaused = false
    /// The peer broke the framing: what it sends counts for nothing.
    var isDeaf = false

    enum Phase {
        case handshaking
        case open
        /// We said or are about to say goodbye; what still arrives is thrown away.
        case closing
        case closed
    }

    init(
        session: TLSSession, role: TLSRole, loop: TLSLoop, receiver: any FrameReceiver,
        handshakeThreads: HandshakeThreads?, handshakeDeadline: TimeAmount
    ) {
        self.session = session
        self.role = role
        self.loop = loop
        self.receiver = receiver
        self.handshakeThreads = handshakeThreads
        self.handshakeDeadline = handshakeDeadline
    }

    package var isOpen: Bool { phase == .open }

    /// Whether its handshake waits for us: for one of the handshake threads.
    package var waitsForUs: Bool { isStepRunning }

    /// What the peer was judged by.
    package var tls: TLSContext { session.context }

    /// Succeeds when the socket is closed; `nil` when it is already.
    package var closeFuture: EventLoopFuture<Void>? { context?.channel.closeFuture }

    // MARK: Sending

    /// Queues whole frames; they leave at the end of this tick.
    package func send(_ frames: ByteBuffer) {
        guard phase == .open, frames.readableBytes > 0 else { return }
        queue(frames)
        pendingBytes += frames.readableBytes
        flushLater()
    }

    func flushLater() {
        guard !isDirty else { return }
        isDirty = true
        loop.flushLater(self)
    }

    private func queue(_ frames: ByteBuffer) {
        if pending.count < Self.sharedSegments {
            ownsLastPending = false
            pending.append(frames)
        } else if ownsLastPending, pending[pending.count - 1].readableBytes < 65_536 {
            pending[pending.count - 1].writeImmutableBuffer(frames)
        } else {
            ownsLastPending = true
            pending.append(ByteBuffer(bytes: frames.readableBytesView))
        }
    }

    /// Bytes that wait for the peer.
    package var backlog: Int { pendingBytes }

    /// Encrypts and writes what waits, as far as the socket takes it.
    func flush() {
        isDirty = false
        guard write(upTo: .writable) else { return }
        let waiting = pendingBytes + session.output.readableBytes
        let readPause = sendLimit / 4
        if waiting > sendLimit {
            end(.tooSlow(bytes: waiting))
        } else if waiting > readPause, !isReadingPaused {
            isReadingPaused = true
            updateReading()
        } else if isReadingPaused, waiting < readPause / 2 {
            isReadingPaused = false
            updateReading()
        }
    }

    /// Either as far as the socket takes it, or all, since nothing can be sent later.
    private enum WriteLimit { case writable, end }

    /// - Returns: `false` if nothing could be written.
    private func write(upTo limit: WriteLimit) -> Bool {
        // A write can make the channel writable again before it returns.
        guard phase == .open, !isFlushing, let context else { return false }
        isFlushing = true
        defer { isFlushing = false }
        while phase == .open, hasOutput, limit == .end || context.channel.isWritable {
            let isWhole = encryptBatch()
            // Also what a failure left: the loop's next connection must find the buffer empty.
            writeCiphertext(to: context)
            guard isWhole else {
                end(.tls(failure()))
                return false
            }
        }
        return phase == .open
    }

    private var hasOutput: Bool { !pending.isEmpty || session.output.readableBytes > 0 }

    /// Encrypts up to 64 KiB of what waits into the loop's ciphertext buffer.
    private func encryptBatch() -> Bool {
        // What libssl said by itself while it read, the answer to a KeyUpdate, goes first: what follows is under the new key.
        if session.output.readableBytes > 0 {
            loop.ciphertext.writeBuffer(&session.output)
            session.output = ByteBuffer()
        }
        swap(&session.output, &loop.ciphertext)
        defer { swap(&session.output, &loop.ciphertext) }
        var taken = 0
        defer { pending.removeFirst(taken) }
        while taken < pending.count, session.output.readableBytes < 65_536 {
            let isAlone = taken + 1 == pending.count
            if isAlone || pending[taken].readableBytes >= TLSSession.largestPlaintext {
                guard let count = session.write(pending[taken]) else { return false }
                pendingBytes -= count
                pending[taken].moveReaderIndex(forwardBy: count)
                if pending[taken].readableBytes == 0 { taken += 1 }
                continue
            }
            loop.record.clear()
            while taken < pending.count, loop.record.readableBytes < TLSSession.largestPlaintext {
                let room = TLSSession.largestPlaintext - loop.record.readableBytes
                let length = min(room, pending[taken].readableBytes)
                if var part = pending[taken].readSlice(length: length) { loop.record.writeBuffer(&part) }
                if pending[taken].readableBytes == 0 { taken += 1 }
            }
            guard session.write(loop.record) == loop.record.readableBytes else { return false }
            pendingBytes -= loop.record.readableBytes
        }
        return true
    }

    /// Hands the loop's ciphertext buffer to the socket; its storage is reused as soon as the socket has taken it.
    private func writeCiphertext(to context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(loop.ciphertext), promise: nil)
        loop.ciphertext.clear()
    }

    private func updateReading() {
        if phase == .open { setAutoRead(isReading) }
    }

    private func setAutoRead(_ isOn: Bool) {
        context?.channel.setOption(.autoRead, value: isOn).whenFailure { _ in }
    }

    // MARK: Closing

    /// Sends what waits, then close_notify, then closes.
    package func close() {
        end(.local)
    }

    /// The same, since the peer broke the framing.
    package func close(because error: FrameError) {
        end(.framing(error))
    }

    /// Says goodbye, with an alert that libssl already wrote or with close_notify, and waits a little for the peer to take it:
    /// closing a socket with unread input would throw away what was sent last.
    func end(_ reason: TLSCloseReason) {
        if reason.leavesPeerReading { _ = write(upTo: .end) }
        guard phase == .open || phase == .handshaking else { return }
        let wasOpen = phase == .open
        let saysGoodbye = wasOpen && reason.leavesPeerReading
        phase = .closing
        deadline?.cancel()
        pending = []
        pendingBytes = 0
        partial = nil
        waitingInput = ByteBuffer()
        if wasOpen { ticket?.left() }
        receiver.closed(self, because: reason)
        guard let context else { return }
        if !isStepRunning {
            if saysGoodbye { session.closeNotify() }
            let farewell = session.output
            session.output = ByteBuffer()
            context.writeAndFlush(wrapOutboundOut(farewell), promise: nil)
        }
        setAutoRead(true)
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        // Who still has much to take gets the time for it.
        let patience: TimeAmount = channel.isWritable ? .seconds(1) : .seconds(5)
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: patience) { channel.close(promise: nil) }
    }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start() }
    }

    package func channelActive(context: ChannelHandlerContext) {
        start()
    }

    private func start() {
        guard deadline == nil, phase == .handshaking, let context else { return }
        remoteAddress = context.remoteAddress
        let limit = handshakeDeadline
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
            self?.end(.handshakeTimeout(seconds: Int(limit.nanoseconds / 1_000_000_000)))
        }
        if role == .client { stepHandshake() }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var ciphertext = unwrapInboundIn(data)
        switch phase {
        case .handshaking:
            if waitingInput.readableBytes + ciphertext.readableBytes > Self.handshakeInputLimit {
                return end(.handshakeTooLong(bytes: Self.handshakeInputLimit))
            }
            waitingInput.writeBuffer(&ciphertext)
            if !isStepRunning { stepHandshake() }
        case .open where isDeaf: break
        case .open where isPaused:
            guard waitingInput.readableBytes + ciphertext.readableBytes <= Self.pausedInputLimit else {
                return end(.truncated)
            }
            waitingInput.writeBuffer(&ciphertext)
        case .open: read(ciphertext)
        case .closing, .closed: break
        }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        lastTaken = NIODeadline.now().uptimeNanoseconds / 1_000_000
        flush()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        end(.socket("the connection failed: \(reason)"))
        context.close(promise: nil)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        let before = phase
        phase = .closed
        deadline?.cancel()
        self.context = nil
        switch before {
        case .handshaking: receiver.closed(self, because: .handshakeBrokenOff)
        case .open:
            ticket?.left()
            receiver.closed(self, because: .truncated)
        case .closing, .closed: break
        }
    }

    // MARK: Handshake

    private func stepHandshake() {
        session.input = waitingInput
        waitingInput = ByteBuffer()
        guard let handshakeThreads else { return handshakeStepped(session.handshake()) }
        let isKnown = ticket?.isKnown == true
        isStepRunning = true
        let session = session
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let accepted = handshakeThreads.run(
            isKnown: isKnown, { session.handshake() }, on: loop.eventLoop,
            done: { step in
                bound.value.isStepRunning = false
                bound.value.handshakeStepped(step)
            })
        if !accepted {
            isStepRunning = false
            end(.overloaded)
        }
    }

    private func handshakeStepped(_ step: TLSSession.Step) {
        guard phase == .handshaking, let context else { return }
        if session.output.readableBytes > 0, step != .failed {
            context.writeAndFlush(wrapOutboundOut(session.output), promise: nil)
            session.output = ByteBuffer()
        }
        switch step {
        case .failed: end(.tls(failure()))
        case .needsInput:
            if waitingInput.readableBytes > 0 { stepHandshake() }
        case .done: opened()
        }
    }

    private func opened() {
        deadline?.cancel()
        ticket?.authenticated()
        phase = .open
        peerCertificate = session.peerCertificate
        parameters = session.parameters
        receiver.connected(self)
        guard phase == .open else { return }
        read(ByteBuffer())
    }

    func failure() -> TLSFailure {
        TLSFailure(role: role, evidence: session.evidence)
    }
}

@available(*, unavailable)
extension TLSConnection: Sendable {}
