import ArgumentParser
import Chat
import ChatClient
import NIOConcurrencyHelpers
import Settings
import Terminal

/// `conclave verify '#lab'`
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Show a room's code to compare with the others, or say that it is the same.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "You have compared the code, and it is the same.")
    var ok = false

    @Argument(help: ArgumentHelp("A room (#lab) or a user (@bob).", valueName: "room"))
    var room: String

    func run() async throws {
        try await report {
            let options = try connection.resolve()
            warn(options)
            let destination = try Destination(argument: room)
            let rooms: [RoomName] = if case .room(let name) = destination { [name] } else { [] }
            let outcome = NIOLockedValueBox<ProgramError?>(
                .unavailable("\(destination) could not be looked at: you are not in it, or the server did not answer"))
            let isConfirmed = ok
            let end = try await ClientRuntime.run(options, rooms: rooms) { runtime in
                let transcript = Transcript(hasColours: TerminalDevice.hasColours, me: options.identity)
                runtime.giveUp(after: 10)
                runtime.show = { event in
                    switch event {
                    case .caughtUp(let room) where room.title == destination.description:
                        runtime.change {
                            $0.turn(to: room.id)
                            $0.perform(.verify(isConfirmed: isConfirmed))
                        }
                    case .code(let room, _, _), .shield(let room, _):
                        guard room.title == destination.description else { return }
                        for line in transcript.lines(for: event) { put(line) }
                        outcome.withLockedValue { $0 = nil }
                        runtime.finish(within: 1)
                    case .disconnected(let reason, _):
                        outcome.withLockedValue { $0 = .unavailable(SafeText.line(reason)) }
                        runtime.change { $0.quit() }
                    default: break
                    }
                }
            }
            if case .refused(let reason) = end { throw ProgramError.configuration(reason) }
            if let error = outcome.withLockedValue({ $0 }) { throw error }
            return .quit
        }
    }
}
