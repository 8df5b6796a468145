import Crypto
import Foundation
import Testing

@testable import TLSMonitor

@Suite("AES-CCM, RFC 3610 and NIST SP 800-38C") struct CCMTests {
    struct Vector: CustomStringConvertible, Sendable {
        var description: String
        var key: [UInt8], nonce: [UInt8], data: [UInt8], plain: [UInt8], sealed: [UInt8]
        var tagLength: Int

        init(_ name: String, key: String, nonce: String, data: String, plain: String, sealed: String, tag: Int) {
            description = name
            (self.key, self.nonce, self.data) = (Self.bytes(key), Self.bytes(nonce), Self.bytes(data))
            (self.plain, self.sealed, tagLength) = (Self.bytes(plain), Self.bytes(sealed), tag)
        }

        static func bytes(_ hex: String) -> [UInt8] {
            let digits = Array(hex.filter { $0 != " " })
            return stride(from: 0, to: digits.count, by: 2).compactMap {
                UInt8(String(digits[$0...($0 + 1)]), radix: 16)
            }
        }
    }

    private static let rfcKey = "C0C1C2C3C4C5C6C7C8C9CACBCCCDCECF"
    private static let nistKey = "404142434445464748494a4b4c4d4e4f"

    static let vectors = [
        Vector(
            "RFC 3610 §8, packet 1", key: rfcKey, nonce: "00000003020100A0A1A2A3A4A5", data: "0001020304050607",
            plain: "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E",
            sealed: "588C979A61C663D2F066D0C2C0F989806D5F6B61DAC384 17E8D12CFDF926E0", tag: 8),
        Vector(
            "RFC 3610 §8, packet 2", key: rfcKey, nonce: "00000004030201A0A1A2A3A4A5", data: "0001020304050607",
            plain: "08090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F",
            sealed: "72C91A36E135F8CF291CA894085C87E3CC15C439C9E43A3B A091D56E10400916", tag: 8),
        Vector(
            "SP 800-38C, example 1", key: nistKey, nonce: "10111213141516", data: "0001020304050607", plain: "20212223",
            sealed: "7162015b 4dac255d", tag: 4),
        Vector(
            "SP 800-38C, example 2", key: nistKey, nonce: "1011121314151617", data: "000102030405060708090a0b0c0d0e0f",
            plain: "202122232425262728292a2b2c2d2e2f", sealed: "d2a1f0e051ea5f62081a7792073d593d 1fc64fbfaccd", tag: 6),
        Vector(
            "SP 800-38C, example 3", key: nistKey, nonce: "101112131415161718191a1b",
            data: "000102030405060708090a0b0c0d0e0f10111213",
            plain: "202122232425262728292a2b2c2d2e2f3031323334353637",
            sealed: "e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5 484392fbc1b09951", tag: 8),
    ]

    private func open(_ vector: Vector) -> [UInt8]? {
        vector.sealed.withUnsafeBytes { sealed in
            AESCCM.open(
                sealed, tagLength: vector.tagLength, using: SymmetricKey(data: vector.key), nonce: vector.nonce,
                authenticating: vector.data
            ).map { $0.withUnsafeBytes { Array($0) } }
        }
    }

    @Test("opens what others sealed", arguments: vectors) func opens(vector: Vector) throws {
        #expect(open(vector) == vector.plain)
        let own = try BlockwiseCCM(key: SymmetricKey(data: vector.key)).seal(
            vector.plain, nonce: vector.nonce, data: vector.data, tagLength: vector.tagLength)
        #expect(own == vector.sealed)
    }

    @Test("refuses whatever was changed", arguments: vectors) func refuses(vector: Vector) {
        for index in vector.sealed.indices {
            var changed = vector
            changed.sealed[index] ^= 1 << UInt8(index % 8)
            #expect(open(changed) == nil)
        }
        for path in [\Vector.key, \Vector.nonce, \Vector.data] {
            var changed = vector
            changed[keyPath: path][0] ^= 1
            #expect(open(changed) == nil)
        }
        var short = vector
        short.sealed.removeLast()
        #expect(open(short) == nil)
        short.sealed = [1, 2, 3]
        #expect(open(short) == nil)
    }

    @Test("opens any length, with long keys too") func lengths() throws {
        var generator = SeededGenerator(8)
        for length in [0, 1, 15, 16, 17, 31, 32, 33, 1_000, 16_384] {
            for (keyLength, tag) in [(16, 16), (32, 8), (16, 8), (32, 16)] {
                let (key, nonce) = (SymmetricKey(data: generator.bytes(keyLength)), generator.bytes(12))
                let (plain, data) = (generator.bytes(length), generator.bytes(length % 40))
                let sealed = try BlockwiseCCM(key: key).seal(plain, nonce: nonce, data: data, tagLength: tag)
                let opened = sealed.withUnsafeBytes {
                    AESCCM.open($0, tagLength: tag, using: key, nonce: nonce, authenticating: data)
                }
                #expect(opened.map { $0.withUnsafeBytes { Array($0) } } == plain)
            }
        }
    }

    @Test("refuses lengths that there are not") func impossible() {
        let key = SymmetricKey(data: [UInt8](repeating: 1, count: 16))
        func opens(_ count: Int, tag: Int, nonce: Int, data: Int = 0) -> Bool {
            [UInt8](repeating: 0, count: count).withUnsafeBytes {
                AESCCM.open(
                    $0, tagLength: tag, using: key, nonce: [UInt8](repeating: 0, count: nonce),
                    authenticating: [UInt8](repeating: 0, count: data)) != nil
            }
        }
        for nonce in [0, 6, 14, 16] { #expect(!opens(40, tag: 16, nonce: nonce)) }
        for tag in [0, 2, 5, 18] { #expect(!opens(40, tag: tag, nonce: 12)) }
        #expect(!opens(40, tag: 16, nonce: 12, data: 65_280))
        #expect(!opens(65_536 + 8, tag: 8, nonce: 13))
    }
}
