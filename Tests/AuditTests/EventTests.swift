import Audit
import Chat
import Testing

@Suite("an audit event")
struct EventTests {
    private var events: [AuditEvent] {
        get throws {
            let alice = try #require(PeerIdentity("alice/laptop"))
            let bob = try #require(PeerIdentity("bob/phone"))
            let room = RoomID(high: 7, low: 9)
            let now = Timestamp(milliseconds: 1_763_736_000_123)
            return [
                AuditEvent(.started, at: now, "conclave-server 0.1.0"),
                AuditEvent(.connected, at: now, who: alice, from: "192.0.2.7:50412", "TLS_AES_128_GCM_SHA256"),
                AuditEvent(.committed, at: now, who: alice, room: room, sequence: 12, added: [bob], removed: [alice]),
                AuditEvent(.refused, at: now, from: "[2001:db8::1]:1", count: .max, "no certificate · ü"),
            ]
        }
    }

    @Test("reads what it writes, and nothing that is shorter or longer")
    func roundTrip() throws {
        for event in try events {
            let bytes = event.encoded
            #expect(try AuditEvent(decoding: bytes) == event)
            for count in bytes.indices {
                #expect(throws: (any Error).self) { try AuditEvent(decoding: Array(bytes.prefix(count))) }
            }
            #expect(throws: (any Error).self) { try AuditEvent(decoding: bytes + [0]) }
        }
    }

    @Test("has one encoding: no changed byte is read as the same event")
    func canonical() throws {
        for event in try events {
            let bytes = event.encoded
            for index in bytes.indices {
                for bit in 0..<8 {
                    var changed = bytes
                    changed[index] ^= 1 << bit
                    if let other = try? AuditEvent(decoding: changed) {
                        #expect(other != event, "byte \(index), bit \(bit)")
                        #expect(other.encoded == changed)
                    }
                }
            }
        }
    }

    @Test("refuses another version, an unknown kind, and names that are none")
    func refusals() throws {
        let bytes = try events[1].encoded
        var version = bytes
        version[0] = 2
        #expect(throws: (any Error).self) { try AuditEvent(decoding: version) }
        var kind = bytes
        kind[1] = 0xFF
        #expect(throws: (any Error).self) { try AuditEvent(decoding: kind) }
        var name = bytes
        // "alice/laptop" stands behind version, kind, time, count and its length.
        name[20] = UInt8(ascii: "A")
        #expect(throws: (any Error).self) { try AuditEvent(decoding: name) }
    }

    @Test("takes no line ends, control characters or changes of direction from outside, and not more than it may hold")
    func cleans() {
        let event = AuditEvent(
            .refused, at: Timestamp(milliseconds: 0), from: "1.2.3.4\n2026 x", "a\u{1B}[31m\u{202E}b\r\n\u{85}c")
        #expect(event.address == "1.2.3.4?2026 x")
        #expect(event.words == "a?[31m?b???c")
        let long = AuditEvent(
            .refused, at: Timestamp(milliseconds: 0), from: String(repeating: "9", count: 500),
            String(repeating: "ü", count: 500))
        #expect(long.address.utf8.count == 64)
        #expect(long.words == String(repeating: "ü", count: 256))
        #expect((try? AuditEvent(decoding: long.encoded)) == long)
    }

    @Test("holds as many devices as a commit can name")
    func crowd() throws {
        let devices = try (0..<5_000).map { try #require(PeerIdentity("u\($0)/d")) }
        let event = AuditEvent(.committed, at: Timestamp(milliseconds: 1), added: devices, removed: devices)
        #expect(event.added.count == 5_000)
        let long = try (0..<5_000).map { number -> PeerIdentity in
            let name = String(repeating: "x", count: 26) + "\(number)"
            return try #require(PeerIdentity("\(name)/\(name)"))
        }
        let cut = AuditEvent(.committed, at: Timestamp(milliseconds: 1), added: long)
        #expect(cut.added.count < 5_000)
        #expect(cut.added == Array(long.prefix(cut.added.count)))
        #expect(try AuditEvent(decoding: cut.encoded) == cut)
    }

    @Test("kinds have numbers and names of their own")
    func kinds() {
        #expect(Set(AuditKind.allCases.map(\.name)).count == AuditKind.allCases.count)
        for kind in AuditKind.allCases { #expect(AuditKind(name: kind.name) == kind) }
        #expect(AuditKind(name: "refuse") == nil)
    }
}
