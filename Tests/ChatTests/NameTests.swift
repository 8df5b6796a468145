import Chat
import Testing

@Suite("names of users and devices")
struct NameTests {
    @Test(
        "accepts 1 to 32 of the lower-case letters, digits, dot, underscore and dash",
        arguments: ["a", "0", "_", "alice", "alice.b-c_d9", "a.", "a-", String(repeating: "x", count: 32)])
    func acceptsUser(text: String) {
        #expect(UserName(text)?.description == text)
        #expect(DeviceName(text)?.description == text)
    }

    @Test(
        "refuses everything else",
        arguments: [
            "", String(repeating: "x", count: 33), ".a", "-a", "Alice", "al ice", "al/ice", "al:ice", "al\0ice",
            "al\nice",
            "älice", "аlice", "a\u{301}", "alice\u{200B}", "al\u{1B}[0m", "../x", "@a", "#a", "a,b", "a%41",
        ])
    func refusesUser(text: String) {
        #expect(UserName(text) == nil)
        #expect(DeviceName(text) == nil)
    }

    @Test("every single byte is either allowed or refused as the rule says")
    func singleBytes() {
        let first = Set("abcdefghijklmnopqrstuvwxyz0123456789_".utf8)
        for byte in UInt8(0)...127 {
            let text = String(UnicodeScalar(byte))
            #expect((UserName(text) != nil) == first.contains(byte), "byte \(byte)")
            #expect(
                (UserName("a" + text) != nil) == (first.contains(byte) || byte == 0x2D || byte == 0x2E),
                "byte \(byte)")
        }
    }

    @Test("names are sorted by their bytes")
    func order() throws {
        let names = ["b", "a", "a_", "a.", "a-", "0", "_"]
        let sorted = try names.map { try #require(UserName($0)) }.sorted().map(\.description)
        #expect(sorted == names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
    }
}

@Suite("identities")
struct PeerIdentityTests {
    @Test("reads and writes USER/DEVICE and the URI")
    func roundTrip() throws {
        let identity = try #require(PeerIdentity("alice/laptop"))
        #expect(identity.user.description == "alice")
        #expect(identity.device.description == "laptop")
        #expect(identity.description == "alice/laptop")
        #expect(identity.uri == "conclave:alice/laptop")
        #expect(PeerIdentity(uri: "conclave:alice/laptop") == identity)
    }

    @Test(
        "refuses what is not exactly one user and one device",
        arguments: [
            "", "alice", "alice/", "/laptop", "alice/laptop/", "a/b/c", "alice//laptop", "Alice/laptop",
            "alice/lap top",
        ])
    func refuses(text: String) {
        #expect(PeerIdentity(text) == nil)
        #expect(PeerIdentity(uri: "conclave:" + text) == nil)
    }

    @Test(
        "refuses a URI of another form",
        arguments: [
            "alice/laptop", "Conclave:alice/laptop", "conclave://alice/laptop", "conclave:alice/laptop?x",
            "conclave:alice/laptop#x",
            " conclave:alice/laptop", "conclave:alice%2Flaptop", "spiffe:alice/laptop", "conclave:alice/laptop\0",
        ])
    func refusesURI(uri: String) {
        #expect(PeerIdentity(uri: uri) == nil)
    }

    @Test("sorts by user, then by device")
    func order() throws {
        let texts = ["b/a", "a/b", "a/a", "aa/a"]
        let sorted = try texts.map { try #require(PeerIdentity($0)) }.sorted().map(\.description)
        #expect(sorted == ["a/a", "a/b", "aa/a", "b/a"])
    }
}
