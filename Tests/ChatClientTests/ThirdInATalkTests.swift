import Chat
import ChatWire
import NIOCore
import Testing

@testable import ChatClient

@Suite("a talk of two to which a third one has brought both")
struct ThirdInATalkTests {
    @Test("is not talked in")
    func third() throws {
        let world = World()
        let mallory = try world.device("mallory/laptop")
        let alice = try world.device("alice/laptop")
        _ = try world.device("bob/laptop")
        let users = (try #require(UserName("alice")), try #require(UserName("bob")))
        let id = RoomID(ofDirect: users.0, users.1)
        mallory.change { session in
            let room = Room(id: id, policy: RoomPolicy(.direct), phase: .founding, host: session.host)
            room.isConnected = true
            session.rooms[id] = room
            try? room.found()
            session.with(id) {
                $0.want(.addUser(users.0))
                $0.want(.addUser(users.1))
            }
        }
        world.pass()
        try alice.type("/msg bob only for bob")
        world.pass(20_000)
        let room = try #require(mallory.session.rooms[id])
        #expect(try mallory.texts(in: room) == [])
    }
}
