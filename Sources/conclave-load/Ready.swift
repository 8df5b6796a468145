import ArgumentParser
import Glibc

/// How long a server takes from its start until it talks.
struct Ready: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Time from the start of the server's process until it has greeted a client.",
        discussion: "Call it right after the server was started: it knocks every 2 ms.")

    @OptionGroup var target: TargetOptions

    @Option(help: "Seconds after which to give up.")
    var patience = 120.0

    func validate() throws {
        guard patience >= 1, patience <= 3_600 else { throw ValidationError("--patience is 1 to 3600") }
    }

    func run() throws {
        try target.measure("ready", "Start with what is in the store") { target in
            guard let process = target.process else {
                throw LoadError.setup("this needs the number of the server's process: write PORT:PID")
            }
            let deadline = nanoseconds() + UInt64(patience * 1e9)
            while !(try Self.isOpen(target.port)) {
                guard nanoseconds() < deadline else {
                    throw LoadError.stalled("after \(Int(patience)) s nobody listens on port \(target.port)")
                }
                _ = try process.processorTime()
                usleep(2_000)
            }
            let generator = try Generator(target, certificates: self.target.certs, goal: .idle)
            try generator.connect(1)
            let age = try process.age()
            let used = try process.processorTime()
            try generator.leave()
            return [
                Metric("until a client is greeted", "s", age),
                Metric("processor time", "s", used.total),
                Metric("resident", "MiB", try process.residentKibibytes().all / 1_024),
                Metric("load average", "", Machine.loadAverage),
            ]
        }
    }

    private static func isOpen(_ port: UInt16) throws -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { throw LoadError.system("no socket") }
        defer { close(socket) }
        return ClientConnection.connect(socket, to: port) == 0
    }
}
