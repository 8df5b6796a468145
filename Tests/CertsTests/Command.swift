import Foundation

/// A program that has run: how it ended and what it said.
struct Command: Sendable {
    /// The exit code, or 128 + the number of the signal that ended it.
    let status: Int32
    let output: String
    let errors: String

    /// Runs a program to its end; its words go through files, so that no pipe can fill up.
    ///
    /// `posix_spawn`, because Foundation's `Process` fails now and then when tests start many programs at once, and
    /// hands its threads' blocked signals on.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], in folder: URL? = nil
    ) async throws -> Command {
        let words = FileManager.default.temporaryDirectory.appending(path: "conclave-words-\(UUID().uuidString)").path
        let files = (output: words + ".out", errors: words + ".err")
        defer { for file in [files.output, files.errors] { try? FileManager.default.removeItem(atPath: file) } }

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, files.output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, files.errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)

        let variables = inherited.merging(environment) { _, given in given }.map { "\($0)=\($1)" }
        let place = folder.map { ["env", "-C", $0.path] } ?? []
        let process = try spawn(place + [program] + arguments, variables, &actions)
        let status = await withCheckedContinuation { (ended: CheckedContinuation<Int32, Never>) in
            Thread.detachNewThread {
                var status: Int32 = 0
                while waitpid(process, &status, 0) < 0, errno == EINTR {}
                ended.resume(returning: status)
            }
        }
        let signal = status & 0x7f
        return Command(
            status: signal == 0 ? status >> 8 & 0xff : 128 + signal,
            output: try String(contentsOfFile: files.output, encoding: .utf8),
            errors: try String(contentsOfFile: files.errors, encoding: .utf8))
    }

    /// Starts a program with no signal blocked or ignored.
    private static func spawn(
        _ words: [String], _ variables: [String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let arguments = words.map { strdup($0) } + [nil]
        let environment = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var process: pid_t = 0
        let failure = posix_spawnp(&process, words.first ?? "", &actions, &attributes, arguments, environment)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EINVAL) }
        return process
    }

    /// The environment of the tests without what would steer the script.
    private static let inherited = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
}
