import ControlSocket
import Firewall
import Glibc
import Synchronization
import Testing

/// A folder for sockets, which goes with the test.
final class SocketFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/conclave-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        for name in ["control", "chat", "monitor", "file"] { unlink(socket(name)) }
        rmdir(path)
    }

    func socket(_ name: String) -> String { "\(path)/\(name).sock" }
}

/// A daemon that answers each line, on a thread of its own.
final class TrialDaemon: Sendable {
    private struct State {
        var lines: [String] = []
        var isStopped = false
        var hasEnded = false
    }

    private let state = Mutex(State())

    /// - Parameter answer: what to say to a line; `nil`: nothing.
    init(
        _ path: String, role: ControlRole = .chat,
        answer: @escaping @Sendable (String) -> String? = { _ in "{\"ok\":true}" }
    ) throws {
        let listener = try ControlListener(path: path, role: role)
        nonisolated(unsafe) let server = ControlServer([listener])
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Job { [self] in serve(server, answer) })
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        try #require(code == 0)
        pthread_detach(thread)
    }

    var lines: [String] { state.withLock { $0.lines } }

    /// Ends it, and waits until its socket is gone.
    func stop() {
        state.withLock { $0.isStopped = true }
        _ = SocketTrial.wait { self.state.withLock { $0.hasEnded } }
    }

    private func serve(_ server: consuming ControlServer, _ answer: (String) -> String?) {
        while !state.withLock({ $0.isStopped }) {
            var entries = server.entries()
            poll(&entries, nfds_t(entries.count), 10)
            for (peer, line) in server.serve(entries, SteadyClock.milliseconds()) {
                let line = String(decoding: line, as: UTF8.self)
                state.withLock { $0.lines.append(line) }
                if let answer = answer(line) { peer.send(answer, SteadyClock.milliseconds()) }
            }
        }
        drop(server)
        state.withLock { $0.hasEnded = true }
    }

    private func drop(_ server: consuming ControlServer) {}
}

private final class Job {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
}

enum SocketTrial {
    /// Waits at most 10 s.
    static func wait(_ isDone: () -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if isDone() { return true }
            usleep(5_000)
        }
        return isDone()
    }

    /// Turns the server's loop until something is true.
    static func turn(_ server: ControlServer, until isDone: () -> Bool) -> [(peer: ControlPeer, line: [UInt8])] {
        var lines: [(peer: ControlPeer, line: [UInt8])] = []
        for _ in 0..<500 where !isDone() {
            var entries = server.entries()
            poll(&entries, nfds_t(entries.count), 10)
            lines += server.serve(entries, SteadyClock.milliseconds())
        }
        return lines
    }
}
