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
        ProcessorTime(user: try seconds(inField: 14), kernel: try seconds(inField: 15))
    }

    /// Seconds since the process was started, to 10 ms.
    func age() throws -> Double {
        var now = timespec()
        clock_gettime(CLOCK_BOOTTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9 - (try seconds(inField: 22))
    }

    /// A field of `/proc/PID/stat` that counts ticks, numbered as in proc_pid_stat(5).
    private func seconds(inField number: Int) throws -> Double {
        // Behind the name in parentheses, which may hold anything, comes field 3.
        let text = try read("stat")
        let fields = text.suffix(from: text.lastIndex(of: ")") ?? text.startIndex).split(separator: " ")
        guard fields.count > number - 2, let ticks = Double(fields[number - 2]) else {
            throw LoadError.setup("/proc/\(pid)/stat is not understood")
        }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
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
