import Foundation
import Glibc
import Testing

/// conclave-feeds as it was built beside these tests, with a folder, a policy and a cache of its own.
final class FeedsProgram: @unchecked Sendable {
    struct Outcome {
        var status: Int32
        var output: String
        var errors: String
    }

    let folder: URL
    var cache: URL { folder.appendingPathComponent("cache") }
    var policy: URL { folder.appendingPathComponent("policy.json") }

    static let path: String = {
        // On Linux the test bundle is a program in the build's folder.
        let bundle = URL(
            fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("conclave-feeds").path
    }()

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-feeds-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("cache"), withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    struct Feed {
        var name: String
        var url: String
        var format = "feodo-txt"

        init(_ name: String, _ url: String, _ format: String = "feodo-txt") {
            self.name = name
            self.url = url
            self.format = format
        }
    }

    func write(_ feeds: [Feed]) throws {
        let texts = feeds.map { "{\"name\": \"\($0.name)\", \"url\": \"\($0.url)\", \"format\": \"\($0.format)\"}" }
        try "{\"version\": 1, \"threatIntel\": {\"feeds\": [\(texts.joined(separator: ", "))]}}"
            .write(to: policy, atomically: true, encoding: .utf8)
    }

    func start(_ arguments: [String], environment: [String: String] = [:]) throws -> Started {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments + ["--policy", policy.path, "--cache", cache.path]
        process.environment = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"].merging(environment) { $1 }
        let id = UUID().uuidString
        let output = folder.appendingPathComponent("\(id).out"), errors = folder.appendingPathComponent("\(id).err")
        for file in [output, errors] { try Data().write(to: file) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return Started(process: process, output: output, errors: errors)
    }

    struct Started {
        let process: Process
        let output: URL
        let errors: URL

        var words: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }

        func outcome() throws -> Outcome {
            process.waitUntilExit()
            return Outcome(
                status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
                errors: words)
        }
    }

    func run(_ arguments: [String], environment: [String: String] = [:]) throws -> Outcome {
        try start(arguments, environment: environment).outcome()
    }

    func text(_ file: String) -> String? {
        try? String(contentsOf: cache.appendingPathComponent(file), encoding: .utf8)
    }

    func meta(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: cache.appendingPathComponent("\(name).json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    var files: [String] { (try? FileManager.default.contentsOfDirectory(atPath: cache.path).sorted()) ?? [] }

    /// Waits until something is so, at most 20 s.
    static func wait(until isSo: () -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if isSo() { return true }
            usleep(10_000)
        }
        return isSo()
    }

    /// A list in the form of Feodo Tracker, of so many addresses that nobody has.
    static func list(_ count: Int) -> String {
        let lines = (0..<count).map { "198.51.\($0 / 256 % 256).\($0 % 256)\n" }.joined()
        return "# Last updated: 2026-10-05 11:20:08 UTC #\n# DstIP\n\(lines)# END \(count) entries\n"
    }
}
