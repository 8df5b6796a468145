import Chat
import ChatClient
import Testing

@Suite("ids of rooms by name")
struct RoomIDOfNameTests {
    @Test("is the one in docs/protocol.md, which sha256sum gives too")
    func lab() throws {
        #expect(try id("#Lab").description == "b07b6d797936f752ae71cde6c01c18a9")
    }

    @Test("one name has one id, however it was typed")
    func normalisation() throws {
        #expect(try id("caf\u{E9}") == id("cafe\u{301}"))
        #expect(try id("a") != id("b"))
    }

    private func id(_ name: String) throws -> RoomID { RoomID(of: try #require(RoomName(name))) }
}
