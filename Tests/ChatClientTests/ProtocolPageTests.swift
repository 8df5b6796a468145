import Chat
import ChatClient
import ChatWire
import Crypto
import Foundation
import NIOCore
import Testing

/// The page from which others write clients: whatever bytes it shows must be those that the code makes.
@Suite("the examples of docs/protocol.md")
struct ProtocolPageTests {
    private static let noon: UInt64 = 1_800_000_000_000
    private let lab: RoomID
    /// The page without white space, so that it may break lines where it likes.
    private let page: String

    init() throws {
        lab = RoomID(of: try #require(RoomName("#lab")))
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../docs/protocol.md").standardizedFileURL
        page = try String(contentsOf: file, encoding: .utf8).filter { !$0.isWhitespace }
    }

    private func shows(_ bytes: some Sequence<UInt8>) -> Bool {
        page.contains(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    private func bytes(_ frame: ServerFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    private func bytes(_ frame: ClientFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    private func founding() throws -> LogEntry {
        LogEntry(
            room: lab, sequence: 1, time: Timestamp(milliseconds: Self.noon), sender: try Sample.device("alice/laptop"),
            token: 0, kind: .created, payload: .inline(ByteBuffer(bytes: RoomPolicy(.open).encoded)))
    }

    private func joining() throws -> LogEntry {
        let bob = try Sample.device("bob/phone")
        return LogEntry(
            room: lab, sequence: 2, time: Timestamp(milliseconds: Self.noon + 5_000), sender: bob,
            token: Self.noon << 10 | 1 << 63, kind: .commit,
            roster: Roster(added: [Roster.Addition(bob, leaf: 1)]), payload: .inline(ByteBuffer(bytes: [0, 1, 0, 1])))
    }

    @Test("a changed byte is noticed")
    func notices() {
        #expect(shows(lab.bytes))
        #expect(!shows(lab.bytes.dropLast() + [0xAA]))
    }

    @Test("are the ids of rooms")
    func rooms() throws {
        #expect(shows(lab.bytes))
        let alice = try #require(UserName("alice"))
        let bob = try #require(UserName("bob"))
        #expect(shows(RoomID(ofDirect: alice, bob).bytes))
        #expect(RoomID(ofDirect: alice, bob) == RoomID(ofDirect: bob, alice))
    }

    @Test("are the entries of a log and the chain over them")
    func log() throws {
        let start = LogChain.start(of: lab)
        let first = LogChain.next(start, try founding())
        let second = LogChain.next(first, try joining())
        for digest in [start, first, second, try founding().payload.digest] { #expect(shows(digest.bytes)) }
        // Behind length and type comes the entry, and in front of the payload its form and length.
        let entry = try bytes(.entry(try founding()))
        #expect(shows(entry))
        #expect(shows(entry.dropFirst(5).dropLast(7)))
        #expect(shows(try bytes(.entry(try joining())).dropFirst(5).dropLast(8)))
    }

    @Test("are the frames by which a device enters a room")
    func entering() throws {
        #expect(shows(try bytes(.enter(RequestID(1), lab))))
        let chain = LogChain.next(LogChain.next(LogChain.start(of: lab), try founding()), try joining())
        let status = RoomStatus(
            room: lab, first: 1, head: 2, chain: chain, cursor: 1, epoch: 1, policy: RoomPolicy(.open), groupInfo: nil)
        #expect(shows(try bytes(.entered(RequestID(1), status))))
        #expect(shows(try bytes(.mark(RequestID(2), lab, sequence: 2))))
        #expect(shows(try bytes(.done(RequestID(2)))))
    }

    @Test("are what a member says inside of MLS")
    func content() throws {
        let chain = LogChain.next(LogChain.next(LogChain.start(of: lab), try founding()), try joining())
        let content = MessageContent(
            token: Self.noon << 10, seen: 2, seenChain: chain, time: Timestamp(milliseconds: Self.noon + 9_000),
            .text(try MessageText("hello")))
        let encoded = try content.encoded()
        #expect(shows(encoded))
        #expect(encoded.count == 70)
        #expect(Padding.length(for: encoded.count) == 256)
    }

    @Test("are an epoch's tag and its code")
    func epoch() {
        let authenticator = Array(UInt8(0)..<32)
        #expect(shows(EpochTag(authenticator: authenticator).authenticatedData.dropFirst()))
        #expect(page.contains(RoomCode(authenticator: authenticator).groups.joined()))
    }
}
