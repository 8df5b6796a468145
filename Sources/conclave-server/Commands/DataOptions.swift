import ArgumentParser
import Foundation
import Settings

/// Where the server's folder is, for commands that look at it or change it: weighed as the server itself does.
struct DataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The server's own folder, with all that it keeps. (default: data)", valueName: "folder"))
    var data: String?

    @Option(help: ArgumentHelp("The file with the server's options, in YAML.", valueName: "file"))
    var config: String?

    /// The server's folder, which need not be there.
    /// - Throws: ``ProgramError``
    func folder() throws -> String {
        do {
            let environment = ProcessInfo.processInfo.environment
            let file = try (config ?? environment["CONCLAVE_CONFIG"]).map { try SettingsFile(path: $0) }
            // What the file says beside it is the server's business.
            let settings = Settings(
                keys: ServerCommand.keys, prefix: "CONCLAVE", environment: environment, file: file)
            return try settings.text("data", flag: data) ?? "data"
        } catch let error as SettingsError {
            throw ProgramError(error)
        }
    }
}
