import Glibc
import Synchronization

/// A program that a test started; it ends with the ``NetworkLab`` at the latest.
package final class LabProgram: Sendable {
    package let identifier: Int32
    private let words: [String]
    private let files: SpawnFiles
    private let ending = Mutex<Int32?>(nil)

    package init(_ words: [String], environment: [String: String] = [:]) throws(LabError) {
        self.words = words
        files = try SpawnFiles()
        identifier = try spawn(words, files: files, environment: environment)
    }

    /// Runs a short program to its end, on the present thread.
    package static func result(of words: [String], environment: [String: String] = [:]) throws(LabError) -> LabResult {
        try Command.run(words, environment: environment)
    }

    deinit {
        end()
        files.remove()
    }

    package var output: String { files.output }
    package var errors: String { files.errors }

    package var isRunning: Bool {
        ending.withLock { ending in
            guard ending == nil else { return false }
            var status: Int32 = 0
            guard waitpid(identifier, &status, WNOHANG) == identifier else { return true }
            ending = exitStatus(status)
            return false
        }
    }

    package func signal(_ number: Int32) {
        if isRunning { kill(identifier, number) }
    }

    /// Kills it, if it runs, and waits for its end.
    package func end() {
        ending.withLock { ending in
            guard ending == nil else { return }
            kill(identifier, SIGKILL)
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
            ending = exitStatus(status)
        }
    }

    /// Waits for its end.
    /// - Returns: the exit status; 128 and the signal's number after a signal.
    package func status(within seconds: Double = 20) async throws -> Int32 {
        try await eventually("the end of \(words.joined(separator: " "))", within: seconds) { isRunning ? nil : true }
        return ending.withLock { $0 } ?? -1
    }
}

/// Asks until there is an answer, for `seconds` at most.
@discardableResult
package func eventually<Answer>(
    _ what: String, within seconds: Double = 20, _ ask: () async throws -> Answer?
) async throws -> Answer {
    let end = ContinuousClock.now + .seconds(seconds)
    while true {
        if let answer = try await ask() { return answer }
        guard ContinuousClock.now < end else { throw LabError("waited \(seconds) s for \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}
