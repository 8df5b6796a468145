import Foundation

/// The program as it was built, beside these tests.
enum Program {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    static let path: String = {
        // On Linux the test bundle is a program in the build's folder.
        let bundle = URL(
            fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("tlsmon").path
    }()

    static func run(_ arguments: [String], program: String = path, input: String? = nil) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC", "LC_ALL": "C.UTF-8"]
        // To files: a pipe that nobody reads would fill up.
        let output = try TemporaryFile(name: "output"), errors = try TemporaryFile(name: "errors")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output.path))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors.path))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: try String(contentsOfFile: output.path, encoding: .utf8),
            errors: try String(contentsOfFile: errors.path, encoding: .utf8))
    }
}
