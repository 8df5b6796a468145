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
        commandName: "send", abstract: "Say one thing, and end once it has its place in the room.",
        discussion: "An open room is entered, or founded, where that is needed.")

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp("Give up after so long; what was said is kept, and goes out later.", valueName: "seconds"))
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
            let body: MessageBody
            do throws(ContentError) {
                body = .text(try MessageText(text))
            } catch {
                throw ProgramError.usage("not sent: \(error)")
            }
            let rooms: [RoomName] = if case .room(let name) = destination { [name] } else { [] }
            let outcome = NIOLockedValueBox<ProgramError?>(.unavailable("not sent: the server did not answer in time"))
            let limit = timeout
            let end = try await ClientRuntime.run(options, rooms: rooms) { runtime in
                runtime.giveUp(after: limit)
                let sending = Sending(body, to: destination)
                runtime.show = { event in
                    guard let result = sending.take(event, runtime) else { return }
                    outcome.withLockedValue { $0 = result.error }
                    if result.isFinal { result.error == nil ? runtime.finish(within: 1) : runtime.change { $0.quit() } }
                }
            }
            if case .refused(let reason) = end { throw ProgramError.configuration(reason) }
            if let error = outcome.withLockedValue({ $0 }) { throw error }
            // What else waits to be sent is not what was asked for.
            return .quit
        }
    }

    private static func standardInput() throws -> String {
        let limit = MessageText.lengths.upperBound
        let data = try FileHandle.standardInput.read(upToCount: limit + 2) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

/// Follows one message until it has its place.
private final class Sending {
    struct Result {
        var error: ProgramError?
        var isFinal = true
    }

    private let body: MessageBody
    private let destination: Destination
    private var isSaid = false

    init(_ body: MessageBody, to destination: Destination) {
        self.body = body
        self.destination = destination
    }

    /// - Returns: what an event means for the message; `nil` if nothing.
    func take(_ event: ClientEvent, _ runtime: ClientRuntime) -> Result? {
        switch event {
        case .connected:
            guard !isSaid else { return nil }
            isSaid = true
            runtime.change { $0.say(body, to: destination) }
            return nil
        case .sent(let room, let message) where isOurs(room) && message.content == .body(body): return Result()
        case .notSent(let room, body, let reason) where isOurs(room): return failed(reason)
        case .disconnected(let reason, _): return failed(reason)
        case .waiting(let room, _, body, let reason) where isOurs(room):
            return failed("\(reason); it is kept, and goes out later", isFinal: false)
        case .finding(let room, let finding) where isOurs(room) && finding.isGrave:
            return failed("\(finding.sentence) \(finding.advice) It is kept, and goes out later", isFinal: false)
        case .failure(let words): return failed(words, isFinal: isAboutUs(words))
        default: return nil
        }
    }

    private func isOurs(_ room: RoomLabel) -> Bool { room.title == destination.description }

    /// Whether a failure means that waiting is of no use.
    private func isAboutUs(_ words: String) -> Bool {
        if words.contains("nothing was sent") { return true }
        return switch destination {
        case .room(let name): words.hasPrefix("\(name) ")
        case .user(let user): words.hasPrefix("\(user) ")
        }
    }

    private func failed(_ reason: String, isFinal: Bool = true) -> Result {
        Result(error: .unavailable("not sent: \(SafeText.line(reason))"), isFinal: isFinal)
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
