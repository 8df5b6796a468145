import Chat
import ChatClient
import ChatWire
import Testing

@Suite("a client's connection")
struct ConnectionTests {
    @Test("is not there before the server's greeting")
    func greeting() throws {
        var desk = try Desk(rooms: ["#lab"])
        desk.run { $0.start() }
        #expect(desk.attempts == 1)
        #expect(!desk.session.isOnline)
        try desk.type("hello")
        #expect(desk.frames == [], "nothing is sent to somebody who has not greeted")
        try desk.greet()
        #expect(desk.session.isOnline)
        #expect(desk.frames == [.join(RequestID(1), try Desk.id("lab"))])
    }

    @Test("a second greeting changes nothing")
    func secondGreeting() throws {
        var desk = try Desk.online(rooms: ["#lab"])
        let frames = desk.frames
        try desk.greet()
        #expect(desk.frames == frames)
    }

    @Test("a server of another version is refused for good, in words")
    func version() throws {
        var desk = try Desk()
        desk.run { $0.start() }
        try desk.greet(version: 2)
        #expect(desk.closings == 1)
        guard case .refused(let words) = desk.end else {
            Issue.record("\(String(describing: desk.end))")
            return
        }
        #expect(words.contains("version 2"))
        #expect(desk.retries == [])
    }

    @Test("is tried again after it was lost; then the rooms are joined again, the one that is talked in last")
    func reconnects() throws {
        var desk = try Desk.online(rooms: ["#a", "#b"])
        try desk.type("/join #c")
        try desk.type("/part #a")
        desk.clear()
        desk.run { $0.disconnected("gone", canRetry: true) }
        #expect(desk.retries.count == 1)
        #expect(desk.events == [.disconnected("gone", retryIn: desk.retries[0])])
        desk.run { $0.retry() }
        #expect(desk.attempts == 2)
        desk.clear()
        try desk.greet()
        let joins = desk.frames.map { frame -> RoomID? in if case .join(_, let room) = frame { room } else { nil } }
        #expect(joins == [try Desk.id("b"), try Desk.id("c")])
        #expect(desk.session.currentRoom == (try Desk.room("c")))
    }

    @Test("waits longer each time, never beyond 30 s, and starts over once it was greeted")
    func backoff() throws {
        var desk = try Desk()
        desk.run { $0.start() }
        for _ in 0..<12 {
            desk.run { $0.disconnected("no", canRetry: true) }
            desk.run { $0.retry() }
        }
        for (index, wait) in desk.retries.enumerated() {
            let ceiling = min(30_000, 500 << index)
            #expect((ceiling / 2...ceiling).contains(wait), "attempt \(index): \(wait) ms")
        }
        try desk.greet()
        desk.run { $0.disconnected("no", canRetry: true) }
        #expect((250...500).contains(try #require(desk.retries.last)))
    }

    @Test("different clients wait for different times")
    func jitter() throws {
        let waits = try (UInt64(1)...20).map { seed in
            var desk = try Desk(seed: seed)
            desk.run { $0.start() }
            desk.run { $0.disconnected("no", canRetry: true) }
            return desk.retries[0]
        }
        #expect(Set(waits).count > 10)
    }

    @Test("is not tried again when that cannot help")
    func finalRefusal() throws {
        var desk = try Desk()
        desk.run { $0.start() }
        desk.run { $0.disconnected("your certificate was revoked", canRetry: false) }
        #expect(desk.end == .refused("your certificate was revoked"))
        #expect(desk.retries == [])
        desk.run { $0.retry() }
        #expect(desk.attempts == 1)
    }

    @Test("a loss that is told of twice is one loss")
    func twice() throws {
        var desk = try Desk.online()
        desk.run { $0.disconnected("a", canRetry: true) }
        desk.run { $0.disconnected("b", canRetry: false) }
        #expect(desk.retries.count == 1)
        #expect(desk.end == nil)
    }

    @Test("a server that says why it closes is believed")
    func closing() throws {
        var desk = try Desk.online()
        desk.receive(.closing(Failure(.shuttingDown, canRetry: true, "back soon\u{1B}[2J")))
        #expect(desk.closings == 1)
        #expect(desk.retries.count == 1)
        #expect(desk.events.last == .disconnected("the server says: back soon\u{FFFD}[2J", retryIn: desk.retries[0]))
        var other = try Desk.online()
        other.receive(.closing(Failure(.revoked, "revoked")))
        #expect(other.end == .refused("the server says: revoked"))
    }

    @Test("sends a ping after 30 s of silence, one at a time")
    func ping() throws {
        var desk = try Desk.online()
        desk.clear()
        desk.wait(seconds: 29)
        #expect(desk.frames == [])
        desk.wait(seconds: 2)
        #expect(desk.frames.count == 1)
        guard case .ping(let id)? = desk.frames.first else {
            Issue.record("no ping")
            return
        }
        desk.receive(.pong(id))
        desk.wait(seconds: 25)
        #expect(desk.frames.count == 1)
        desk.wait(seconds: 10)
        #expect(desk.frames.count == 2)
    }

    @Test("a server that does not answer for 60 s is given up, and tried again")
    func deadServer() throws {
        var desk = try Desk.online()
        desk.wait(seconds: 59)
        #expect(desk.session.isOnline)
        desk.wait(seconds: 2)
        #expect(!desk.session.isOnline)
        #expect(desk.closings == 1)
        #expect(desk.retries.count == 1)
    }

    @Test("a server that talks is not given up, whatever it says")
    func talkingServer() throws {
        var desk = try Desk.online()
        for _ in 0..<20 {
            desk.wait(seconds: 20)
            desk.receive(.failed(.none, Failure(.refused, "x")))
        }
        #expect(desk.session.isOnline)
    }

    @Test("a server that takes the connection but never greets is given up after 60 s")
    func noGreeting() throws {
        var desk = try Desk()
        desk.run { $0.start() }
        desk.wait(seconds: 59)
        #expect(desk.closings == 0)
        desk.wait(seconds: 5)
        #expect(desk.closings == 1)
        #expect(desk.retries.count == 1)
        desk.run { $0.retry() }
        desk.wait(seconds: 30)
        #expect(desk.retries.count == 1, "the next attempt has its own time")
    }

    @Test("a clock that goes back does no harm")
    func clock() throws {
        var desk = try Desk.online()
        desk.now = 0
        desk.wait(seconds: 50)
        #expect(desk.session.isOnline)
    }
}
