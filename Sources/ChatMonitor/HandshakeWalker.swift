/// Walks over TLS handshake messages under keys, which may span records and share them (RFC 8446 §4, §5.1).
struct HandshakeWalker {
    /// Bytes of a message's head that are not whole.
    private var head: [UInt8] = []
    /// Bytes of a message's body that are still to come.
    private var remaining = 0

    /// NewSessionTicket, EndOfEarlyData, EncryptedExtensions, Certificate, CertificateRequest, CertificateVerify, Finished,
    /// KeyUpdate, CompressedCertificate.
    private static let types: Set<UInt8> = [4, 5, 8, 11, 13, 15, 20, 24, 25]
    private static let longest = 1 << 17

    /// - Returns: false for what is no such message; nothing after it can be told apart.
    mutating func walk(_ content: [UInt8]) -> Bool {
        var rest = content[...]
        while !rest.isEmpty {
            if remaining > 0 {
                let count = min(remaining, rest.count)
                remaining -= count
                rest = rest.dropFirst(count)
                continue
            }
            let count = min(4 - head.count, rest.count)
            head.append(contentsOf: rest.prefix(count))
            rest = rest.dropFirst(count)
            guard let type = head.first, Self.types.contains(type) else { return false }
            guard head.count == 4 else { continue }
            remaining = head[1...].reduce(0) { $0 << 8 | Int($1) }
            head = []
            guard remaining <= Self.longest else { return false }
        }
        return true
    }
}
