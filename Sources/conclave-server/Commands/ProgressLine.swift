import Foundation
import Synchronization

/// One line on a terminal that says how far something is; elsewhere nothing.
final class ProgressLine: Sendable {
    private struct State {
        var shown = ""
        var latest: ContinuousClock.Instant?
    }

    private let isShown: Bool
    private let state = Mutex(State())

    /// - Parameter isWanted: not where a program reads along.
    init(isWanted: Bool) {
        isShown = isWanted && isatty(STDERR_FILENO) == 1
    }

    deinit { clear() }

    /// `Copying… 45 % of 1.2 GiB`
    func show(_ words: String, _ fraction: Double? = nil, of whole: String? = nil) {
        guard isShown else { return }
        state.withLock { state in
            let part = fraction.map { " \(Int(max(0, min(1, $0)) * 100)) %" } ?? ""
            let text = "\(words)…\(part)\(whole.map { " of " + $0 } ?? "")"
            // Ten times a second is enough for a person, except for what is new.
            if let latest = state.latest, latest.duration(to: .now) < .milliseconds(100), fraction != nil { return }
            guard text != state.shown else { return }
            write("\r\u{1B}[K" + text)
            state = State(shown: text, latest: .now)
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            guard !state.shown.isEmpty else { return }
            write("\r\u{1B}[K")
            state = State()
        }
    }

    private func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }
}
