import Foundation
import Testing

/// A running program whose output goes to files, and that ends with the value.
///
/// `posix_spawn`, because Foundation's `Process` crashes when the test's own process has over a thousand files open.
final class Program: @unchecked Sendable {
    // `@unchecked Sendable`: only the test that started it uses it.
    let identifier: pid_t
    private let name: String
    private let input: FileHandle
    private let outputPath: String
    private let errorPath: String
    private var ending: Int32?

    /// - Parameter command: the program's path or name, and its arguments.
    init(_ command: [String], in scratch: Scratch, environment: [String: String] = [:]) throws {
        name = command.joined(separator: " ")
        outputPath = scratch.file(".out")
        errorPath = scratch.file(".err")
        for path in [outputPath, errorPath] { try scratch.write("", to: path) }
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
        // What it keeps in its home, it keeps in the test's folder.
        variables["HOME"] = scratch.path
        variables.merge(environment) { $1 }
        // A pipe with a name: no other program that starts at the same time has an end of it.
        let inputPath = scratch.file(".in")
        try #require(mkfifo(inputPath, 0o600) == 0)
        let inputEnd = open(inputPath, O_RDWR | O_CLOEXEC)
        try #require(inputEnd >= 0)
        input = FileHandle(fileDescriptor: inputEnd, closeOnDealloc: true)

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, inputPath, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let command = ["env", "-C", scratch.path] + command
        var arguments = command.map { strdup($0) } + [nil]
        var settings = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in arguments + settings { free(text) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, "env", &actions, &attributes, &arguments, &settings)
        try #require(code == 0, "\(command) cannot be started: \(String(cString: strerror(code)))")
        self.identifier = identifier
    }

    deinit {
        guard isRunning else { return }
        kill(identifier, SIGKILL)
        waitpid(identifier, nil, 0)
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

    func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    func type(_ line: String) throws { try input.write(contentsOf: Data((line + "\n").utf8)) }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

    /// Waits for the end.
    /// - Returns: the exit status; 128 and the signal's number after a signal.
    func status(within seconds: Double = 60) async throws -> Int32 {
        try await eventually("the end of \(name)", within: seconds) { isRunning ? nil : true }
        return ending ?? -1
    }
}

/// Where the programs of this package and its scripts lie.
enum Installation {
    /// The folder of the built programs, beside the tests.
    static let programs: String = {
        let bundle = ProcessInfo.processInfo.arguments.first { $0.hasSuffix(".xctest") } ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
    }()

    static let server = programs + "/conclave-server"

    /// The folder of `Package.swift`.
    static let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    static let certs = package + "/scripts/certs"

    /// Whether `name` can be run.
    static func has(_ name: String) -> Bool {
        let folders = ProcessInfo.processInfo.environment["PATH", default: ""].split(separator: ":")
        return folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(name)") }
    }

    /// Whether the process has CAP_NET_RAW (bit 13 of its effective capabilities).
    static let mayCapture: Bool = {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let bits = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
        return bits & (1 << 13) != 0
    }()

    static let isCI = ProcessInfo.processInfo.environment["CI"] == "true"

    /// Whether these tests can run; in CI they must.
    static let isComplete = isCI || ["python3", "openssl"].allSatisfy(has)
    static let comment: Comment = "python3 or openssl is missing; run scripts/packages test"
}
