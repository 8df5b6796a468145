import Glibc
import Synchronization

/// The terminal that the process runs in.
package final class TerminalDevice: Sendable {
    private let original: Mutex<termios?> = Mutex(nil)

    package init() {}

    /// Whether somebody can type and read: standard input and output are a terminal that knows more than paper.
    package static var isInteractive: Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        return getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    /// Whether standard output should be coloured (no-color.org).
    package static var hasColours: Bool {
        guard isatty(STDOUT_FILENO) == 1, getenv("NO_COLOR").map({ $0.pointee == 0 }) ?? true else { return false }
        return getenv("TERM").map { String(cString: $0) } != "dumb"
    }

    package var columns: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    package var rows: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// Gives every key to the program as it is pressed. ``restore()`` must follow before the process ends.
    package func enterRawMode() {
        original.withLock { original in
            var settings = termios()
            guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
            if original == nil { original = settings }
            settings.c_iflag &= ~tcflag_t(BRKINT | ICRNL | INPCK | ISTRIP | IXON)
            settings.c_lflag &= ~tcflag_t(ECHO | ICANON | IEXTEN | ISIG)
            settings.c_cflag |= tcflag_t(CS8)
            tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
        }
        write(PromptLine.beginPaste)
    }

    /// Puts the terminal back as it was.
    package func restore() {
        original.withLock { original in
            guard var settings = original else { return }
            original = nil
            tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
            write(PromptLine.endPaste)
        }
    }

    /// Writes all of `text` to standard output.
    package func write(_ text: String) {
        _ = Self.write(text, to: STDOUT_FILENO)
    }

    /// Writes all of `text`, whatever the number of calls that takes.
    /// - Returns: `false` if nobody reads any more.
    package static func write(_ text: String, to descriptor: Int32) -> Bool {
        write(Array(text.utf8), to: descriptor)
    }

    /// Writes all of `bytes`, whatever the number of calls that takes.
    /// - Returns: `false` if nobody reads any more.
    package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var written = 0
            while written < bytes.count {
                let rest = UnsafeRawBufferPointer(rebasing: bytes[written...])
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count > 0 {
                    written += count
                } else if errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waiting, 1, -1)
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// Bytes that are there on standard input, without waiting.
    /// - Returns: `nil` at its end.
    package static func readWaiting() -> [UInt8]? {
        var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 0) > 0 else { return [] }
        return read()
    }

    /// Waits for bytes on standard input.
    /// - Returns: `nil` at its end.
    package static func read() -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        while true {
            let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
            if count > 0 { return Array(bytes.prefix(count)) }
            if count == 0 || errno != EINTR { return nil }
        }
    }
}
