import Crypto
import MLS
import MLSWire
import Testing

@Suite("Hash ratchets, RFC 9420 §9.1, §9.2")
struct ScheduleRatchetTests {
    let suite: CipherSuite
    let fresh: HashRatchet

    init() throws {
        suite = try CipherSuite(.p256AES128)
        var tree = SecretTree(suite: suite, leafCount: 2, root: secret("root"))
        fresh = try tree.ratchet(.init(leaf: LeafIndex(rawValue: 0), .application))
    }

    /// The keys of the first generations, as a sender has them.
    private func keys(_ count: Int) throws -> [SymmetricKey] {
        var sender = fresh
        return try (0..<count).map { index in
            let next = try sender.next(suite)
            #expect(Int(next.generation) == index)
            return next.key.key
        }
    }

    @Test("give each generation a key and a nonce of its own")
    func distinct() throws {
        var sender = fresh
        var seen: Set<[UInt8]> = []
        for _ in 0..<100 {
            let key = try sender.next(suite).key
            #expect(key.key.bitCount == suite.aead.keyLength * 8 && key.nonce.bitCount == suite.aead.nonceLength * 8)
            seen.insert(key.key.bytes)
            seen.insert(key.nonce.bytes)
        }
        #expect(seen.count == 200)
    }

    @Test("give the sender's keys in any order, each once")
    func outOfOrder() throws {
        let keys = try keys(40)
        var random = TreeRandom(1)
        for _ in 0..<20 {
            var receiver = fresh
            for generation in (0..<UInt32(40)).shuffled(using: &random) {
                let key = try receiver.take(generation, suite, RatchetLimits())
                #expect(key.key == keys[Int(generation)])
                #expect(throws: MLSError.invalid(.generationIsUnused)) {
                    try receiver.take(generation, suite, RatchetLimits())
                }
            }
        }
    }

    @Test("do not give a key twice that came in order")
    func replay() throws {
        var receiver = fresh
        _ = try receiver.take(0, suite, RatchetLimits())
        #expect(throws: MLSError.invalid(.generationIsUnused)) { try receiver.take(0, suite, RatchetLimits()) }
    }

    @Test("go as far ahead as the limit, no further, and stay where they are if they refuse")
    func forward() throws {
        let keys = try keys(30)
        let limits = RatchetLimits(forward: 10, kept: 100)
        var receiver = fresh
        #expect(try receiver.take(10, suite, limits).key == keys[10])
        for far: UInt32 in [22, 1000, .max - 1, .max] {
            #expect(throws: MLSError.invalid(.generationIsNear)) { try receiver.take(far, suite, limits) }
            #expect(receiver.generation == 11)
        }
        #expect(try receiver.take(21, suite, limits).key == keys[21])
        #expect(try receiver.take(3, suite, limits).key == keys[3])
    }

    @Test("keep so many skipped keys, and forget the oldest first")
    func kept() throws {
        let keys = try keys(30)
        let limits = RatchetLimits(forward: 100, kept: 5)
        var receiver = fresh
        _ = try receiver.take(20, suite, limits)
        for forgotten: UInt32 in 0..<15 {
            #expect(throws: MLSError.invalid(.generationIsUnused)) { try receiver.take(forgotten, suite, limits) }
        }
        _ = try receiver.take(22, suite, limits)
        #expect(throws: MLSError.invalid(.generationIsUnused)) { try receiver.take(15, suite, limits) }
        for kept: UInt32 in [16, 17, 18, 19, 21] {
            #expect(try receiver.take(kept, suite, limits).key == keys[Int(kept)])
        }
    }

    @Test("leave out what may have been used")
    func skip() throws {
        let keys = try keys(20)
        var sender = fresh
        _ = try sender.next(suite)
        sender.skip(to: 16, suite)
        let next = try sender.next(suite)
        #expect(next.generation == 16 && next.key.key == keys[16])
        sender.skip(to: 3, suite)
        #expect(try sender.next(suite).generation == 17)
        #expect(throws: MLSError.invalid(.generationIsUnused)) { try sender.take(5, suite, RatchetLimits()) }
    }
}
