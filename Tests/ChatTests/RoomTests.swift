import Chat
import Testing

@Suite("names of rooms")
struct RoomNameTests {
    @Test(
        "takes a name with or without #, in any case, for the same",
        arguments: [
            ("lab", "#lab"), ("#lab", "#lab"), ("#Lab", "#lab"), ("LAB", "#lab"), ("#Straße", "#straße"),
            ("#研究室", "#研究室"),
        ])
    func accepts(typed: String, shown: String) throws {
        let name = try #require(RoomName(typed))
        #expect(name.description == shown)
        #expect(RoomName(name.description) == name)
        #expect(RoomName(name.text) == name)
    }

    @Test("takes the composed and the decomposed spelling of a letter for the same, byte by byte")
    func normalisation() throws {
        let names = try ["caf\u{E9}", "cafe\u{301}", "CAFE\u{301}", "CAF\u{C9}"].map { try #require(RoomName($0)) }
        for name in names { #expect(Array(name.text.utf8) == Array("caf\u{E9}".utf8)) }
    }

    @Test("takes up to 64 bytes")
    func longest() {
        #expect(RoomName(String(repeating: "a", count: 64)) != nil)
        #expect(RoomName("#" + String(repeating: "é", count: 32)) != nil)
        #expect(RoomName(String(repeating: "a", count: 65)) == nil)
        #expect(RoomName("#" + String(repeating: "é", count: 33)) == nil)
    }

    @Test(
        "refuses white space, control and invisible characters, and separators",
        arguments: [
            "", "#", "##lab", "a b", "a\tb", "a\nb", "a\u{1B}b", "a\u{0}b", "a/b", "a,b", "a\u{A0}b", "a\u{200B}b",
            "a\u{202E}b",
            "a\u{2028}b", "a\u{E000}b", "a\u{7F}b", "a\u{9B}b", "a\u{FEFF}b",
        ])
    func refuses(typed: String) {
        #expect(RoomName(typed) == nil)
    }
}

@Suite("ids of rooms")
struct RoomIDTests {
    @Test("16 bytes are read, kept and shown in order")
    func roundTrip() throws {
        let bytes = [UInt8](0...15)
        let id = try #require(RoomID(bytes: bytes))
        #expect(id.bytes == bytes)
        #expect(id.description == "000102030405060708090a0b0c0d0e0f")
        #expect(RoomID(high: id.high, low: id.low) == id)
    }

    @Test("any other number of bytes is refused", arguments: [0, 1, 15, 17, 32])
    func refuses(count: Int) {
        #expect(RoomID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }
}
