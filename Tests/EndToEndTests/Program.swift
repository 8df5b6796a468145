import Foundation
import Testing

/// A running program whose output goes to files, and that ends with the value.
final class Program: @unchecked Sendable {
    // `@unchecked Sendable`: only the test that started it uses it.
    private let process = Process()
    private let input = Pipe()
    private let outputPath: String
    private let errorPath: String

    /// - Parameter command: the program's path or name, and its arguments.
    init(_ command: [String], in scratch: Scratch, environment: [String: String] = [:]) throws {
        outputPath = scratch.file(".out")
        errorPath = scratch.file(".err")
        for path in [outputPath, errorPath] { try scratch.write("", to: path) }
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.path)
        var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("CONCLAVE_") }
        // What it keeps in its home, it keeps in the test's folder.
        variables["HOME"] = scratch.path
        variables.merge(environment) { $1 }
        process.environment = variables
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    func type(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
    }

    var output: String { (try? String(contentsOfFile: outputPath, encoding: .utf8)) ?? "" }
    var errors: String { (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? "" }

    /// Waits for the end.
    /// - Returns: the exit status; 128 and the signal's number after a signal.
    func status(within seconds: Double = 60) async throws -> Int32 {
        try await eventually("the end of \(process.arguments ?? [])", within: seconds) { isRunning ? nil : true }
        return process.terminationReason == .uncaughtSignal
            ? 128 + process.terminationStatus : process.terminationStatus
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
