import Foundation

/// The program as it was built beside these tests, and others of this machine.
enum TLSMonProgram {
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

    /// - Returns: where it is, if it is installed.
    static func find(_ names: String...) -> String? {
        let places = names.flatMap { name in ["/usr/bin/", "/usr/local/bin/", "/snap/bin/"].map { $0 + name } }
        return places.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    @discardableResult
    static func run(_ arguments: [String], program: String = path, in folder: Folder) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": folder.path]
        // To files: a pipe that nobody reads would fill up.
        let output = try folder.write([], to: "output-\(UUID())"), errors = try folder.write([], to: "errors-\(UUID())")
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        try process.run()
        process.waitUntilExit()
        return Outcome(
            status: process.terminationStatus,
            output: String(decoding: try folder.read(output), as: UTF8.self),
            errors: String(decoding: try folder.read(errors), as: UTF8.self))
    }
}

/// A folder that is gone after the test.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tlsmon-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    private func place(_ name: String) -> String { name.hasPrefix("/") ? name : "\(path)/\(name)" }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String, mode: Int = 0o600) throws -> String {
        try Data(bytes).write(to: URL(fileURLWithPath: place(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: place(name))
        return place(name)
    }

    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: place(name)))) }

    func mode(of name: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: place(name))
        return (attributes[.posixPermissions] as? Int ?? 0) & 0o777
    }

    var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: path)
                .filter { !$0.hasPrefix("output-") && !$0.hasPrefix("errors-") }.sorted()
        }
    }
}
