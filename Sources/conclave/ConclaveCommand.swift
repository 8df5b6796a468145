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

            Rooms and direct messages are end-to-end encrypted (MLS, RFC 9420): the server cannot read them. What was said is \
            kept on this device, sealed; history, search, export, devices and rooms need no connection.
            """,
        version: version,
        subcommands: [
            ChatCommand.self, SendCommand.self, TailCommand.self, UsersCommand.self, HistoryCommand.self,
            SearchCommand.self, ExportCommand.self, DevicesCommand.self, RoomsCommand.self, VerifyCommand.self,
            PassphraseCommand.self,
        ],
        defaultSubcommand: ChatCommand.self)
}

/// What the program says of itself.
let version = "0.1.0"
