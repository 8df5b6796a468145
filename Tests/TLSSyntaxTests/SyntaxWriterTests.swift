import TLSSyntax
import Testing

@Suite("Writing, RFC 8446 §3") struct SyntaxWriterTests {
    @Test("numbers are big-endian, as wide as their type") func numbers() {
        var bytes: [UInt8] = []
        bytes.write(0x01 as UInt8)
        bytes.write(0x0203 as UInt16)
        bytes.write(0x0405_0607 as UInt32)
        bytes.write(0x0809_0A0B_0C0D_0E0F as UInt64)
        #expect(bytes == Array(1...15))
        #expect(bytes.writtenCount == 15)
    }

    @Test("vectors have their length in front, and are kept to what is allowed", arguments: 1...4)
    func opaque(width: Int) throws {
        var bytes: [UInt8] = [9]
        try bytes.write(opaque: [1, 2, 3], lengthBytes: width, 0...3)
        #expect(bytes == [9] + [UInt8](repeating: 0, count: width - 1) + [3, 1, 2, 3])
        #expect(throws: SyntaxError.lengthOutOfRange(offset: bytes.count, length: 4, allowed: 0...3)) {
            try bytes.write(opaque: [1, 2, 3, 4], lengthBytes: width, 0...3)
        }
        #expect(throws: SyntaxError.self) { try bytes.write(text: "", lengthBytes: width, 1...3) }
    }

    @Test("a nested structure's length is put in front of it") func nested() throws {
        var bytes: [UInt8] = []
        try bytes.writeNested(lengthBytes: 2, 0...9) { (inner) throws(SyntaxError) in
            try inner.writeNested(lengthBytes: 1, 0...9) { (inner) throws(SyntaxError) in inner.write(7 as UInt8) }
            inner.write(8 as UInt8)
        }
        #expect(bytes == [0, 3, 1, 7, 8])
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 5, length: 2, allowed: 0...1)) {
            try bytes.writeNested(lengthBytes: 2, 0...1) { (inner) throws(SyntaxError) in inner.write(7 as UInt16) }
        }
    }

    /// A structure of every kind of value, from random content.
    private struct Sample: Equatable {
        var small: UInt8, middle: UInt16, large: UInt32, huge: UInt64
        var fixed: [UInt8], opaque: [UInt8], text: String, list: [UInt32]

        init(_ generator: inout SystemRandomNumberGenerator) {
            small = .random(in: 0...255, using: &generator)
            middle = .random(in: 0...UInt16.max, using: &generator)
            large = .random(in: 0...UInt32.max, using: &generator)
            huge = .random(in: 0...UInt64.max, using: &generator)
            fixed = (0..<5).map { _ in .random(in: 0...255, using: &generator) }
            opaque = (0..<Int.random(in: 0...300, using: &generator)).map { UInt8(truncatingIfNeeded: $0) }
            text = String((0..<Int.random(in: 0...20, using: &generator)).compactMap { _ in "aé✓𝄞\0".randomElement() })
            list = (0..<Int.random(in: 0...20, using: &generator)).map { UInt32($0) }
        }

        init(_ reader: inout SyntaxReader) throws(SyntaxError) {
            small = try reader.uint8()
            middle = try reader.uint16()
            large = try reader.uint32()
            huge = try reader.uint64()
            fixed = try reader.opaque(5)
            opaque = try reader.opaque(lengthBytes: 3, 0...300)
            text = try reader.text(lengthBytes: 2, 0...80)
            list = try reader.vector(lengthBytes: 1, 0...80) { (inner) throws(SyntaxError) in try inner.uint32() }
        }

        func write(to bytes: inout [UInt8]) throws(SyntaxError) {
            bytes.write(small)
            bytes.write(middle)
            bytes.write(large)
            bytes.write(huge)
            bytes.write(opaque: fixed)
            try bytes.write(opaque: opaque, lengthBytes: 3, 0...300)
            try bytes.write(text: text, lengthBytes: 2, 0...80)
            try bytes.writeNested(lengthBytes: 1, 0...80) { (inner) throws(SyntaxError) in
                for number in list { inner.write(number) }
            }
        }
    }

    @Test("what is written is read again, and no shorter input is") func roundTrip() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<100 {
            let sample = Sample(&generator)
            var bytes: [UInt8] = []
            try sample.write(to: &bytes)
            let again = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try Sample(&reader) }
            #expect(again == sample)
            for count in stride(from: 0, to: bytes.count, by: 7) {
                #expect(throws: SyntaxError.self) {
                    try SyntaxReader.read(Array(bytes[..<count])) { (reader) throws(SyntaxError) in try Sample(&reader)
                    }
                }
            }
            #expect(throws: SyntaxError.trailingBytes(offset: bytes.count, count: 1)) {
                try SyntaxReader.read(bytes + [0]) { (reader) throws(SyntaxError) in try Sample(&reader) }
            }
        }
    }
}
