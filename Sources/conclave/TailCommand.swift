import ArgumentParser
import Chat
import ChatClient
import Glibc
import Terminal

/// `conclave tail '#lab' --json`
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show what is said in rooms, and to you, as it comes.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "One JSON object on a line.")
    var json = false

    @Option(help: ArgumentHelp("End after so many messages.", valueName: "number"))
    var count: Int?

    @Argument(help: ArgumentHelp("Rooms.", valueName: "#room"))
    var rooms: [String] = []

    func run() async throws {
        try await report {
            let options = try connection.resolve(rooms: rooms)
            warn(options)
            let transcript = Transcript(hasColours: TerminalDevice.hasColours, me: options.identity.user)
            let (json, limit) = (json, count)
            return try await ClientRuntime.run(options, rooms: options.rooms) { runtime in
                var left = limit
                runtime.show = { event in
                    let lines = json ? [EventJSON.line(for: event)].compactMap { $0 } : transcript.lines(for: event)
                    for line in transcript.diagnostics(for: event) { complain(line) }
                    guard !Transcript.isDiagnostic(event) else { return }
                    if case .joined(let room) = event { return complain("listening in \(room)") }
                    for line in lines where !TerminalDevice.write(line + "\n", to: STDOUT_FILENO) {
                        runtime.change { $0.quit() }
                    }
                    if case .message = event, let before = left {
                        left = before - 1
                        if before <= 1 { runtime.change { $0.quit() } }
                    }
                }
            }
        }
    }
}
