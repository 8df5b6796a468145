import Foundation
import Testing

/// A program that is started hundreds of times: Foundation's `Process` keeps descriptors of each, and comes to harm when there are many.
///
/// Its output goes to files, and it ends with the value. It belongs to the test that started it.
final class Child {
    let identifier: pid_t
    /// It lives as long as what writes into it.
    private let scratch: Scratch
    private let outputPath: String
    private let errorPath: String
    private var ending: Int32?

    /// - Parameters:
    ///   - command: the program's path or name, and its arguments.
    ///   - environment: what is added to the test's own, of which the program's settings are left out.
    init(_ command: [String], in scratch: Scratch, environment: [String: String] = [:]) throws {
        self.scratch = scratch
        outputPath = scratch.file(".out")
        errorPath = scratch.file(".err")
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
        variables["HOME"] = scratch.path
        variables.merge(environment) { $1 }

        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&files, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = command.map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, command.first ?? "", &files, &attributes, &arguments, &settings)
        try #require(code == 0, "\(command) cannot be started: \(String(cString: strerror(code)))")
        self.identifier = identifier
    }

    deinit {
        guard isRunning else { return }
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
    }

    func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    var isRunning: Bool {
        guard ending == nil else { return false }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
        // The status of a process, as waitpid(2) gives it: its signal, or its exit status above.
        let signal = status & 0x7F
        ending = signal == 0 ? status >> 8 & 0xFF : 128 + signal
        return false
    }

    /// Waits for the end.
    /// - Returns: the exit status; 128 and the signal's number after a signal.
    func status(within seconds: Double = 60) async throws -> Int32 {
        let end = ContinuousClock.now + .seconds(seconds)
        while isRunning {
            guard ContinuousClock.now < end else {
                throw Timeout(description: "waited \(seconds) s for the end of a program: \(errors)")
            }
            try await Task.sleep(for: .milliseconds(3))
        }
        return ending ?? -1
    }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }
}

/// Runs a program to its end.
/// - Throws: if it fails, with what it said.
@discardableResult
func shell(_ command: [String], in scratch: Scratch) async throws -> String {
    let program = try Child(command, in: scratch)
    let status = try await program.status()
    try #require(status == 0, "\(command): \(program.errors)")
    return program.output
}
