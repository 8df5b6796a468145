import Firewall
import FirewallViews
import Glibc
import Terminal

/// Asks on a terminal whether a change that is on trial shall stay: whoever can answer is not locked out.
struct TrialQuestion {
    /// Milliseconds since 1970.
    var until: Int64
    var daemon: Daemon

    /// Does nothing where nobody can answer.
    func ask() throws {
        guard TerminalDevice.isInteractive else { return }
        let terminal = TerminalDevice()
        terminal.enterRawMode()
        let key = key()
        terminal.restore()
        Screen.write("\r\u{1B}[K")
        switch key {
        case .keep: Screen.show(try daemon.ask(.confirm), json: false)
        case .revert: Screen.showReverted(try daemon.ask(.revert), json: false)
        case .later: Screen.write(["It stays on trial. Keep it: conclave-firewall confirm"])
        case .none: Screen.write(["Nobody confirmed it: what was before is in force again."])
        }
    }

    private enum Choice { case keep, revert, later }

    /// `nil` when the time is over.
    private func key() -> Choice? {
        while true {
            let left = (until - Screen.now + 999) / 1_000
            guard left > 0 else { return nil }
            Screen.write("\r\u{1B}[KKeep it? y yes · n no, back to what was before · \(left) s ")
            var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            guard poll(&waiting, 1, 1_000) > 0 else { continue }
            guard let bytes = TerminalDevice.read() else { return .later }
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "y"), UInt8(ascii: "Y"): return .keep
                case UInt8(ascii: "n"), UInt8(ascii: "N"): return .revert
                // Ctrl-C, Ctrl-D, q.
                case 3, 4, UInt8(ascii: "q"): return .later
                default: break
                }
            }
        }
    }
}
