/// Reads elements of DER (X.690 §8, §10) one after another. It never goes deeper by itself, checks every length against what is there,
/// and copies nothing.
struct DERReader {
    let bytes: [UInt8]
    private(set) var offset: Int
    let end: Int

    struct Element {
        /// With the class and whether it is constructed: 0x30 is a sequence.
        var tag: UInt8
        var content: Range<Int>
        /// From its tag on.
        var whole: Range<Int>
    }

    struct Fault: Error {
        var words: String
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { offset >= end }

    /// The tag of the next element; `nil` at the end.
    var tag: UInt8? { offset < end ? bytes[offset] : nil }

    /// What is inside of `element`.
    func inside(_ element: Element) -> DERReader { DERReader(bytes, element.content) }

    mutating func next() throws(Fault) -> Element {
        let start = offset
        guard end - offset >= 2 else { throw Fault(words: "it ends at byte \(offset), inside of an element") }
        let tag = bytes[offset]
        guard tag & 0x1F != 0x1F else { throw Fault(words: "a tag of several bytes at byte \(offset)") }
        var length = Int(bytes[offset + 1])
        offset += 2
        if length >= 0x80 {
            let count = length - 0x80
            guard (1...4).contains(count), end - offset >= count else {
                throw Fault(words: "a length that is none at byte \(start + 1)")
            }
            length = 0
            for index in offset..<offset + count { length = length << 8 | Int(bytes[index]) }
            offset += count
        }
        guard length <= end - offset else {
            throw Fault(words: "\(length) bytes announced at byte \(start), \(end - offset) there")
        }
        let content = offset..<offset + length
        offset += length
        return Element(tag: tag, content: content, whole: start..<offset)
    }

    /// The next element, which must have this tag.
    mutating func next(_ tag: UInt8, _ what: String) throws(Fault) -> Element {
        let element = try next()
        guard element.tag == tag else {
            throw Fault(words: "no \(what) at byte \(element.whole.lowerBound), but tag \(element.tag)")
        }
        return element
    }

    /// The next element if it has this tag; otherwise nothing is read.
    mutating func next(ifTag tag: UInt8) throws(Fault) -> Element? {
        guard self.tag == tag else { return nil }
        return try next()
    }

    func content(_ element: Element) -> ArraySlice<UInt8> { bytes[element.content] }

    /// `1.2.840.113549`: of at most 64 bytes.
    static func objectIdentifier(_ content: ArraySlice<UInt8>) -> String? {
        guard !content.isEmpty, content.count <= 64 else { return nil }
        var text = ""
        var value: UInt64 = 0
        var isFirst = true
        var isOpen = false
        for byte in content {
            guard value <= UInt64.max >> 7 else { return nil }
            value = value << 7 | UInt64(byte & 0x7F)
            isOpen = byte & 0x80 != 0
            if isOpen { continue }
            if isFirst {
                let root = min(value / 40, 2)
                text = "\(root).\(value - root * 40)"
                isFirst = false
            } else {
                text += ".\(value)"
            }
            value = 0
        }
        return isOpen ? nil : text
    }

    /// Bits of a positive INTEGER.
    static func bits(_ content: ArraySlice<UInt8>) -> Int {
        let digits = content.drop { $0 == 0 }
        guard let first = digits.first else { return 0 }
        return digits.count * 8 - first.leadingZeroBitCount
    }

    static func hexadecimal(_ bytes: some Collection<UInt8>, uppercase: Bool = false) -> String {
        let digits = Array((uppercase ? "0123456789ABCDEF" : "0123456789abcdef").utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
