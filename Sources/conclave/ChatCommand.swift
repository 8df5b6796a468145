import ArgumentParser
import Chat
import ChatClient
import Terminal

/// `conclave`, `conclave chat`
struct ChatCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "chat", abstract: "Talk. (default)")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("A room to enter; may be given several times.", valueName: "#room"))
    var room: [String] = []

    func run() async throws {
        try await report {
            let options = try connection.resolve(rooms: room)
            warn(options)
            if TerminalDevice.isInteractive {
                return try await ClientRuntime.run(options, rooms: options.rooms) { InteractiveShell($0).start() }
            }
            return try await ClientRuntime.run(options, rooms: options.rooms) { PlainShell($0).start() }
        }
    }
}
