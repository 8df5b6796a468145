import TLSSyntax
import Testing

@Suite("Vectors of variable length, RFC 9420 §2.1") struct VariableLengthTests {
    private func read<Value>(
        _ bytes: [UInt8], _ body: (inout SyntaxReader) throws(SyntaxError) -> Value
    ) throws(SyntaxError) -> Value {
        try SyntaxReader.read(bytes, body)
    }

    private func length(_ bytes: [UInt8]) throws(SyntaxError) -> Int {
        try read(bytes) { (reader) throws(SyntaxError) in try reader.variableLength() }
    }

    @Test("the RFC's examples, and both ends of each size, §2.1.2")
    func lengths() throws {
        let pairs: [([UInt8], Int)] = [
            ([0x9D, 0x7F, 0x3E, 0x7D], 494_878_333), ([0x7B, 0xBD], 15_293), ([0x25], 37),
            ([0], 0), ([0x3F], 63), ([0x40, 0x40], 64), ([0x7F, 0xFF], 16_383),
            ([0x80, 0, 0x40, 0], 16_384), ([0xBF, 0xFF, 0xFF, 0xFF], 1_073_741_823),
        ]
        for (bytes, value) in pairs {
            #expect(try length(bytes) == value)
            var written: [UInt8] = []
            written.write(variableLength: value)
            #expect(written == bytes)
            #expect(SyntaxReader.variableLengthSize(value) == bytes.count)
        }
        #expect(SyntaxReader.variableLengthLimit == 1_073_741_823)
    }

    @Test("every length of one or two bytes has one form")
    func everyLength() throws {
        for value in 0..<16_500 {
            var written: [UInt8] = []
            written.write(variableLength: value)
            #expect(try length(written) == value)
        }
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                for bytes in [[first], [first, second], [first, 0, 0, second], [first, 0, second, 0]] {
                    guard let value = try? length(bytes) else { continue }
                    var written: [UInt8] = []
                    written.write(variableLength: value)
                    if written != bytes { Issue.record("\(bytes) became \(written)") }
                }
            }
        }
    }

    @Test(
        "more bytes than needed are refused",
        arguments: [[0x40, 0], [0x40, 63], [0x80, 0, 0, 0], [0x80, 0, 0x3F, 0xFF]] as [[UInt8]])
    func tooLong(bytes: [UInt8]) {
        #expect(throws: SyntaxError.invalidValue(offset: 0, "vector length in more bytes than it needs")) {
            try length(bytes)
        }
    }

    @Test("the prefix 11 is refused, whatever follows", arguments: UInt8(0xC0)...0xFF)
    func reserved(first: UInt8) {
        for rest in [[], [0], [0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]] {
            #expect(throws: SyntaxError.invalidValue(offset: 0, "vector length with the reserved prefix 11")) {
                try length([first] + rest)
            }
        }
    }

    @Test(
        "a length that is cut off is refused",
        arguments: [[], [0x40], [0x80], [0x80, 0], [0x80, 0, 0x40]] as [[UInt8]])
    func cut(bytes: [UInt8]) {
        #expect(throws: SyntaxError.self) { try length(bytes) }
    }

    @Test("bytes are kept to what is allowed, and to what is there") func opaque() throws {
        func take(_ bytes: [UInt8]) throws(SyntaxError) -> [UInt8] {
            try read(bytes) { (reader) throws(SyntaxError) in try reader.variableOpaque(1...2) }
        }
        #expect(try take([1, 7]) == [7])
        #expect(try take([2, 7, 8]) == [7, 8])
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: 0, allowed: 1...2)) { try take([0]) }
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: 3, allowed: 1...2)) { try take([3, 7, 8, 9]) }
        #expect(throws: SyntaxError.truncated(offset: 1, needed: 2, available: 1)) { try take([2, 7]) }
        #expect(throws: SyntaxError.truncated(offset: 4, needed: 1_073_741_823, available: 1)) {
            try read([0xBF, 0xFF, 0xFF, 0xFF, 7]) { (reader) throws(SyntaxError) in try reader.variableOpaque() }
        }
    }

    @Test("a nested structure fills its length exactly") func nested() throws {
        func take(_ bytes: [UInt8]) throws(SyntaxError) -> UInt16 {
            try read(bytes) { (reader) throws(SyntaxError) in
                try reader.variableNested { (inner) throws(SyntaxError) in try inner.uint16() }
            }
        }
        #expect(try take([2, 1, 2]) == 0x0102)
        #expect(throws: SyntaxError.truncated(offset: 1, needed: 2, available: 1)) { try take([1, 1, 2]) }
        #expect(throws: SyntaxError.trailingBytes(offset: 3, count: 1)) { try take([3, 1, 2, 3]) }
    }

    @Test("a vector has whole elements, and not too many") func vectors() throws {
        func take(_ bytes: [UInt8]) throws(SyntaxError) -> [UInt16] {
            try read(bytes) { (reader) throws(SyntaxError) in
                try reader.variableVector(maximumCount: 2) { (inner) throws(SyntaxError) in try inner.uint16() }
            }
        }
        #expect(try take([0]) == [])
        #expect(try take([4, 0, 1, 0, 2]) == [1, 2])
        #expect(throws: SyntaxError.truncated(offset: 3, needed: 2, available: 1)) { try take([3, 0, 1, 0]) }
        #expect(throws: SyntaxError.trailingBytes(offset: 3, count: 1)) { try take([2, 0, 1, 9]) }
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: 3, allowed: 0...2)) {
            try take([6, 0, 1, 0, 2, 0, 3])
        }
    }

    @Test("an element that takes nothing ends instead of repeating for ever") func emptyElement() {
        #expect(throws: SyntaxError.trailingBytes(offset: 1, count: 2)) {
            try read([2, 1, 1]) { (reader) throws(SyntaxError) in
                try reader.variableVector(maximumCount: .max) { (_) throws(SyntaxError) in }
            }
        }
    }

    @Test("an optional value is there or not, §2.1.1") func optional() throws {
        func take(_ bytes: [UInt8]) throws(SyntaxError) -> UInt8? {
            try read(bytes) { (reader) throws(SyntaxError) in
                try reader.optional { (reader) throws(SyntaxError) in try reader.uint8() }
            }
        }
        #expect(try take([0]) == nil)
        #expect(try take([1, 7]) == 7)
        #expect(throws: SyntaxError.truncated(offset: 1, needed: 1, available: 0)) { try take([1]) }
        #expect(throws: SyntaxError.trailingBytes(offset: 1, count: 1)) { try take([0, 7]) }
        #expect(throws: SyntaxError.truncated(offset: 0, needed: 1, available: 0)) { try take([]) }
        for octet in UInt8(2)...255 {
            #expect(throws: SyntaxError.invalidValue(offset: 0, "presence octet that is neither 0 nor 1")) {
                try take([octet, 7])
            }
        }
    }

    @Test("what is written is read again, also where the length grows", arguments: [0, 1, 63, 64, 65, 16_383, 16_384])
    func written(count: Int) throws {
        let content = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        var bytes: [UInt8] = [9]
        bytes.write(variableOpaque: content)
        content.withUnsafeBytes { bytes.write(variableOpaque: $0) }
        bytes.writeVariable { $0.write(variableOpaque: content) }
        bytes.writeVariable(content) { $0.write($1) }
        bytes.writeOptional(content) { $0.write(variableOpaque: $1) }
        bytes.writeOptional(nil as [UInt8]?) { $0.write(variableOpaque: $1) }
        try read(bytes) { (reader) throws(SyntaxError) in
            #expect(try reader.uint8() == 9)
            #expect(try reader.variableOpaque() == content)
            #expect(try reader.variableOpaque() == content)
            let inner = try reader.variableNested { (inner) throws(SyntaxError) in try inner.variableOpaque() }
            #expect(inner == content)
            let list = try reader.variableVector(maximumCount: count) { (inner) throws(SyntaxError) in
                try inner.uint8()
            }
            #expect(list == content)
            let some = try reader.optional { (reader) throws(SyntaxError) in try reader.variableOpaque() }
            #expect(some == content)
            let none = try reader.optional { (reader) throws(SyntaxError) in try reader.variableOpaque() }
            #expect(none == nil)
        }
    }

    @Test("ranges count from the start of the whole input") func ranges() throws {
        let range = try read([9, 3, 2, 7, 8]) { (reader) throws(SyntaxError) in
            _ = try reader.uint8()
            return try reader.variableNested { (inner) throws(SyntaxError) in try inner.variableOpaqueRange() }
        }
        #expect(range == 3..<5)
    }

    @Test("a length that its bytes cannot hold is not cut off in silence, RFC 8446 §3.4") func fixedWidth() throws {
        let content = [UInt8](repeating: 7, count: 256)
        var bytes: [UInt8] = []
        let error = SyntaxError.lengthOutOfRange(offset: 0, length: 256, allowed: 0...255)
        #expect(throws: error) { try bytes.write(opaque: content, lengthBytes: 1, 0...1000) }
        #expect(throws: error) {
            try bytes.writeNested(lengthBytes: 1, 0...1000) { (inner) throws(SyntaxError) in
                inner.write(opaque: content)
            }
        }
        bytes = []
        try bytes.write(opaque: content, lengthBytes: 8, 0...1000)
        #expect(bytes.prefix(8) == [0, 0, 0, 0, 0, 0, 1, 0])
        bytes = []
        try bytes.write(opaque: Array(content.dropLast()), lengthBytes: 1, 0...1000)
        #expect(bytes.first == 255)
    }
}
