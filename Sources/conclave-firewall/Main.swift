import ArgumentParser
import Glibc

/// Runs the command; what goes wrong becomes a line on standard error and an exit status.
@main
enum Main {
    static func main() {
        // Who no longer reads, as head(1), ends the program by the write that fails.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try ConclaveFirewall.parseAsRoot()
            try command.run()
        } catch let failure as CommandFailure {
            failure.show()
            exit(failure.status)
        } catch {
            // Usage (64), help and the version (0), and statuses that a command chose.
            ConclaveFirewall.exit(withError: error)
        }
    }
}

/// `conclave-firewall`
struct ConclaveFirewall: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conclave-firewall",
        abstract: "A firewall whose rules run in the kernel, and that does not lock you out.",
        discussion: """
            Changes of the rules are on trial: unless "conclave-firewall confirm" follows within a minute, the kernel itself goes back \
            to what was before.

            Exit status: 0 done; 1 it went wrong; 3 refused, as somebody would be locked out; 64 usage; 66 a file is missing; \
            69 the daemon does not run; 77 not permitted; 78 the policy is wrong.
            """,
        version: "0.1.0",
        subcommands: [RunCommand.self, CompletionsCommand.self],
        groupedSubcommands: [
            CommandGroup(
                name: "Rules:",
                subcommands: [ListCommand.self, AddCommand.self, RemoveCommand.self, ToggleCommand.self]),
            CommandGroup(
                name: "Addresses:",
                subcommands: [
                    WhitelistCommand.self, BlacklistCommand.self, BanCommand.self, UnbanCommand.self, BansCommand.self,
                    ThreatsCommand.self,
                ]),
            CommandGroup(
                name: "What happens:",
                subcommands: [
                    StatusCommand.self, LogsCommand.self, StatsCommand.self, WhyCommand.self,
                ]),
            CommandGroup(
                name: "The policy as a whole:",
                subcommands: [
                    InitCommand.self, CheckCommand.self, ApplyCommand.self, ConfirmCommand.self, RevertCommand.self,
                    OffCommand.self, DefconCommand.self, ShowCommand.self,
                ]),
        ])
}
