import Glibc
import Terminal

/// How far a file was read, on standard error, if somebody sits in front of it and it takes long.
final class ReadProgress {
    /// Of the file, in bytes; `nil` where it has none.
    private let size: Int?
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant?

    /// Nobody needs it for what is over at once.
    private static let patience = Duration.milliseconds(500)

    /// `nil` where nobody would see it, or where it would get in the way.
    /// - Parameter showsLines: whether lines are written meanwhile.
    init?(_ path: String, _ output: OutputOptions, showsLines: Bool) {
        guard isatty(STDERR_FILENO) == 1, !output.quiet, !showsLines || isatty(STDOUT_FILENO) == 0 else { return nil }
        guard getenv("TERM").map({ String(cString: $0) }) != "dumb" else { return nil }
        var status = stat()
        let isFile = path != "-" && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        size = isFile ? Int(status.st_size) : nil
    }

    func update(_ bytes: Int) {
        let now = ContinuousClock.now
        guard now - start > Self.patience, last.map({ now - $0 > .milliseconds(100) }) ?? true else { return }
        last = now
        let seconds = Double((now - start).components.seconds) + Double((now - start).components.attoseconds) / 1e18
        Output.write("\r" + Self.line(bytes, of: size, after: seconds) + "\u{1B}[K", to: STDERR_FILENO)
    }

    func clear() {
        guard last != nil else { return }
        last = nil
        Output.write("\r\u{1B}[K", to: STDERR_FILENO)
    }

    /// `reading 1.2 of 3.4 GB  [#####-----]  51 %  312 MB/s  7 s left`
    private static func line(_ bytes: Int, of size: Int?, after seconds: Double) -> String {
        let rate = Double(bytes) / max(seconds, 0.001)
        let speed = "\(Int(rate / 1e6)) MB/s"
        // A compressed file holds more than it has.
        guard let size, size >= bytes, size > 0 else { return "reading  \(bytes / 1_000_000) MB  \(speed)" }
        let share = Double(bytes) / Double(size)
        let full = Int(share * 20)
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: 20 - full)
        let left = Int((Double(size - bytes) / max(rate, 1)).rounded(.up))
        return
            "reading  \(bytes / 1_000_000) of \(size / 1_000_000) MB  [\(bar)]  \(Int(share * 100)) %  \(speed)  \(left) s left"
    }
}
