import Chat
import ChatClient
import ChatWire
import NIOCore
import Testing

/// SplitMix64: small, and the same everywhere.
struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// A session, what it asked for so far, and the clock on the wall.
struct Desk {
    var session: ClientSession
    var now: UInt64 = 1_000_000
    var frames: [ClientFrame] = []
    var events: [ClientEvent] = []
    var attempts = 0
    var closings = 0
    var retries: [Int] = []
    var end: ClientEnd?

    static let alice = PeerIdentity("alice/laptop")
    static let bob = PeerIdentity("bob/pc")

    init(rooms: [String] = [], seed: UInt64 = 1) throws {
        session = ClientSession(rooms: try rooms.map(Self.room), random: SeededRandom(state: seed))
    }

    /// A session that the server has greeted.
    static func online(rooms: [String] = []) throws -> Desk {
        var desk = try Desk(rooms: rooms)
        desk.run { $0.start() }
        try desk.greet()
        return desk
    }

    static func room(_ text: String) throws -> RoomName { try #require(RoomName(text)) }
    static func id(_ text: String) throws -> RoomID { RoomID(of: try room(text)) }
    static func user(_ text: String) throws -> UserName { try #require(UserName(text)) }

    mutating func run(_ change: (inout ClientSession) -> Void) {
        change(&session)
        for action in session.takeActions() {
            switch action {
            case .connect: attempts += 1
            case .send(let frame): frames.append(frame)
            case .close: closings += 1
            case .retry(let wait): retries.append(wait)
            case .show(let event): events.append(event)
            case .finish(let reason):
                #expect(end == nil, "a session ends once")
                end = reason
            }
        }
    }

    mutating func receive(_ frame: ServerFrame) {
        let now = now
        run { $0.receive(frame, at: now) }
    }

    mutating func wait(seconds: UInt64) {
        for _ in 0..<seconds {
            let time = now + 1_000
            now = time
            run { $0.tick(at: time) }
        }
    }

    mutating func type(_ line: String) throws {
        let input = try UserInput(line)
        if let input { run { $0.perform(input) } }
    }

    mutating func greet(version: UInt16 = 1) throws {
        var greeting = Greeting(
            software: "test", you: try #require(Self.alice), time: Timestamp(milliseconds: 1), maximumPayload: 65_536)
        greeting.version = version
        receive(.greeting(greeting))
    }

    /// Forgets what was asked for and shown so far.
    mutating func clear() {
        frames = []
        events = []
    }
}

extension ClientFrame {
    var request: RequestID {
        switch self {
        case .join(let id, _), .leave(let id, _), .send(let id, _, _), .sendDirect(let id, _, _),
            .listMembers(let id, _, _), .listOnline(let id, _), .ping(let id):
            id
        }
    }
}
