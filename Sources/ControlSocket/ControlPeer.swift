import Firewall
import Glibc

/// A client of the daemon. Never blocks, never takes more than its share.
package final class ControlPeer {
    package let role: ControlRole
    package let credentials: ControlCredentials
    /// To be polled for ``events``.
    package var descriptor: Int32 { socket.number }
    /// Why it is at its end; `nil` while it lives.
    package private(set) var end: String?
    /// Lines taken from it.
    package private(set) var lines = 0

    private let socket: OwnedDescriptor
    private let limits: ControlLimits
    private var incoming: [UInt8] = []
    /// How much of ``incoming`` is known to hold no end of a line: who sends bytes one by one costs no more than who sends them together.
    private var searched = 0
    private var outgoing: [UInt8] = []
    /// How much of ``outgoing`` is gone.
    private var sent = 0
    /// When something of what waits was taken last.
    private var taken: Int64 = 0
    /// Thousandths of lines that may be taken at ``filled``.
    private var tokens: Int64
    private var filled: Int64?
    private var isFinished = false
    private var endsWhenSent = false
    /// It takes no answers any more.
    private var isDeaf = false

    init(_ socket: OwnedDescriptor, role: ControlRole, credentials: ControlCredentials) {
        self.socket = socket
        self.role = role
        self.credentials = credentials
        limits = role.limits
        tokens = Int64(limits.burst) * 1_000
    }

    /// What poll(2) has to wait for. Nothing is read from one who sends too fast, or does not take its answers.
    package var events: Int16 {
        var events: Int16 = 0
        if !isFinished, !isPaused, waiting < limits.waiting / 2 { events |= Int16(POLLIN) }
        if waiting > 0 { events |= Int16(POLLOUT) }
        return events
    }

    /// Whether lines wait until the client's share grows again, within milliseconds.
    package var isPaused: Bool { tokens < 1_000 }
    /// Bytes that it has not taken yet.
    package var waiting: Int { outgoing.count - sent }

    /// Whole lines without their ends.
    /// - Parameter now: milliseconds of a steady clock.
    package func readLines(_ now: Int64) -> [[UInt8]] {
        refill(now)
        while end == nil, !isFinished, incoming.count <= limits.line {
            let count = receive()
            if count == 0 { break }
        }
        var lines: [[UInt8]] = []
        var begin = incoming.startIndex
        while tokens >= 1_000, let stop = incoming[max(begin, searched)...].firstIndex(of: 0x0A) {
            if stop > begin { lines.append(Array(incoming[begin..<stop])) }
            begin = stop + 1
            tokens -= 1_000
        }
        incoming.removeFirst(begin)
        if incoming.isEmpty, incoming.capacity > 64 << 10 { incoming = [] }
        self.lines += lines.count
        searched = max(0, searched - begin)
        let hasLine = incoming[searched...].contains(0x0A)
        if !hasLine { searched = incoming.count }
        if !hasLine, incoming.count >= limits.line {
            incoming = []
            searched = 0
            finish("A line may have \(limits.line) bytes at most", now)
        }
        // What is not a whole line at the end was not meant to be one.
        if isFinished, !hasLine, end == nil, !endsWhenSent { finish(nil, now) }
        return lines
    }

    /// Puts a line into what waits for the client; it goes out at once if it can.
    /// - Parameter line: without its end.
    package func send(_ line: String, _ now: Int64) {
        guard end == nil, !isDeaf else { return }
        if waiting == 0 { taken = now }
        outgoing.append(contentsOf: line.utf8)
        outgoing.append(0x0A)
        flush(now)
        if waiting > limits.waiting { end = "it does not take its answers" }
    }

    /// Sends what waits, as far as the client takes it.
    package func flush(_ now: Int64) {
        while end == nil, waiting > 0 {
            let count = outgoing.withUnsafeBytes { bytes in
                Glibc.send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                taken = now
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                break
            } else {
                // What it said before it went is still read.
                isDeaf = true
                outgoing = []
                sent = 0
            }
        }
        if waiting == 0 {
            outgoing.removeAll(keepingCapacity: outgoing.capacity <= 64 << 10)
            sent = 0
            if endsWhenSent, end == nil { end = "it was told to go" }
        } else if sent > 1 << 20 {
            outgoing.removeFirst(sent)
            sent = 0
        }
        if end == nil, waiting > 0, now - taken > ControlLimits.patience { end = "it does not take its answers" }
    }

    /// Ends it when all that waits is sent.
    /// - Parameter reason: told to the client, if any.
    package func finish(_ reason: String?, _ now: Int64) {
        isFinished = true
        endsWhenSent = true
        if let reason { send(Self.refusal(reason), now) }
        flush(now)
    }

    /// Lets somebody know, and goes.
    static func refuse(_ descriptor: Int32, _ reason: String) {
        let bytes = Array((refusal(reason) + "\n").utf8)
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }

    private static func refusal(_ reason: String) -> String { ControlFailure(.permission, reason).line }

    /// - Returns: bytes that came; 0 if none waits.
    private func receive() -> Int {
        let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { space in
            let count = recv(descriptor, space.baseAddress, space.count, 0)
            if count > 0 { incoming.append(contentsOf: space.prefix(count)) }
            return count
        }
        if count > 0 { return count }
        if count == 0 {
            isFinished = true
        } else if errno == EINTR {
            return -1
        } else if errno != EAGAIN {
            end = "it is gone"
        }
        return 0
    }

    private func refill(_ now: Int64) {
        let passed = max(0, min(now - (filled ?? now), 60_000))
        filled = now
        tokens = min(tokens + passed * Int64(limits.linesPerSecond), Int64(limits.burst) * 1_000)
    }
}
