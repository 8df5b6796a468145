import Firewall
import Glibc

/// Finds the SSH connection in which somebody types, also behind sudo(8), which does not hand `SSH_CONNECTION` on.
enum LoginConnection {
    /// Processes that are asked, from this one upwards.
    private static let most = 16

    static func find() -> SSHConnection? {
        if let value = getenv("SSH_CONNECTION") { return SSHConnection(String(cString: value)) }
        var process = getppid()
        for _ in 0..<most {
            guard process > 1 else { return nil }
            if let environment = read("/proc/\(process)/environ", limit: 1 << 20) {
                let prefix = Array("SSH_CONNECTION=".utf8)
                for entry in environment.split(separator: 0) where entry.starts(with: prefix) {
                    return SSHConnection(String(decoding: entry.dropFirst(prefix.count), as: UTF8.self))
                }
            }
            guard let status = read("/proc/\(process)/status", limit: 65_536), let parent = parent(status) else {
                return nil
            }
            process = parent
        }
        return nil
    }

    /// The line `PPid:` of proc_pid_status(5).
    private static func parent(_ status: [UInt8]) -> pid_t? {
        let line = status.split(separator: 0x0A).first { $0.starts(with: Array("PPid:".utf8)) }
        guard let line else { return nil }
        return pid_t(String(decoding: line.dropFirst(5).filter { $0 != 0x09 && $0 != 0x20 }, as: UTF8.self))
    }

    private static func read(_ path: String, limit: Int) -> [UInt8]? {
        try? WholeFile.read(path, limit: limit)
    }
}
