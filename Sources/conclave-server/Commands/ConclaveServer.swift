import ArgumentParser

/// `conclave-server`: serves, unless another verb is given.
@main
struct ConclaveServer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conclave-server",
        abstract: "Orders and forwards what the members of a conclave say to one another.",
        discussion: """
            Without a subcommand it serves: "conclave-server --port 7443". See "conclave-server help serve" for its \
            options.
            """,
        version: version,
        subcommands: [
            ServerCommand.self, AuditCommand.self, BackupCommand.self, LimitsCommand.self, RestoreCommand.self,
            VerifyCommand.self,
        ],
        defaultSubcommand: ServerCommand.self)
}
