import Crypto
import Foundation
import MLS
import Testing

@testable import ChatClient

@Suite("sealed records")
struct RecordSealerTests {
    private static let master = MasterKey(store: [UInt8](0..<16), secret: SymmetricKey(data: [UInt8](100..<132)))
    private let sealer = RecordSealer(Self.master)
    private let key: [UInt8] = [1, 2, 3]
    private let hello = SymmetricKey(data: [UInt8]("hello".utf8))

    @Test("open as another implementation sealed them")
    func foreign() {
        // Python's AES-GCM, after the description of the form: messages, key 010203.
        let sealed: [UInt8] =
            [UInt8](0..<12) + [0x7D, 0x46, 0x10, 0x40, 0xC3, 0x33, 0x42, 0x54, 0x6D, 0xD8, 0xFD, 0x89]
            + [0xDB, 0x4B, 0x4D, 0x87, 0xCF, 0x74, 0x24, 0x9A, 0x77]
        #expect(sealer.open(Data(sealed), in: .messages, at: key) == hello)
    }

    @Test("open where they were put, and nowhere else")
    func places() throws {
        let sealed = try sealer.seal(hello, in: .messages, at: key)
        #expect(sealed.count == 5 + RecordSealer.overhead)
        #expect(sealer.open(sealed, in: .messages, at: key) == hello)
        for table in RecordTable.allCases where table != .messages {
            #expect(sealer.open(sealed, in: table, at: key) == nil)
        }
        for other: [UInt8] in [[], [1, 2], [1, 2, 4], [1, 2, 3, 0], [6, 1, 2, 3]] {
            #expect(sealer.open(sealed, in: .messages, at: other) == nil)
        }
        let otherStore = RecordSealer(MasterKey(store: [UInt8](1..<17), secret: Self.master.secret))
        let otherKey = RecordSealer(MasterKey(store: Self.master.store, secret: SymmetricKey(size: .bits256)))
        #expect(otherStore.open(sealed, in: .messages, at: key) == nil)
        #expect(otherKey.open(sealed, in: .messages, at: key) == nil)
    }

    @Test("open at no flip of a bit, and at no other length")
    func flips() throws {
        let sealed = try sealer.seal(hello, in: .messages, at: key)
        for place in sealed.indices {
            for bit in 0..<8 {
                var flipped = sealed
                flipped[place] ^= 1 << UInt8(bit)
                #expect(sealer.open(flipped, in: .messages, at: key) == nil)
            }
            #expect(sealer.open(sealed.prefix(place), in: .messages, at: key) == nil)
        }
        #expect(sealer.open(sealed + [0], in: .messages, at: key) == nil)
    }

    @Test("differ each time, and may hold nothing")
    func nonces() throws {
        let boxes = try (0..<200).map { _ in try sealer.seal(hello, in: .messages, at: key) }
        #expect(Set(boxes.map { $0.prefix(12) }).count == boxes.count)
        let nothing = SymmetricKey(data: [UInt8]())
        let sealed = try sealer.seal(nothing, in: .messages, at: key)
        #expect(sealer.open(sealed, in: .messages, at: key) == nothing)
    }

    @Test("say whether a database is this key's")
    func check() throws {
        let check = try sealer.check()
        #expect(sealer.isOwn(check))
        #expect(!RecordSealer(.random()).isOwn(check))
        #expect(!sealer.isOwn(Data()))
        #expect(!sealer.isOwn(try sealer.seal(SymmetricKey(data: Self.master.store), in: .settings, at: [])))
    }
}
