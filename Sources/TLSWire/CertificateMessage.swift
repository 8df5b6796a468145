import TLSSyntax

/// A chain of certificates (RFC 8446 §4.4.2, RFC 5246 §7.4.2).
public struct CertificateMessage: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        /// A certificate as it stands there.
        public var der: [UInt8]
        /// Only TLS 1.3 has them.
        public var extensions: TLSExtensions
    }

    /// Certificates that are kept.
    public static let mostEntries = 32

    /// Of the request that it answers; only TLS 1.3 has it.
    public var context: [UInt8] = []
    /// The sender's own first; of a longer chain the first ``mostEntries``.
    public var entries: [Entry] = []
    /// Certificates that are there.
    public var count = 0

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedMessage(_:_:)``.
    public init(decoding body: [UInt8], isTLS13: Bool) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                try CertificateMessage(from: &reader, isTLS13: isTLS13)
            }
        } catch {
            throw .malformedMessage(.certificate, "\(error)")
        }
    }

    private init(from reader: inout SyntaxReader, isTLS13: Bool) throws(SyntaxError) {
        if isTLS13 { context = try reader.opaque(lengthBytes: 1, 0...255) }
        var entries: [Entry] = []
        var count = 0
        try reader.nested(lengthBytes: 3, 0...0xFF_FFFF) { (list) throws(SyntaxError) in
            while !list.isAtEnd {
                count += 1
                if count <= Self.mostEntries {
                    let der = try list.opaque(lengthBytes: 3, 1...0xFF_FFFF)
                    let extensions =
                        isTLS13 ? TLSExtensions(from: &list, in: .certificate, isLast: false) : TLSExtensions()
                    entries.append(Entry(der: der, extensions: extensions))
                } else {
                    _ = try list.opaqueRange(lengthBytes: 3, 1...0xFF_FFFF)
                    if isTLS13 { _ = try list.opaqueRange(lengthBytes: 2, 0...65_535) }
                }
            }
        }
        self.entries = entries
        self.count = count
    }

    /// What its certificates say; those that are malformed are left out.
    public var facts: [CertificateFacts] { entries.compactMap { try? CertificateFacts(decoding: $0.der) } }
}
