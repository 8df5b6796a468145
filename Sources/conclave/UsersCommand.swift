import ArgumentParser
import Chat
import ChatClient
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Settings
import Terminal

/// `conclave users`
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "users", abstract: "Show who is online.")

    @OptionGroup var connection: ConnectionOptions

    @Flag(help: "One JSON object on a line.")
    var json = false

    func run() async throws {
        try await report {
            let options = try connection.resolve()
            warn(options)
            let outcome = NIOLockedValueBox<ProgramError?>(.unavailable("the server did not answer"))
            let json = json
            let end = try await ClientRuntime.run(options, rooms: []) { runtime in
                runtime.giveUp(after: 10)
                runtime.show = { event in
                    switch event {
                    case .connected: runtime.change { $0.perform(.listUsers) }
                    case .online(let members):
                        for member in members {
                            let line = json ? EventJSON.line(for: member) : member.description
                            _ = TerminalDevice.write(line + "\n", to: STDOUT_FILENO)
                        }
                        outcome.withLockedValue { $0 = nil }
                        runtime.change { $0.quit() }
                    case .failure(let reason), .disconnected(let reason, _):
                        outcome.withLockedValue { $0 = .unavailable(reason) }
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
