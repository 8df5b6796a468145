import Chat
import ChatClient
import ChatWire
import Crypto
import Foundation
import MLS
import TLSSyntax
import Testing

@Suite("Corpus of the fuzzer, client") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    /// Higher than alice has counted.
    private static let token: UInt64 = 1_790_000_001_000 << 10

    @Test("every input is refused, or encoded to the same bytes again, or borne", arguments: FuzzedDecoder.client)
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.client) }

    @Test("the talk leads into the room, and goes on there")
    func talk() throws {
        let stages = FuzzedClient.shared.stages
        try #require(stages.count == 2)
        for (stage, said) in zip(stages, ["welcome", "one"]) {
            let bob = try FuzzedBob(stage, [])
            bob.connect()
            bob.hearAll()
            bob.finish()
            #expect(!bob.wasCutOff)
            let texts = try bob.texts()
            #expect(texts.contains(said), "\(texts)")
        }
        #expect(stages[0].record(in: .rooms) == nil)
        #expect(stages[1].record(in: .epochs) != nil)
    }

    @Test("what alice says inside the encryption is read")
    func insider() throws {
        let stage = try #require(FuzzedClient.shared.stages.last)
        let bob = try FuzzedBob(stage, [])
        bob.connect()
        // Until the server has told that bob is in the room, nothing new is taken.
        for _ in 0..<2 { bob.hearNext() }
        let text = try MessageText("from inside")
        bob.hearAlice(
            try MessageContent(
                token: Self.token, seen: 0, seenChain: Digest(of: [1]), time: Timestamp(milliseconds: 3), .text(text)
            ).encoded())
        #expect(try bob.texts().contains("from inside"))
        bob.finish()
    }

    @Test("what bob types is understood", arguments: FuzzedTalk.lines)
    func lines(line: String) throws { _ = try #require(try UserInput(line)) }

    @Test("a frame that nobody can read cuts the connection")
    func refused() {
        #expect(throws: FuzzedClient.Refusal.self) { try FuzzedClient.shared.receive([0, 0x60, 5, 0, 0]) }
    }

    /// Not a test, but how the values were made: with other records they are to be made anew.
    @Test("write values to the corpus", .enabled(if: CorpusFolder.isWritten, "CONCLAVE_WRITE_CORPUS is not 1"))
    func write() throws {
        let chain = Digest(of: [1])
        let contents = try Sample.bodies().map {
            try MessageContent(token: Self.token, seen: 2, seenChain: chain, time: Timestamp(milliseconds: 3), $0)
                .encoded()
        }
        try Self.corpus.write(contents.filter { $0.count < 1_000 }, of: "MessageContent")
        let stored = try StoredMessageTests.samples().map { try $0.encoded() }
        try Self.corpus.write(stored.filter { $0.count < 2_000 }, of: "StoredMessage")
        try Self.corpus.write([try Self.knownDevice()], of: "KnownDevice")
        try Self.corpus.write([EpochTag(authenticator: [1]).authenticatedData], of: "EpochTag")
        let start = Array("conclave key\n".utf8) + [0, 1] + [UInt8](repeating: 5, count: 16)
        let scrypt: [UInt8] = [2, 10, 0, 0, 0, 8, 0, 0, 0, 1]
        try Self.corpus.write(
            [start + [1] + [UInt8](1...32), start + scrypt + [UInt8](1...76)], of: "LockedMasterKey")
        let programs: [[UInt8]] = [
            [0, 0x3F], [1, 0x3F], [0, 0x3F, 0xA0, 0x81, 0xA2, 0x82, 0xAC],
            [1, 0x05, 0xA0, 0xAA, 0x71, 0x3F, 0x82, 0x90, 0xC0, 0x78, 0xB0, 0x8F],
            [1, 0x60, 80, 0, 3, 1, 2, 3, 0x3F], [1, 0x43] + [UInt8](repeating: 9, count: 12) + [0x3F],
        ]
        // What alice says, inside the encryption, once bob has caught up.
        let hostile = contents.filter { $0.count < 1_000 }.map { content in
            [1, 0x01, 0xE0, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
        }
        try Self.corpus.write(Array(programs.prefix(4)) + hostile, of: "ClientSession.receive")
        try Self.corpus.write(Array(programs.suffix(2)), of: "ClientSession.receive", kind: "found")
        try Self.corpus.write(try Self.records(), of: "ClientSession.restore")
    }

    private static func knownDevice() throws -> [UInt8] {
        var bytes: [UInt8] = [1]
        try bytes.write(Sample.device("alice/laptop"))
        bytes.write(1_790_000_000 as UInt64)
        try bytes.write(text: "01AB", lengthBytes: 1, 0...64)
        try bytes.write(text: "SHA256:abc", lengthBytes: 1, 0...64)
        Digest(of: [1]).write(to: &bytes)
        bytes.write(1 as UInt64)
        bytes.write(2 as UInt64)
        try bytes.writeNested(lengthBytes: 2, 0...65_535) { (bytes) throws(SyntaxError) in
            Digest(of: [1]).write(to: &bytes)
            bytes.write(3 as UInt64)
            bytes.write(1 as UInt8)
        }
        return bytes
    }

    /// A room's record, and with it a message that is to be sent.
    private static func records() throws -> [[UInt8]] {
        let stage = try #require(FuzzedClient.shared.stages.last)
        let room = try #require(stage.record(in: .rooms)?.value).bytes
        let bob = try FuzzedBob(stage, [])
        bob.type("hello")
        bob.type("/invite carol")
        let item = try #require(bob.records(in: .outbox).first).value.bytes
        let changed = try #require(bob.records(in: .rooms).first).value.bytes
        func part(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)] + bytes }
        return [part(room), part(changed) + part(item), part(room) + part(item)]
    }
}

extension FuzzedBob {
    /// All texts that are stored.
    func texts() throws -> [String] {
        try records(in: .messages).compactMap { record in
            guard case .body(.text(let text)) = try StoredMessage(bytes: record.value.bytes).content else { return nil }
            return "\(text)"
        }
    }
}
