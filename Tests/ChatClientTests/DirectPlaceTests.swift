import Chat
import ChatWire
import Testing

@testable import ChatClient

/// Whoever knows two names knows the id of their talk, and can found a room of another kind there before they do.
@Suite struct DirectPlaceTests {
    let world = World()

    private func trap(for user: String, and other: String, by mallory: Device) throws {
        let users = (try #require(UserName(user)), try #require(UserName(other)))
        let id = RoomID(ofDirect: users.0, users.1)
        mallory.change { session in
            let room = Room(id: id, policy: RoomPolicy(.invite), phase: .founding, host: session.host)
            room.name = RoomName("#trap")
            room.isConnected = true
            session.rooms[id] = room
            session.turn(to: id)
            session.with(id) { try? $0.found() }
        }
    }

    @Test func itGetsNothingThatIsMeantForTheOther() throws {
        let mallory = try world.device("mallory/laptop")
        let alice = try world.device("alice/laptop")
        _ = try world.device("bob/laptop")
        try trap(for: "alice", and: "bob", by: mallory)
        try mallory.type("/invite alice")
        world.pass()
        #expect(try alice.members(of: "#trap") == ["alice/laptop", "mallory/laptop"])
        try alice.type("/msg bob between you and me")
        world.pass(2_000)
        #expect(try mallory.transcript(of: "#trap") == [])
        #expect(alice.failures.contains { $0.contains("in the place of the talk with bob") }, "\(alice.failures)")
    }

    @Test func withBothInItItIsRefused() throws {
        let mallory = try world.device("mallory/laptop")
        let alice = try world.device("alice/laptop")
        _ = try world.device("bob/laptop")
        try trap(for: "alice", and: "bob", by: mallory)
        try mallory.type("/invite bob")
        world.pass()
        try mallory.type("/invite alice")
        world.pass()
        #expect(alice.session.rooms.values.allSatisfy { $0.phase != .active })
        #expect(alice.failures.contains { $0.contains("in the place of a talk of two") }, "\(alice.failures)")
    }
}
