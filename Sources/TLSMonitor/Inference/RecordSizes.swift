import TLSWire

/// How long what a TLS 1.3 connection encrypts is, as far as RFC 8446 fixes it.
///
/// Lengths are of the content, in bytes: without the byte that says its type, the tag and padding.
struct RecordSizes: Hashable, Sendable {
    /// What a record has over its content: the type's byte and the tag.
    let overhead: Int
    /// A Finished, which holds a hash (§4.4.4).
    let finished: Int

    /// An EndOfEarlyData (§4.5), which is empty.
    static let endOfEarlyData = 4
    /// A Certificate of somebody who has none (§4.4.2).
    static let emptyCertificate = 8
    /// A KeyUpdate (§4.6.3).
    static let keyUpdate = 5
    /// An alert (§6).
    static let alert = 2
    /// A chain of certificates is longer than this; one key and one signature need as much.
    static let leastCertificate = 200
    /// More than this is in one record only if the content fills it (§5.1).
    static let full = 16_384

    /// - Returns: nil for suites of which the hash or the tag is not known here.
    init?(_ suite: TLSCipherSuite) {
        switch suite.rawValue {
        case 0x1302: (overhead, finished) = (17, 52)
        case 0x1301, 0x1303, 0x1304, 0x00C6, 0x00C7: (overhead, finished) = (17, 36)
        case 0x1305: (overhead, finished) = (9, 36)
        default: return nil
        }
    }

    /// Whether a CertificateVerify may have this length (§4.4.3): four bytes of message, two each of algorithm and length, and the
    /// signature of a key that is in use: RSA, ECDSA in its jittering DER, EdDSA, ML-DSA.
    static func isVerify(_ count: Int) -> Bool {
        switch count - 8 {
        case 64, 114: true
        case 68...72, 100...104, 135...139: true
        case 128, 256, 384, 512, 768, 1_024: true
        case 2_420, 3_309, 4_627: true
        default: false
        }
    }

    /// Whether EncryptedExtensions that answer this offer may have this length (§4.3.1): any of what a server says there, alone or
    /// together with the rest.
    static func isExplained(_ count: Int, by offer: ClientHello?) -> Bool {
        guard let offer = offer?.extensions else { return count == 6 }
        // The name's acknowledgement, early data's, a record size limit, a fragment length.
        var sums: Set<Int> = [6]
        func may(_ length: Int) { sums.formUnion(sums.map { $0 + length }) }
        if offer.types.contains(0) { may(4) }
        if offer.hasEarlyData { may(4) }
        if offer.types.contains(28) { may(6) }
        if offer.types.contains(1) { may(5) }
        if sums.contains(count) { return true }
        return offer.applicationProtocols.prefix(32).contains { name in sums.contains(count - 7 - name.count) }
    }
}
