import Foundation

/// A folder of its own for a test, gone with the value.
final class Scratch: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A name for a new file.
    func file(_ suffix: String) -> String { path + "/" + UUID().uuidString + suffix }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }
}

/// Something that was waited for in vain.
struct Timeout: Error, CustomStringConvertible {
    var description: String
}

/// Asks until there is an answer, for `seconds` at most.
@discardableResult
func eventually<Answer>(
    _ what: String, within seconds: Double = 60, _ ask: () throws -> Answer?
) async throws -> Answer {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if let answer = try ask() { return answer }
        guard ContinuousClock.now < end else { throw Timeout(description: "waited \(seconds) s for \(what)") }
        try await Task.sleep(for: .milliseconds(10))
    }
}
