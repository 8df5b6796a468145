import Foundation
import Testing

/// A connection by ``StrangerProgram``.
final class Stranger {
    private let program: Program
    private let scratch: Scratch
    /// Bytes of its output that have been divided into lines, and the lines that have not been looked at.
    private var seen = 0
    private var lines: ArraySlice<Data> = []
    private var nextRequest = 1

    /// A frame that came, or how the connection ended.
    struct Event: Decodable, Equatable {
        var event: String
        var version: Int?
        var software: String?
        var you: String?
        var maximum: Int?
        var request: Int?
        var room: String?
        var seq: Int?
        var time: UInt64?
        var sender: String?
        var kind: Int?
        var text: String?
        var added: [String]?
        var chain: String?
        var head: Int?
        var cursor: Int?
        var epoch: Int?
        var policy: String?
        var more: Bool?
        var identities: [String]?
        var code: Int?
        var retry: Bool?
        var words: String?
        var clean: Bool?
    }

    /// Begins to connect as a user's default device.
    init(
        _ user: String, to server: Server, host: String = "localhost", certificates: String, options: [String] = []
    ) throws {
        scratch = try Scratch()
        let script = scratch.path + "/stranger.py"
        try scratch.write(StrangerProgram.source, to: script)
        program = try Program(
            ["python3", script, host, "\(server.port)", certificates, "\(user)/default"] + options, in: scratch)
    }

    /// A connection that the server has greeted.
    static func connect(
        _ user: String, to server: Server, host: String = "localhost", certificates: String? = nil
    ) async throws -> Stranger {
        let stranger = try Stranger(user, to: server, host: host, certificates: certificates ?? server.certificates)
        let greeting = try await stranger.next()
        try #require(greeting.event == "greeting", "\(greeting)")
        return stranger
    }

    /// Two connections whose devices are in a room, of which alice's founded it; the room is in epoch 1, and its log has two entries.
    static func pair(in room: String, of server: Server) async throws -> (alice: Stranger, bob: Stranger) {
        let alice = try await connect("alice", to: server)
        let bob = try await connect("bob", to: server)
        #expect(try await alice.ask("create", room).seq == 1)
        #expect(try await alice.ask("add", "\(room) 0 bob/default").seq == 2)
        #expect(try await alice.ask("enter", room).head == 2)
        #expect(try await bob.ask("enter", room).head == 2)
        return (alice, bob)
    }

    /// The next event.
    func next() async throws -> Event {
        if lines.isEmpty {
            lines = try await eventually("the next frame (python3: \(program.errors))") {
                let fresh = program.output.utf8.dropFirst(seen)
                // What follows the last line feed is not a whole line yet.
                guard let end = fresh.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
                let whole = fresh[...end]
                seen += whole.count
                return whole.split(separator: UInt8(ascii: "\n")).map { Data($0) }[...]
            }
        }
        return try JSONDecoder().decode(Event.self, from: lines.removeFirst())
    }

    func type(_ line: String) throws { try program.type(line) }

    /// Sends a request and returns what comes next, which is to be its answer.
    @discardableResult func ask(_ verb: String, _ rest: String = "") async throws -> Event {
        let request = nextRequest
        nextRequest += 1
        try type("\(verb) \(request)" + (rest.isEmpty ? "" : " " + rest))
        let answer = try await next()
        #expect(answer.request == request, "\(verb) \(rest): \(answer)")
        return answer
    }

    func kill() { program.signal(SIGKILL) }
}
