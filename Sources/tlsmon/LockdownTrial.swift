import ArgumentParser
import Glibc
import PacketCapture

/// Locks this process down, and tries what it must not be able to do then.
struct LockdownTrial {
    /// - Throws: ``CaptureError``; a failure's exit code if something was possible that must not be.
    func run() throws {
        // The kernel's word on this process; it cannot be opened any more when it is asked for.
        let status = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        let user = try Privileges.drop()
        let lockdown = try Lockdown.enter(as: user)
        say(lockdown.summary)
        let isRoot = geteuid() == 0
        let trials: [(String, Bool, () -> Int32)] = [
            ("open /etc/passwd to write to it", true, { Self.opened("/etc/passwd", O_WRONLY | O_APPEND) }),
            (
                "make a file in /tmp", true,
                { Self.opened("/tmp/tlsmon-lockdown-\(getpid())", O_WRONLY | O_CREAT | O_EXCL) }
            ),
            ("open /etc/passwd to read it", lockdown.landlock != nil, { Self.opened("/etc/passwd", O_RDONLY) }),
            (
                "open a connection", lockdown.hasSeccomp,
                { Self.result(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }
            ),
            ("open a packet socket", true, { Self.result(socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)) }),
            ("send a signal to its parent", lockdown.hasSeccomp, { Self.result(kill(getppid(), 0)) }),
            ("become root", !isRoot, { Self.result(setuid(0)) }),
            ("start another program", lockdown.hasSeccomp, { Self.spawn() }),
            ("become another program", lockdown.hasSeccomp, { Self.become() }),
        ]
        var failures = 0
        for (what, mustFail, attempt) in trials {
            let error = attempt()
            if error == 0, mustFail { failures += 1 }
            say(error == 0 ? "can:    \(what)" : "cannot: \(what): \(String(cString: strerror(error)))")
        }
        for line in Self.lines(status)
        where ["Uid:", "CapEff:", "CapPrm:", "CapBnd:", "NoNewPrivs:", "Seccomp:"].contains(where: line.hasPrefix) {
            say(line)
        }
        if failures > 0 { throw ExitCode(1) }
    }

    private func say(_ line: String) { Output.write(line + "\n", to: STDOUT_FILENO) }

    /// The error's number; 0 if it worked.
    private static func result(_ value: Int32) -> Int32 { value < 0 ? errno : 0 }

    private static func opened(_ path: String, _ flags: Int32) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return errno }
        close(descriptor)
        return 0
    }

    private static func spawn() -> Int32 {
        var process = pid_t()
        return posix_spawn(&process, "/bin/true", nil, nil, [nil], [nil])
    }

    private static func become() -> Int32 {
        execv("/bin/true", [nil])
        return errno
    }

    private static func lines(_ descriptor: Int32) -> [String] {
        var bytes = [UInt8](repeating: 0, count: 16_384)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return bytes.prefix(max(0, count)).split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }
}
