import ArgumentParser
import COpenSSL
import Glibc

/// Why there is no figure.
enum LoadError: Error, CustomStringConvertible {
    /// Something about the machine or the call, in words that say what to do.
    case setup(String)
    case connection(String)
    case stalled(String)
    /// What was sent and what arrived do not match.
    case inexact(String)

    var description: String {
        switch self {
        case .setup(let words), .connection(let words), .stalled(let words): words
        case .inexact(let words): "the figure does not count: \(words)"
        }
    }

    /// Exit codes of sysexits.h; 1 for a count that does not match.
    var exitCode: ExitCode {
        switch self {
        case .setup: ExitCode(78)
        case .connection, .stalled: ExitCode(69)
        case .inexact: ExitCode(1)
        }
    }

    /// What the system says of `errno`.
    static func system(_ what: String) -> LoadError {
        .setup("\(what): \(String(cString: strerror(errno)))")
    }

    /// What libssl says, and nothing of it is left behind.
    static func takeLibraryWords() -> String {
        let code = ERR_get_error()
        ERR_clear_error()
        guard code != 0 else { return "no reason given" }
        guard let words = ERR_reason_error_string(code) else { return "error \(code)" }
        return String(cString: words)
    }
}
