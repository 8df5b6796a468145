import ArgumentParser
import Chat
import ChatClient
import Glibc
import Terminal

/// `conclave tail '#lab' --json`
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show what is said in rooms, and to you, as it comes.",
        discussion: """
            What was said since this device was last connected comes first. With --json, each line is an object: its kind is \
            text, action, reply, edit, delete, react, unreact, notice, unreadable, finding, opened, closed, delivered or read; \
            messages have room, seq, time, from and text; reply and react have to, edit and delete of, the number of the \
            message that they are about.
            """)

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
            let (json, limit) = (json, count)
            let end = try await ClientRuntime.run(options, rooms: options.rooms) { runtime in
                let transcript = Transcript(
                    hasColours: TerminalDevice.hasColours, me: options.identity,
                    lookUp: { [unowned runtime] in runtime.session.rooms[$0]?.stored(at: $1) })
                var left = limit
                var listening: Set<RoomLabel> = []
                runtime.show = { event in
                    if case .caughtUp(let room) = event, listening.insert(room).inserted {
                        complain("listening in \(SafeText.line(room.title))")
                    }
                    for line in transcript.diagnostics(for: event) { complain(line) }
                    guard !Transcript.isDiagnostic(event), left.map({ $0 > 0 }) ?? true else { return }
                    let lines = json ? EventJSON.lines(for: event) : transcript.lines(for: event)
                    for line in lines where !TerminalDevice.write(line + "\n", to: STDOUT_FILENO) {
                        runtime.change { $0.quit() }
                    }
                    if case .message(_, let message) = event, message.isSaid, let before = left {
                        left = before - 1
                        if before <= 1 { runtime.finish(within: 1) }
                    }
                }
            }
            // Whoever listens has not said anything.
            if case .unsent = end { return .quit }
            return end
        }
    }
}

extension StoredMessage {
    /// Whether it is something that somebody said, and no change of the room.
    fileprivate var isSaid: Bool {
        switch content {
        case .body(let body): body.text != nil
        case .unreadable: true
        case .nothing, .deleted: false
        }
    }
}
