import Chat
import Crypto
import NIOCore
import Testing

@testable import ChatWire

@Suite("the hash over a log")
struct LogChainTests {
    @Test("is the one that docs/protocol.md defines")
    func matchesItsDefinition() throws {
        let start = LogChain.start(of: Samples.room)
        #expect(start.bytes == Array(SHA256.hash(data: Array("conclave log v1\0".utf8) + Samples.room.bytes)))
        let entry = Samples.entry(.message, by: try Samples.identity("alice/pc"), .inline(Samples.payload(3)))
        var bytes = start.bytes + Samples.room.bytes
        for number in [5, 6] as [UInt64] { bytes += withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        bytes += [5] + Array("alice".utf8) + [2] + Array("pc".utf8)
        bytes += [0, 0, 0, 0, 0, 0, 0, 7, 2, 0, 0, 0, 0, 0, 0]
        bytes += Array(SHA256.hash(data: Array(Samples.payload(3).readableBytesView)))
        #expect(LogChain.next(start, entry).bytes == Array(SHA256.hash(data: bytes)))
    }

    @Test("changes with each part of an entry, and not with whether its payload travels in it")
    func coversAll() throws {
        let (alice, bob) = (try Samples.identity("alice/pc"), try Samples.identity("bob/pc"))
        let start = LogChain.start(of: Samples.room)
        let entry = Samples.entry(.commit, by: alice, .inline(Samples.payload(3)))
        var others = Array(repeating: entry, count: 9)
        others[0].room = RoomID(high: 1, low: 1)
        others[1].sequence += 1
        others[2].time.milliseconds += 1
        others[3].sender = bob
        others[4].token += 1
        others[5].kind = .message
        others[6].roster.added[0].leaf += 1
        others[7].roster.removed = [bob]
        others[8].payload = .inline(Samples.payload(4))
        let chains =
            ([entry] + others).map { LogChain.next(start, $0) } + [
                LogChain.next(LogChain.start(of: others[0].room), entry)
            ]
        #expect(Set(chains).count == 11)
        var fetched = entry
        fetched.payload = .blob(BlobRef(of: Samples.payload(3)))
        #expect(LogChain.next(start, fetched) == LogChain.next(start, entry))
    }
}
