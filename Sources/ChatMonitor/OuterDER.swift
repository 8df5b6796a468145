/// The outer form of values in DER (X.690 §8.1, §10.1): a tag, a length in as few bytes as it needs, and so many bytes.
enum OuterDER {
    /// The content of the one value of this tag that the bytes begin with, and what follows it.
    private static func split(_ bytes: ArraySlice<UInt8>, tag: UInt8) -> (ArraySlice<UInt8>, ArraySlice<UInt8>)? {
        var rest = bytes
        guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let width = Int(first) - 0x80
            guard (1...3).contains(width), rest.count >= width, rest.first != 0 else { return nil }
            length = rest.prefix(width).reduce(0) { $0 << 8 | Int($1) }
            guard length >= 0x80 else { return nil }
            rest = rest.dropFirst(width)
        }
        guard rest.count >= length else { return nil }
        return (rest.prefix(length), rest.dropFirst(length))
    }

    /// Whether the bytes are one SEQUENCE, with nothing behind it: as a certificate is.
    static func isOneSequence(_ bytes: [UInt8]) -> Bool {
        split(bytes[...], tag: 0x30)?.1.isEmpty == true
    }

    /// Whether the bytes are a SEQUENCE of two INTEGERs: as a signature of ECDSA is (RFC 3279 §2.2.3).
    static func isNumberPair(_ bytes: [UInt8]) -> Bool {
        guard let (content, behind) = split(bytes[...], tag: 0x30), behind.isEmpty,
            let (first, rest) = split(content, tag: 2), let (second, end) = split(rest, tag: 2)
        else { return false }
        return !first.isEmpty && !second.isEmpty && end.isEmpty
    }
}
