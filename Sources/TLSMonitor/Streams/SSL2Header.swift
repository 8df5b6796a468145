import TLSWire

/// The two or three bytes in front of a record of SSL 2.0, in which old clients still greet (RFC 5246 §E.2).
struct SSL2Header: Hashable {
    /// In bytes: 2, or 3 with padding.
    let length: Int
    let payloadLength: Int

    enum Reading: Hashable {
        case whole(SSL2Header)
        case needsMore
    }

    /// - Parameters:
    ///   - bytes: the first bytes of the record, up to five.
    ///   - isFirst: whether they begin a stream: then only a hello may follow.
    ///   - speaksSSL2: whether records of this kind came before.
    /// - Returns: `nil` if they are no such header.
    static func read(_ bytes: [UInt8], isFirst: Bool, speaksSSL2: Bool) -> Reading? {
        guard isFirst || speaksSSL2, let first = bytes.first else { return nil }
        if isFirst, first & 0x80 == 0 { return nil }
        guard bytes.count >= 5 else { return .needsMore }
        let hasPadding = first & 0x80 == 0
        let header = SSL2Header(
            length: hasPadding ? 3 : 2, payloadLength: Int(first & (hasPadding ? 0x3F : 0x7F)) << 8 | Int(bytes[1]))
        guard header.payloadLength >= 3 else { return nil }
        guard isFirst else { return .whole(header) }
        // A client's hello names its version; a server's has two numbers before it, of which one is 0 or 1 and the other the kind of
        // certificate.
        switch bytes[2] {
        case 1: return bytes[3] == 3 && bytes[4] <= 4 || bytes[3] == 0 && bytes[4] == 2 ? .whole(header) : nil
        case 4: return bytes[3] <= 1 && bytes[4] <= 3 && header.payloadLength >= 11 ? .whole(header) : nil
        default: return nil
        }
    }

    var asRecordHeader: TLSRecordHeader {
        TLSRecordHeader(contentType: .handshake, version: TLSVersion(rawValue: 2), payloadLength: payloadLength)
    }
}
