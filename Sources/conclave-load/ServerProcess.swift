import Foundation
import Glibc

/// What the kernel says of the server's process, by `/proc`.
struct ServerProcess {
    let pid: Int

    struct ProcessorTime {
        /// Seconds.
        var user: Double
        var kernel: Double
        var total: Double { user + kernel }

        static func - (end: Self, start: Self) -> Self {
            Self(user: end.user - start.user, kernel: end.kernel - start.kernel)
        }
    }

    func processorTime() throws -> ProcessorTime {
        // Behind the name in parentheses, which may hold anything: state is field 3, utime 14, stime 15 (proc_pid_stat(5)).
        let text = try read("stat")
        let fields = text.suffix(from: text.lastIndex(of: ")") ?? text.startIndex).split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let kernel = Double(fields[13]) else {
            throw LoadError.setup("/proc/\(pid)/stat is not understood")
        }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        return ProcessorTime(user: user / ticks, kernel: kernel / ticks)
    }

    /// Resident memory that is the process's own (`Private_Clean` + `Private_Dirty` of `smaps_rollup`), and all that is resident. KiB.
    func residentKibibytes() throws -> (own: Double, all: Double) {
        var own = 0.0
        var all = 0.0
        for line in try read("smaps_rollup").split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count > 1, let value = Double(parts[1]) else { continue }
            switch parts[0] {
            case "Rss:": all = value
            case "Private_Clean:", "Private_Dirty:": own += value
            default: break
            }
        }
        return (own, all)
    }

    private func read(_ file: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") else {
            throw LoadError.setup(
                "the server's process \(pid) cannot be read: it is gone, or belongs to another user "
                    + "(give its number behind the port, as in --conclave 7443:1234)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
