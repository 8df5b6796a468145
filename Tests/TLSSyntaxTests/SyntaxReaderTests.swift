import Testing

@testable import TLSSyntax

/// Of the presentation language (RFC 8446 §3).
@Suite("Reading, RFC 8446 §3") struct SyntaxReaderTests {
    private func read<Value>(
        _ bytes: [UInt8], _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        try SyntaxReader.read(bytes, body)
    }

    @Test("numbers are big-endian") func numbers() throws {
        let values = try read(Array(1...18)) { (reader) throws(SyntaxError) in
            [
                UInt64(try reader.uint8()), UInt64(try reader.uint16()), UInt64(try reader.uint24()),
                UInt64(try reader.uint32()), try reader.uint64(),
            ]
        }
        #expect(values == [0x01, 0x0203, 0x040506, 0x0708_090A, 0x0B0C_0D0E_0F10_1112])
    }

    @Test("a number that is cut off is refused, and nothing is taken", arguments: 0..<8)
    func cutNumber(count: Int) throws {
        let bytes = [UInt8](repeating: 255, count: count)
        var caught: SyntaxError?
        let rest = try read(bytes) { (reader) throws(SyntaxError) in
            do throws(SyntaxError) { _ = try reader.uint64() } catch { caught = error }
            return try reader.opaque(reader.remaining)
        }
        #expect(caught == .truncated(offset: 0, needed: 8, available: count))
        #expect(rest == bytes)
        if count < 2 {
            #expect(throws: SyntaxError.self) { try read(bytes) { (r) throws(SyntaxError) in try r.uint16() } }
        }
        if count < 3 {
            #expect(throws: SyntaxError.self) { try read(bytes) { (r) throws(SyntaxError) in try r.uint24() } }
        }
        if count < 4 {
            #expect(throws: SyntaxError.self) { try read(bytes) { (r) throws(SyntaxError) in try r.uint32() } }
        }
    }

    @Test("bytes that are left over are refused") func trailing() throws {
        #expect(throws: SyntaxError.trailingBytes(offset: 1, count: 2)) {
            try read([1, 2, 3]) { (reader) throws(SyntaxError) in try reader.uint8() }
        }
        #expect(try read([1]) { (reader) throws(SyntaxError) in try reader.uint8() } == 1)
        try read([]) { (_) throws(SyntaxError) in }
    }

    @Test("opaque bytes of a fixed length") func fixed() throws {
        #expect(try read([7, 8, 9]) { (reader) throws(SyntaxError) in try reader.opaque(3) } == [7, 8, 9])
        #expect(throws: SyntaxError.truncated(offset: 0, needed: 4, available: 3)) {
            try read([7, 8, 9]) { (reader) throws(SyntaxError) in try reader.opaque(4) }
        }
        #expect(throws: SyntaxError.self) {
            try read([7]) { (reader) throws(SyntaxError) in try reader.opaque(-1) }
        }
        #expect(throws: SyntaxError.self) {
            try read([7]) { (reader) throws(SyntaxError) in try reader.range(.max) }
        }
    }

    @Test("a vector's length is kept to what is allowed", arguments: 0...6)
    func allowed(length: Int) throws {
        let bytes = [0, UInt8(length)] + [UInt8](repeating: 1, count: length)
        func take() throws(SyntaxError) -> [UInt8] {
            try read(bytes) { (reader) throws(SyntaxError) in try reader.opaque(lengthBytes: 2, 2...4) }
        }
        if (2...4).contains(length) {
            #expect(try take().count == length)
        } else {
            #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: length, allowed: 2...4)) { try take() }
        }
    }

    @Test("a length of more than there is costs nothing", arguments: 1...8)
    func lyingLength(width: Int) {
        #expect(throws: SyntaxError.self) {
            try read([UInt8](repeating: 0xFF, count: width) + [1, 2, 3]) { (reader) throws(SyntaxError) in
                try reader.opaque(lengthBytes: width, 0...Int.max)
            }
        }
    }

    @Test("text is UTF-8") func text() throws {
        let good = Array("héllo ✓".utf8)
        #expect(
            try read([UInt8(good.count)] + good) { (reader) throws(SyntaxError) in
                try reader.text(lengthBytes: 1, 0...255)
            } == "héllo ✓")
        for bad: [UInt8] in [[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80]] {
            #expect(throws: SyntaxError.invalidValue(offset: 0, "text that is not UTF-8")) {
                try read([UInt8(bad.count)] + bad) { (reader) throws(SyntaxError) in
                    try reader.text(lengthBytes: 1, 0...255)
                }
            }
        }
    }

    @Test("a vector's elements fill it exactly") func vectors() throws {
        func numbers(_ bytes: [UInt8]) throws(SyntaxError) -> [UInt16] {
            try read(bytes) { (reader) throws(SyntaxError) in
                try reader.vector(lengthBytes: 1, 0...255) { (inner) throws(SyntaxError) in try inner.uint16() }
            }
        }
        #expect(try numbers([4, 0, 1, 0, 2]) == [1, 2])
        #expect(try numbers([0]) == [])
        #expect(throws: SyntaxError.truncated(offset: 3, needed: 2, available: 1)) { try numbers([3, 0, 1, 0]) }
        #expect(throws: SyntaxError.trailingBytes(offset: 3, count: 1)) { try numbers([2, 0, 1, 9]) }
    }

    @Test("an element that takes nothing ends instead of repeating for ever") func emptyElement() {
        #expect(throws: SyntaxError.self) {
            try read([2, 1, 1]) { (reader) throws(SyntaxError) in
                try reader.vector(lengthBytes: 1, 0...255) { (_) throws(SyntaxError) in }
            }
        }
    }

    @Test("a nested structure cannot read beyond its end") func nested() throws {
        #expect(throws: SyntaxError.truncated(offset: 1, needed: 2, available: 1)) {
            try read([1, 7, 8]) { (reader) throws(SyntaxError) in
                try reader.nested(lengthBytes: 1, 0...9) { (inner) throws(SyntaxError) in try inner.uint16() }
            }
        }
        #expect(throws: SyntaxError.trailingBytes(offset: 2, count: 1)) {
            try read([2, 7, 8]) { (reader) throws(SyntaxError) in
                try reader.nested(lengthBytes: 1, 0...9) { (inner) throws(SyntaxError) in try inner.uint8() }
            }
        }
    }

    @Test("ranges count from the start of the whole input, also inside") func ranges() throws {
        let range = try read([9, 3, 1, 2, 3]) { (reader) throws(SyntaxError) in
            _ = try reader.uint8()
            return try reader.nested(lengthBytes: 1, 0...9) { (inner) throws(SyntaxError) in
                _ = try inner.uint8()
                return try inner.range(2)
            }
        }
        #expect(range == 3..<5)
    }

    @Test("every error says where") func descriptions() {
        #expect(
            "\(SyntaxError.truncated(offset: 3, needed: 2, available: 1))"
                == "truncated at byte 3: 2 bytes needed, 1 left")
        #expect(
            "\(SyntaxError.lengthOutOfRange(offset: 1, length: 9, allowed: 0...4))"
                == "length 9 at byte 1 is outside 0...4")
        #expect("\(SyntaxError.trailingBytes(offset: 5, count: 2))" == "2 unexpected bytes at byte 5")
        #expect("\(SyntaxError.invalidValue(offset: 4, "nonsense"))" == "nonsense at byte 4")
    }
}
