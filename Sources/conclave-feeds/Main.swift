import ArgumentParser
import Glibc
import Settings

/// Runs the command; an error is a line on standard error and the exit status that it names.
@main
enum Main {
    static func main() {
        Signals.hold()
        do {
            var command = try FeedsCommand.parseAsRoot()
            try command.run()
        } catch let error as ProgramError {
            Output.complain(error.description)
            exit(error.status)
        } catch {
            FeedsCommand.exit(withError: error)
        }
    }
}

/// `conclave-feeds`
struct FeedsCommand: ParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "conclave-feeds",
        abstract: "Fetches the lists of attackers that the firewall's policy names, and keeps the last good ones.",
        discussion: """
            It needs no rights: the firewall itself reads what lies in the cache. A list that is cut off, malformed or \
            too large never replaces a good one. Exit status: 0 all is well; 1 a feed failed; 64 usage; 66 a file is \
            missing; 69 another one is running, or the disk is full; 77 permission; 78 the policy is wrong.
            """,
        version: version,
        subcommands: [RunCommand.self, OnceCommand.self, StatusCommand.self, AcceptCommand.self])
}
