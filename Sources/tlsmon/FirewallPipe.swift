import Firewall
import Glibc
import PacketCapture
import TLSMonitor

/// A way to the firewall that is there after this program was locked down, and could not connect to anything any more: a pipe to a second process of this program
/// (``ForwardCommand``), which was never shown a packet, and connects again whenever the firewall was away. The capture never waits for it.
final class FirewallPipe {
    private let descriptor: Int32
    private let path: String
    /// Alarms that the pipe did not take.
    private(set) var lost = 0
    private var hasEnded = false

    /// Starts the second process. To be called before anything else is open, and before the lockdown.
    /// - Throws: ``CaptureError/failed(_:)``.
    init(_ path: String) throws(CaptureError) {
        self.path = path
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .failed("no pipe to the firewall: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        do throws(CaptureError) {
            try Self.start(path, reading: ends[0])
        } catch {
            close(ends[1])
            throw error
        }
        _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
        // That the other end is gone is seen in the answer of write(2).
        signal(SIGPIPE, SIG_IGN)
        descriptor = ends[1]
    }

    deinit { close(descriptor) }

    private static func start(_ path: String, reading input: Int32) throws(CaptureError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // In a group of its own: Ctrl-C is for the capture, which then has its last words to say.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words: [String] = ["tlsmon", ForwardCommand.name, "--socket", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process = pid_t()
        let code = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &arguments, environ)
        guard code == 0 else {
            throw .failed("the reporter to the firewall cannot be started: \(String(cString: strerror(code)))")
        }
    }

    /// Tells the firewall of an alarm that says what somebody did to this machine.
    func report(_ alarm: Alarm) {
        guard !hasEnded, let report = Report(alarm) else { return }
        let line = Array(ControlRequest.report(report).line.utf8) + [0x0A]
        // The kernel takes a line of this length whole or not at all (pipe(7), PIPE_BUF).
        guard line.count <= 4_096, write(descriptor, line, line.count) == line.count else {
            lost += 1
            if errno == EPIPE {
                hasEnded = true
                complain("alarms are no longer reported to the firewall at \(path): the reporter has ended")
            }
            return
        }
    }
}

extension Report {
    /// `nil` for an alarm that names nobody, and for one that is not about what its source does to others.
    init?(_ alarm: Alarm) {
        guard let source = alarm.source, Report.isOffence(alarm: alarm.kind.rawValue) else { return nil }
        let address = Firewall.IPAddress(ipv6: UInt128(source.high) << 64 | UInt128(source.low))
        let facts = alarm.evidence.prefix(4).map { "\($0.value) \($0.name)" }.joined(separator: ", ")
        let seconds = alarm.windowNanoseconds / 1_000_000_000
        let window = !facts.isEmpty && seconds > 0 ? " in \(seconds) s" : ""
        let target = alarm.target.map { " at \($0)" } ?? ""
        self.init(
            alarm: alarm.kind.rawValue, [address], isForgeable: alarm.isForgeable, detail: facts + window + target)
    }
}
