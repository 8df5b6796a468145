/// The public key in a certificate (RFC 5280 §4.1), and nothing else of it: it verifies nothing.
enum CertificateKey {
    /// - Returns: its SubjectPublicKeyInfo in DER; `nil` for what is no certificate.
    static func find(in certificate: [UInt8]) -> [UInt8]? {
        guard let outer = element(certificate[...]), outer.tag == 0x30, outer.rest.isEmpty,
            let inner = element(outer.content), inner.tag == 0x30
        else { return nil }
        var rest = inner.content
        // The version may be missing; then serial number, signature, issuer, validity and subject.
        if let first = element(rest), first.tag == 0xA0 { rest = first.rest }
        for tag: UInt8 in [0x02, 0x30, 0x30, 0x30, 0x30] {
            guard let next = element(rest), next.tag == tag else { return nil }
            rest = next.rest
        }
        guard let key = element(rest), key.tag == 0x30 else { return nil }
        return Array(rest[rest.startIndex..<key.rest.startIndex])
    }

    private struct Element {
        var tag: UInt8
        var content: ArraySlice<UInt8>
        var rest: ArraySlice<UInt8>
    }

    /// The first element (X.690 §8.1) of `bytes`, with a length in the one form of DER (§10.1).
    private static func element(_ bytes: ArraySlice<UInt8>) -> Element? {
        guard bytes.count >= 2 else { return nil }
        let tag = bytes[bytes.startIndex]
        let first = Int(bytes[bytes.startIndex + 1])
        var header = 2
        var length = first
        if first >= 0x80 {
            let count = first - 0x80
            guard (1...3).contains(count), bytes.count >= 2 + count else { return nil }
            length = bytes[(bytes.startIndex + 2)..<(bytes.startIndex + 2 + count)].reduce(0) { $0 << 8 | Int($1) }
            guard length >= (count == 1 ? 0x80 : 1 << (8 * (count - 1))) else { return nil }
            header += count
        }
        guard bytes.count - header >= length else { return nil }
        let start = bytes.startIndex + header
        return Element(tag: tag, content: bytes[start..<(start + length)], rest: bytes[(start + length)...])
    }
}
