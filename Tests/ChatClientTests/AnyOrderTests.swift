import Chat
import ChatClient
import ChatWire
import NIOCore
import Testing

/// Whatever happens, in whatever order, some things hold.
@Suite("a session in any order of events")
struct AnyOrderTests {
    @Test("every message has exactly one outcome, nothing is sent offline, and an end is the end", arguments: 1...40)
    func invariants(seed: UInt64) throws {
        var random = SeededRandom(state: seed &* 7_919)
        var desk = try Desk(rooms: ["#a"], seed: seed)
        desk.run { $0.start() }
        var said = 0
        for _ in 0..<600 where desk.end == nil {
            let (wasOnline, frameCount) = (desk.session.isOnline, desk.frames.count)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<30: said += try say(&desk, using: &random)
            case 30..<40:
                try desk.type(
                    ["/join a", "/join b", "/part", "/part a", "/names", "/users"].randomElement(using: &random) ?? "")
            case 40..<75: desk.receive(try answer(desk, using: &random))
            case 75..<80: try desk.greet()
            case 80..<88: desk.wait(seconds: UInt64.random(in: 1...45, using: &random))
            case 88..<93: desk.run { $0.disconnected("lost", canRetry: true) }
            case 93..<99: desk.run { $0.retry() }
            default: if seed.isMultiple(of: 3) { desk.run { $0.finishWhenDone() } }
            }
            if !wasOnline, !desk.session.isOnline { #expect(desk.frames.count == frameCount) }
        }
        if desk.end == nil { desk.run { $0.quit() } }
        #expect(desk.end != nil)
        #expect(outcomes(desk) == said)
        let requests = desk.frames.map(\.request)
        #expect(Set(requests).count == requests.count, "no request number is used twice")
        #expect(desk.attempts <= desk.retries.count + 1)

        let before = (desk.frames.count, desk.events.count, desk.attempts)
        try desk.greet()
        desk.run { $0.start() }
        desk.run { $0.retry() }
        desk.run { $0.disconnected("again", canRetry: true) }
        desk.wait(seconds: 100)
        #expect((desk.frames.count, desk.events.count, desk.attempts) == before)
    }

    private func say(_ desk: inout Desk, using random: inout SeededRandom) throws -> Int {
        if Bool.random(using: &random) {
            try desk.type("/msg bob x")
            return 1
        }
        let hasRoom = desk.session.currentRoom != nil
        try desk.type("hello")
        return hasRoom ? 1 : 0
    }

    /// An answer to some request, often of the wrong kind or to none.
    private func answer(_ desk: Desk, using random: inout SeededRandom) throws -> ServerFrame {
        let id = desk.frames.suffix(4).randomElement(using: &random)?.request ?? RequestID(77)
        let room = try Desk.id(["a", "b", "c"].randomElement(using: &random) ?? "a")
        let bob = try #require(Desk.bob)
        let page = IdentityPage(more: Bool.random(using: &random), identities: [bob])
        let time = Timestamp(milliseconds: 1)
        let payload = ByteBuffer(
            bytes: (0..<Int.random(in: 1...9, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) })
        let frames: [ServerFrame] = [
            .joined(id, room, sequence: 1), .left(id, room), .accepted(id, sequence: .max, time: time),
            .members(id, page),
            .online(id, page), .pong(id), .failed(id, Failure(.refused, "no")), .memberJoined(room, bob),
            .memberLeft(room, bob, lost: false),
            .delivery(Delivery(room: room, sequence: 0, time: time, sender: bob, payload: payload)),
            .directDelivery(DirectDelivery(recipient: bob.user, time: time, sender: bob, payload: payload)),
            .accepted(id, sequence: 1, time: time),
        ]
        if Int.random(in: 0..<60, using: &random) == 0 {
            return .closing(Failure(.shuttingDown, canRetry: true, "bye"))
        }
        return frames.randomElement(using: &random) ?? .pong(id)
    }

    private func outcomes(_ desk: Desk) -> Int {
        desk.events.filter {
            switch $0 {
            case .sent, .notSent: true
            default: false
            }
        }.count
    }
}
