import Glibc
import MonitorViews
import TLSMonitor
import Terminal

/// Shows the live table on the terminal, and reads its keys, between packets.
final class LiveScreen {
    private let device = TerminalDevice()
    private let hasColours: Bool
    private var table: LiveTable
    private var keys = KeyParser()
    private var shown: [String] = []
    private var size = (columns: 0, rows: 0)
    private let start = ContinuousClock.now
    private var lastFrame: ContinuousClock.Instant?
    private var lastKey: ContinuousClock.Instant?

    /// Ten frames in a second are enough for eyes.
    private static let pause = Duration.milliseconds(100)
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
    static let leave = "\u{1B}[?25h\u{1B}[?1049l"

    init(_ status: LiveTable.Status, hasColours: Bool) {
        table = LiveTable(status)
        self.hasColours = hasColours
    }

    func open() {
        CrashGuard.arm()
        device.enterRawMode()
        device.write(Self.enter)
        shown = []
        size = (0, 0)
    }

    func close() {
        device.write(Self.leave)
        device.restore()
        CrashGuard.disarm()
    }

    /// Takes what happened, and what was pressed; draws if it is time.
    /// - Parameter drops: is asked before each frame.
    /// - Returns: `false` if somebody wants to quit.
    func step(
        _ events: [MonitorEvent], _ endings: [(flow: Int, ending: FlowEnding)], packets: Int,
        drops: () -> [LiveTable.Status.Drops]
    ) -> Bool {
        table.take(events)
        table.end(endings)
        table.status.packets = packets
        let now = ContinuousClock.now
        table.tick(start.duration(to: now).seconds)
        guard let wasPressed = readKeys(now) else { return false }
        if !wasPressed, let lastFrame, lastFrame.duration(to: now) < Self.pause { return true }
        lastFrame = now
        // Libpcap asks the kernel each time.
        table.status.drops = drops()
        draw()
        return true
    }

    /// - Returns: whether a key was pressed; `nil` if it was one that quits, or the terminal is gone.
    private func readKeys(_ now: ContinuousClock.Instant) -> Bool? {
        guard let bytes = TerminalDevice.readWaiting() else { return nil }
        var pressed = keys.parse(bytes)
        if !bytes.isEmpty {
            lastKey = now
        } else if let lastKey, lastKey.duration(to: now) > .milliseconds(40) {
            pressed += keys.rest()
        }
        for key in pressed {
            switch table.press(key) {
            case nil: break
            case .quit: return nil
            case .suspend: suspend()
            case .redraw: size = (0, 0)
            }
        }
        return !pressed.isEmpty
    }

    private func suspend() {
        close()
        raise(SIGSTOP)
        open()
    }

    private func draw() {
        let columns = device.columns, rows = device.rows
        let isNew = (columns, rows) != size
        size = (columns, rows)
        let lines = table.frame(columns: columns, rows: rows).map { $0.rendered(hasColours: hasColours) }
        var text = isNew ? "\u{1B}[2J" : ""
        for (index, line) in lines.enumerated() where isNew || index >= shown.count || shown[index] != line {
            text += "\u{1B}[\(index + 1);1H\(line)\u{1B}[K"
        }
        shown = lines
        if !text.isEmpty { device.write(text) }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}

/// Gives the terminal back when the program dies of an error of its own.
enum CrashGuard {
    private static let signals = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGHUP, SIGQUIT]

    static func arm() {
        _ = savedTerminal.fill()
        for number in signals {
            signal(number) { number in
                // Only what a signal handler may call (signal-safety(7)).
                savedTerminal.restore()
                Glibc.signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    static func disarm() {
        for number in signals { signal(number, SIG_DFL) }
    }
}

/// The terminal's settings and the codes that leave the screen, where a signal handler finds them: memory that is never given back.
private struct SavedTerminal: @unchecked Sendable {
    // Written before the handlers are installed, and only read by them.
    private let settings = UnsafeMutablePointer<termios>.allocate(capacity: 1)
    private let text: UnsafeMutablePointer<UInt8>
    private let count: Int

    init() {
        settings.initialize(to: termios())
        let bytes = Array((LiveScreen.leave + "\u{1B}[?2004l").utf8)
        count = bytes.count
        text = .allocate(capacity: bytes.count)
        text.initialize(from: bytes, count: bytes.count)
    }

    func fill() -> Bool { tcgetattr(STDIN_FILENO, settings) == 0 }

    func restore() {
        _ = Glibc.write(STDOUT_FILENO, text, count)
        tcsetattr(STDIN_FILENO, TCSANOW, settings)
    }
}

private let savedTerminal = SavedTerminal()
