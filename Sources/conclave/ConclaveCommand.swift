import ArgumentParser

/// `conclave`
@main
struct ConclaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "conclave",
        abstract: "A private chat that you can prove.",
        discussion: """
            Without a subcommand it opens the chat: on a terminal to type in, otherwise with one line of input for each \
            message or command, and one line of output for each event.
            """,
        version: version,
        subcommands: [ChatCommand.self, SendCommand.self, TailCommand.self, UsersCommand.self],
        defaultSubcommand: ChatCommand.self)
}

/// What the program says of itself.
let version = "0.1.0"
