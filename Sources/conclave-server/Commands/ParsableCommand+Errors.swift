import ArgumentParser
import Foundation
import Settings

extension ParsableCommand {
    /// Does what the command is for; an error becomes a line on standard error and the exit status that it names.
    func explaining(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ProgramError {
            try? FileHandle.standardError.write(contentsOf: Data("conclave-server: \(error)\n".utf8))
            throw ExitCode(error.status)
        }
    }
}
