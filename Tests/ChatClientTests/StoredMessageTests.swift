import Chat
import ChatClient
import ChatWire
import TLSSyntax
import Testing

@Suite("what is kept of a message")
struct StoredMessageTests {
    static func findings() throws -> [Finding] {
        let bob = try Sample.device("bob/phone")
        return [
            .replay(of: bob, at: 1), .reorder(expected: 2, got: 3), .tokenWentBack(of: bob, at: 4),
            .splice(of: bob, at: 5), .dropped(of: bob, count: 1), .dropped(of: bob, count: 6),
            .withheld(seenBy: bob, upTo: 7), .rollback(from: 9, to: 8), .rewritten(at: 10),
            .twoHistories(with: bob, at: 11), .misrouted(by: bob, at: 12), .relabelled(claimed: bob, at: 13),
            .invalidCommit(by: bob, at: 14), .foreignChange(by: bob, of: 15),
            .broughtBack(of: bob, at: 16),
        ]
    }

    static func notices() throws -> [Notice] {
        let (alice, bob) = (try Sample.device("alice/laptop"), try Sample.device("bob/phone"))
        return [
            .created(by: alice), .joined(bob, by: alice), .joined(bob, by: nil), .left(bob), .removed(bob, by: alice),
            .removed(bob, by: nil), .newDevice(bob, by: alice), .newDevice(bob, by: nil), .newKey(bob),
            .renamed(try Sample.room("lab"), by: alice), .renamed(nil, by: alice),
            .topic(try RoomTopic("a\u{1B}[2Jb"), by: alice), .topic(.none, by: alice),
            .policy(RoomPolicy(.invite, auditor: try Sample.user("eve")), by: alice),
            .policy(RoomPolicy(.direct), by: alice), .setAside(by: alice, at: 3),
            .cut(after: 4, first: 6, head: 6), .cut(after: 0, first: 9, head: .max), .keptSince(481),
        ] + (try findings().map(Notice.finding))
    }

    static func unreadables() throws -> [Unreadable] {
        [
            .beforeYouJoined, .deviceRemoved, .rejoining, .damaged, .missing(asking: try Sample.device("bob/phone")),
            .missing(asking: nil), .newerClient, .forked,
        ]
    }

    static func samples() throws -> [StoredMessage] {
        var samples = try Sample.bodies().map { try Sample.entry(1, "alice/laptop", $0) }
        samples += try unreadables().map { try Sample.entry(2, "alice/laptop", content: .unreadable($0)) }
        samples.append(try Sample.entry(.max, "alice/laptop", content: .deleted, token: .max))
        samples.append(try Sample.entry(4, "alice/laptop", content: .nothing, token: 0, notices: try notices()))
        for state in [StoredMessage.State.pending, .failed(""), .failed("room is full")] {
            var message = try Sample.text(0, "alice/laptop", "hi", token: 9)
            message.state = state
            samples.append(message)
        }
        return samples
    }

    @Test("everything is read back")
    func roundTrip() throws {
        for message in try Self.samples() { #expect(try StoredMessage(bytes: message.encoded()) == message) }
    }

    @Test("a record of another version, cut off, or with more behind it is refused")
    func refused() throws {
        let bytes = try Sample.entry(1, "a/b", .typing, notices: try Self.notices()).encoded()
        #expect(throws: SyntaxError.self) { try StoredMessage(bytes: [2] + bytes.dropFirst()) }
        #expect(throws: SyntaxError.self) { try StoredMessage(bytes: bytes + [0]) }
        for length in 0..<bytes.count {
            #expect(throws: SyntaxError.self) { try StoredMessage(bytes: Array(bytes.prefix(length))) }
        }
    }

    @Test(
        "unknown states, forms, reasons, notices and findings are refused",
        arguments: [
            [4, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [1, 0, 1, 65, 0, 0, 0, 0], [1, 0, 0, 4, 0, 0, 0],
            [1, 0, 0, 2, 0, 0, 0, 0], [1, 0, 0, 2, 8, 0, 0, 0], [1, 0, 0, 2, 5, 2, 0, 0, 0], [1, 0, 0, 0, 0, 0, 1, 0],
            [1, 0, 0, 0, 0, 0, 1, 14],
            // A cut that ends before it begins.
            [1, 0, 0, 0, 0, 0, 25, 12] + [UInt8](repeating: 1, count: 24),
            [1, 0, 0, 0, 0, 0, 25, 12] + [UInt8](repeating: 1, count: 16) + [UInt8](repeating: 0, count: 8),
            [1, 0, 0, 0, 0, 0, 19, 11, 18] + [UInt8](repeating: 0, count: 17),
            // A finding without the device that it is about, and one with a number that means nothing.
            [1, 0, 0, 0, 0, 0, 19, 11, 1] + [UInt8](repeating: 0, count: 17),
            [1, 0, 0, 0, 0, 0, 19, 11, 8] + [UInt8](repeating: 1, count: 16) + [0],
        ] as [[UInt8]])
    func unknown(tail: [UInt8]) {
        let head: [UInt8] = [1] + [UInt8](repeating: 0, count: 16) + [1, 97, 1, 98] + [UInt8](repeating: 0, count: 8)
        #expect(throws: Never.self) { try StoredMessage(bytes: head + [1, 0, 0, 0, 0, 0, 0]) }
        #expect(throws: SyntaxError.self) { try StoredMessage(bytes: head + tail) }
    }

    @Test("of a long reason the first 512 bytes are kept")
    func reason() throws {
        var message = try Sample.text(0, "a/b", "hi")
        message.state = .failed(String(repeating: "é", count: 300))
        let read = try StoredMessage(bytes: message.encoded())
        #expect(read.state == .failed(String(repeating: "é", count: 256)))
    }

    @Test("damaged records are refused, or read and written as the same bytes")
    func fuzz() throws {
        var random = SeededRandom(5)
        let seeds = try Self.samples().map { try $0.encoded() }.filter { $0.count < 3_000 }
        var accepted = 0
        for round in 0..<20_000 {
            let bytes = seeds[round % seeds.count].damaged(using: &random)
            guard let read = try? StoredMessage(bytes: bytes) else { continue }
            accepted += 1
            #expect(try read.encoded() == bytes)
        }
        #expect((100..<20_000).contains(accepted))
    }

    @Test("every notice, finding and reason is told in words that are safe for a terminal")
    func words() throws {
        let sentences =
            try Self.notices().map(\.sentence) + Self.unreadables().map(\.words) + Self.findings().map(\.name)
            + Self.findings().map(\.advice)
        for sentence in sentences {
            #expect(!sentence.isEmpty)
            #expect(SafeText.line(sentence) == sentence)
        }
        #expect(try Set(Self.findings().map(\.sentence)).count == Self.findings().count)
    }

    @Test("a finding names who did what, and what to do")
    func findingWords() throws {
        let finding = Finding.dropped(of: try Sample.device("bob/phone"), count: 3)
        #expect(
            Notice.finding(finding).sentence
                == "3 messages of bob/phone are missing: the server did not deliver them. "
                + "bob/phone is asked to send again what is missing; it appears here when it comes.")
    }
}
