import ArgumentParser
import Chat
import ChatClient
import Glibc
import Settings
import Terminal

/// Says why a command ended, and exits with the status that says the same.
func report(_ body: () async throws -> ClientEnd) async throws {
    do {
        switch try await body() {
        case .quit: return
        case .unsent(let count):
            complain(
                "\(count == 1 ? "1 message was" : "\(count) messages were") not sent yet; what you said is kept, and goes out "
                    + "the next time")
            throw ExitCode(69)
        case .refused: throw ExitCode(78)
        }
    } catch let error as ProgramError {
        complain(error.description)
        throw ExitCode(error.status)
    }
}

/// A line on standard error.
func complain(_ words: String) {
    _ = TerminalDevice.write("conclave: \(words)\n", to: STDERR_FILENO)
}

/// Says what in the options is of no effect, or dangerous.
func warn(_ options: ClientOptions) {
    for warning in options.warnings { complain(warning) }
    if let file = options.insecureKeyLog {
        complain("WARNING: the keys of this session are written to \(file); whoever reads it reads everything you say")
    }
}
