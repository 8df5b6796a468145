import Chat
import ChatWire
import Crypto
import TLSSyntax
import Testing

@testable import ChatClient

/// How what a server has lost is kept.
@Suite("Records of what a server has lost") struct LostRecordTests {
    private func rollback() throws -> Rollback {
        var rollback = Rollback()
        rollback.count = 3
        rollback.logEpoch = 0
        rollback.forks = [.init(generation: 0, place: 7), .init(generation: 1, place: 1 << 40)]
        rollback.expelled = [try Sample.device("carol/laptop")]
        rollback.invited = [try Sample.device("dave/laptop"), try Sample.device("eve/laptop")]
        rollback.audience = [try Sample.device("alice/laptop")]
        return rollback
    }

    private func bytes(of rollback: Rollback) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try rollback.write(to: &bytes)
        return bytes
    }

    private func read(_ bytes: [UInt8]) throws -> Rollback {
        try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Rollback(from: &reader) }
    }

    private func entry() throws -> LostEntry {
        let message = StoredMessage(
            sequence: 9, time: Timestamp(milliseconds: 4), sender: try Sample.device("bob/phone"), token: 77,
            .body(.text(try MessageText("lost"))), notices: [.left(try Sample.device("carol/laptop"))])
        return LostEntry(fork: 7, number: 2, message, Digest(of: [1]))
    }

    private func key() -> [UInt8] {
        var key = [UInt8](repeating: 5, count: 20)
        key.write(7 as UInt64)
        key.write(2 as UInt32)
        key.write(9 as UInt64)
        return key
    }

    @Test("are read as they were written")
    func roundTrip() throws {
        let before = try rollback()
        let after = try read(try bytes(of: before))
        #expect(after.count == 3 && after.logEpoch == 0 && after.forks == before.forks)
        #expect(after.expelled == before.expelled && after.invited == before.invited)
        #expect(after.audience == before.audience)
        #expect(try read(try bytes(of: Rollback())).logEpoch == nil)

        for digests in [[Digest(of: [1]), Digest(of: [2])], []] {
            var lost = try entry()
            lost.digests = digests
            lost.newPlace = 12
            #expect(key().count == LostEntry.keyLength)
            let again = try LostEntry(Record(key: key(), value: SymmetricKey(data: try lost.encoded())))
            #expect(again.fork == 7 && again.number == 2 && again.place == 9 && again.newPlace == 12)
            #expect(again.message == lost.message && again.digests == digests)
            let shown = try #require(again.shown)
            #expect(shown.sequence == 0 && shown.state == .lost(at: 9, after: 7))
        }
    }

    @Test("are refused when they are cut, and when a byte is changed read or refused")
    func damage() throws {
        let whole = try bytes(of: try rollback())
        for length in whole.indices { #expect(throws: SyntaxError.self) { try read(Array(whole.prefix(length))) } }
        #expect(throws: SyntaxError.self) { try read(whole + [0]) }
        #expect(throws: SyntaxError.self) { try read([2] + whole.dropFirst()) }
        var huge = whole
        for place in 5..<13 { huge[place] = 0xFF }
        #expect(throws: SyntaxError.self) { try read(huge) }

        let value = try entry().encoded()
        for length in value.indices {
            #expect(throws: StoreError.self) {
                try LostEntry(Record(key: key(), value: SymmetricKey(data: Array(value.prefix(length)))))
            }
        }
        #expect(throws: StoreError.self) {
            try LostEntry(Record(key: Array(key().dropLast()), value: SymmetricKey(data: value)))
        }
        for index in value.indices {
            var changed = value
            changed[index] ^= 0x81
            if let read = try? LostEntry(Record(key: key(), value: SymmetricKey(data: changed))) {
                #expect(try read.encoded() == changed)
            }
        }
    }
}
