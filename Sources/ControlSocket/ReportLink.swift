import Firewall
import Glibc

/// A connection to the daemon that carries lines one way, and refusals the other. Never blocks.
final class ReportLink {
    private let socket: OwnedDescriptor
    private(set) var isBroken = false
    /// The rest of a line that went out in part.
    private var rest: [UInt8] = []
    private var incoming: [UInt8] = []

    var descriptor: Int32 { socket.number }

    /// `nil` if nobody answers.
    init?(_ path: String) {
        guard let address = try? SocketAddress(path: path),
            let socket = try? OwnedDescriptor.unixSocket(blocking: false, path: path),
            address.connect(socket.number) == 0
        else { return nil }
        self.socket = socket
    }

    func events(hasWork: Bool) -> Int16 { Int16(POLLIN) | (hasWork || !rest.isEmpty ? Int16(POLLOUT) : 0) }

    /// - Returns: whether the line is on its way; if not, it has to be put again.
    func put(_ line: String) -> Bool {
        guard flush() else { return false }
        rest = Array(line.utf8) + [0x0A]
        let whole = rest.count
        _ = flush()
        if rest.count < whole { return !isBroken }
        rest = []
        return false
    }

    /// Why the daemon refused something, in its words.
    func refusals() -> [String] {
        while !isBroken {
            let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) { space in
                let count = recv(descriptor, space.baseAddress, space.count, 0)
                if count > 0 { incoming.append(contentsOf: space.prefix(count)) }
                return count
            }
            if count == 0 { isBroken = true }
            if count < 0, errno != EINTR {
                isBroken = isBroken || errno != EAGAIN
                break
            }
            // A daemon sends no such lines.
            if incoming.count > 1 << 20 { isBroken = true }
        }
        var refusals: [String] = []
        while let stop = incoming.firstIndex(of: 0x0A) {
            let line = incoming[..<stop]
            if case .failure(let failure)? = try? ControlAnswer(parsing: line) { refusals.append(failure.message) }
            incoming.removeFirst(stop + 1)
        }
        return refusals
    }

    /// - Returns: whether nothing is left over.
    private func flush() -> Bool {
        while !isBroken, !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest.removeFirst(count)
            } else if errno == EAGAIN {
                return false
            } else if errno != EINTR {
                isBroken = true
            }
        }
        return !isBroken
    }
}
