import Glibc

/// Asks the daemon, and waits for its answer: for command lines.
package final class ControlClient {
    package let path: String
    private let socket: OwnedDescriptor
    private var incoming: [UInt8] = []

    /// An answer's longest line.
    private static let limit = 64 << 20

    /// - Throws: `.notRunning`, `.notPermitted`, `.badPath`, `.system`.
    package init(_ path: String) throws(ControlSocketError) {
        self.path = path
        let address = try SocketAddress(path: path)
        socket = try OwnedDescriptor.unixSocket(blocking: true, path: path)
        var code = EINTR
        while code == EINTR { code = address.connect(socket.number) }
        switch code {
        case 0: break
        case ENOENT, ECONNREFUSED, ENOTDIR: throw .notRunning(path: path)
        case EACCES, EPERM: throw .notPermitted(path: path)
        default: throw .system(call: "connect", path: path, code: code)
        }
        _ = fcntl(socket.number, F_SETFL, O_NONBLOCK)
    }

    /// Sends a line and waits for one.
    /// - Parameters:
    ///   - line: without its end.
    ///   - seconds: how long it may take in all.
    /// - Returns: the answer, without its end.
    package func ask(_ line: String, seconds: Int = 30) throws(ControlSocketError) -> String {
        try send(line, seconds: seconds)
        guard let answer = try next(seconds: seconds) else { throw .cutOff(path: path) }
        return answer
    }

    /// - Throws: `.noAnswer` if the daemon does not take it in time; `.cutOff`, `.lineTooLong`, `.system`.
    package func send(_ line: String, seconds: Int = 30) throws(ControlSocketError) {
        let bytes = Array(line.utf8) + [0x0A]
        let longest = ControlRole.admin.limits.line
        guard bytes.count <= longest else { throw .lineTooLong(limit: longest) }
        let deadline = SteadyClock.milliseconds() + Int64(max(0, min(seconds, 86_400))) * 1_000
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket.number, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
            } else if errno == EAGAIN {
                try wait(for: Int16(POLLOUT), until: deadline, seconds)
            } else if errno == EPIPE || errno == ECONNRESET {
                // What the daemon said before it went is more to the point.
                return
            } else if errno != EINTR {
                throw .system(call: "send", path: path, code: errno)
            }
        }
    }

    /// The next line.
    /// - Parameter seconds: `nil` waits for ever.
    /// - Returns: `nil` at the end.
    package func next(seconds: Int? = nil) throws(ControlSocketError) -> String? {
        let deadline = seconds.map { SteadyClock.milliseconds() + Int64(max(0, min($0, 86_400))) * 1_000 }
        var searched = 0
        while true {
            if let stop = incoming[searched...].firstIndex(of: 0x0A) {
                let line = String(decoding: incoming[..<stop], as: UTF8.self)
                incoming.removeFirst(stop + 1)
                return line
            }
            searched = incoming.count
            guard incoming.count < Self.limit else { throw .lineTooLong(limit: Self.limit) }
            let count = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { space in
                let count = recv(socket.number, space.baseAddress, space.count, 0)
                if count > 0 { incoming.append(contentsOf: space.prefix(count)) }
                return count
            }
            if count == 0 || count < 0 && errno == ECONNRESET { return nil }
            if count > 0 || errno == EINTR { continue }
            guard errno == EAGAIN else { throw .system(call: "recv", path: path, code: errno) }
            try wait(for: Int16(POLLIN), until: deadline, seconds ?? 0)
        }
    }

    private func wait(for events: Int16, until deadline: Int64?, _ seconds: Int) throws(ControlSocketError) {
        var left: Int32 = -1
        if let deadline {
            let milliseconds = deadline - SteadyClock.milliseconds()
            guard milliseconds > 0 else { throw .noAnswer(path: path, seconds: seconds) }
            left = Int32(clamping: milliseconds)
        }
        var entry = pollfd(fd: socket.number, events: events, revents: 0)
        _ = poll(&entry, 1, left)
    }
}
