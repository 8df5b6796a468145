import ArgumentParser
import Chat
import ChatClient
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Settings

/// `conclave send '#lab' "text"`
struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Say one thing, and end once the server has it.")

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("Give up after so long.", valueName: "seconds"))
    var timeout = 10

    @Argument(help: ArgumentHelp("A room (#lab) or a user (@bob).", valueName: "to"))
    var destination: String

    @Argument(help: "What to say; without it, standard input.")
    var text: String?

    func run() async throws {
        try await report {
            let options = try connection.resolve()
            warn(options)
            let destination = try Destination(argument: destination)
            let text = try text ?? Self.standardInput()
            do throws(ContentError) {
                _ = try MessageContent(.text, text)
            } catch {
                throw ProgramError.usage("not sent: \(error)")
            }
            let rooms: [RoomName] = if case .room(let name) = destination { [name] } else { [] }
            let outcome = NIOLockedValueBox<ProgramError?>(.unavailable("nothing was sent"))
            let limit = timeout
            let end = try await ClientRuntime.run(options, rooms: rooms) { runtime in
                runtime.giveUp(after: limit)
                runtime.show = { event in
                    switch event {
                    case .connected where rooms.isEmpty, .joined:
                        runtime.change { $0.send(.text, text, to: destination) }
                    case .sent:
                        outcome.withLockedValue { $0 = nil }
                        runtime.change { $0.quit() }
                    case .notSent(_, _, let reason), .failure(let reason), .disconnected(let reason, _):
                        outcome.withLockedValue { $0 = .unavailable("not sent: \(reason)") }
                        runtime.change { $0.quit() }
                    default: break
                    }
                }
            }
            if case .refused(let reason) = end { throw ProgramError.configuration(reason) }
            if let error = outcome.withLockedValue({ $0 }) { throw error }
            return end
        }
    }

    private static func standardInput() throws -> String {
        let limit = MessageContent.lengths.upperBound
        let data = try FileHandle.standardInput.read(upToCount: limit + 2) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

extension Destination {
    /// `#lab`, `@bob` or `bob`.
    /// - Throws: ``ProgramError``.
    init(argument: String) throws(ProgramError) {
        if argument.hasPrefix("#") {
            self = .room(try ConnectionOptions.room(argument))
            return
        }
        guard let user = UserName(argument.hasPrefix("@") ? argument.dropFirst() : argument[...]) else {
            throw .usage("\"\(argument)\" is neither a room (#lab) nor a user (@bob)")
        }
        self = .user(user)
    }
}
