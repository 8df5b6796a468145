import Glibc

/// Asks on the terminal for what must not be seen.
package enum HiddenInput {
    /// In bytes; what is longer is cut.
    private static let limit = 4_096

    /// Shows `prompt` and reads a line without showing it.
    /// - Returns: the bytes; `nil` if the process has no terminal, or the terminal ended.
    package static func ask(_ prompt: String) -> [UInt8]? {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        guard terminal >= 0 else { return nil }
        defer { close(terminal) }
        var shown = termios()
        guard tcgetattr(terminal, &shown) == 0 else { return nil }
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        hidden.c_lflag |= tcflag_t(ICANON | ISIG)
        guard tcsetattr(terminal, TCSAFLUSH, &hidden) == 0 else { return nil }
        defer {
            tcsetattr(terminal, TCSADRAIN, &shown)
            _ = TerminalDevice.write("\n", to: terminal)
        }
        guard TerminalDevice.write(prompt, to: terminal) else { return nil }
        var line = [UInt8](repeating: 0, count: limit)
        var count: Int
        repeat { count = read(terminal, &line, limit) } while count < 0 && errno == EINTR
        guard count > 0 else { return nil }
        let typed = Array(line.prefix(count).prefix { $0 != 0x0A })
        line.withUnsafeMutableBytes { bytes in
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
        }
        return typed
    }
}
