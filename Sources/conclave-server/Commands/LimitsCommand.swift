import ArgumentParser
import ChatServer
import Foundation
import Settings

/// `conclave-server limits`
struct LimitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Shows every limit against abuse: its name, its value here, its default, and what it is.",
        discussion: """
            A limit is set with --limit NAME=VALUE, in the environment (CONCLAVE_LIMITS="NAME=VALUE,NAME=VALUE"), or in the file
            below limits:, a line "NAME: VALUE" each. What is given here is weighed as the server would weigh it. A running server
            keeps the limits with which it was started.
            """)

    @OptionGroup var limits: LimitOptions

    @Option(help: ArgumentHelp("The file with the server's options, in YAML.", valueName: "file"))
    var config: String?

    @Flag(help: "Print an array of objects, with values in bytes, seconds, days or percent.")
    var json = false

    func run() async throws {
        try await explaining {
            let chosen = try chosen()
            print(json ? try LimitsTable.json(chosen) : LimitsTable(chosen, width: LimitsTable.terminalWidth).text)
        }
    }

    private func chosen() throws -> ServerLimits {
        do {
            let environment = ProcessInfo.processInfo.environment
            let file = try (config ?? environment["CONCLAVE_CONFIG"]).map { try SettingsFile(path: $0) }
            return try limits.weighed(
                Settings(keys: ServerCommand.keys, prefix: "CONCLAVE", environment: environment, file: file))
        } catch let error as SettingsError {
            throw ProgramError(error)
        }
    }
}
