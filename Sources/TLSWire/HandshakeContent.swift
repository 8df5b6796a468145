import TLSSyntax

/// What a handshake message other than a hello says, as far as a watcher can tell (RFC 8446 §4, RFC 5246 §7.4).
public enum HandshakeContent: Hashable, Sendable {
    case certificate(CertificateMessage)
    case serverKeyExchange(ServerKeyExchange)
    case certificateRequest(CertificateRequest)
    /// Bytes of the key or of the secret that is encrypted.
    case clientKeyExchange(length: Int)
    /// The scheme is not named before TLS 1.2.
    case certificateVerify(SignatureScheme?, length: Int)
    /// RFC 6066 §8: 1 is OCSP.
    case certificateStatus(type: UInt8, length: Int)
    /// Seconds, and bytes; extensions only in TLS 1.3.
    case newSessionTicket(lifetime: UInt32, length: Int, TLSExtensions)
    case encryptedExtensions(TLSExtensions)
    /// Whether the peer has to do the same.
    case keyUpdate(isRequest: Bool)
    /// RFC 8879 §4: 1 is zlib, 2 brotli, 3 zstd.
    case compressedCertificate(algorithm: UInt16, length: Int, compressed: Int)
    /// Nothing stands in it.
    case empty
    /// Bytes that this type does not tell.
    case unread(length: Int)

    /// - Parameters:
    ///   - body: of the handshake message, without its header.
    ///   - version: that was agreed on: the same message has another form in each.
    ///   - suite: that the server chose, which a ServerKeyExchange needs.
    /// - Throws: ``TLSDecodeError/malformedMessage(_:_:)``.
    public init(
        decoding body: [UInt8], of type: HandshakeType, version: TLSVersion, suite: TLSCipherSuite?
    ) throws(TLSDecodeError) {
        switch type {
        case .certificate:
            self = .certificate(try CertificateMessage(decoding: body, isTLS13: version.isTLS13Family))
        case .serverKeyExchange:
            guard let suite else {
                self = .unread(length: body.count)
                return
            }
            self = .serverKeyExchange(try ServerKeyExchange(decoding: body, suite: suite, version: version))
        case .certificateRequest:
            self = .certificateRequest(try CertificateRequest(decoding: body, version: version))
        default:
            do {
                self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                    try HandshakeContent(small: type, from: &reader, version, suite)
                }
            } catch {
                throw .malformedMessage(type, "\(error)")
            }
        }
    }

    private init(
        small type: HandshakeType, from reader: inout SyntaxReader, _ version: TLSVersion, _ suite: TLSCipherSuite?
    ) throws(SyntaxError) {
        switch type {
        case .helloRequest, .serverHelloDone, .endOfEarlyData: self = .empty
        case .clientKeyExchange: self = .clientKeyExchange(length: try reader.range(reader.remaining).count)
        case .certificateVerify:
            let scheme = version >= .tls12 ? SignatureScheme(rawValue: try reader.uint16()) : nil
            self = .certificateVerify(scheme, length: try reader.opaqueRange(lengthBytes: 2, 0...65_535).count)
        case .certificateStatus:
            let kind = try reader.uint8()
            self = .certificateStatus(
                type: kind, length: try reader.opaqueRange(lengthBytes: 3, 0...0xFF_FFFF).count)
        case .newSessionTicket: self = try .ticket(from: &reader, version)
        case .encryptedExtensions:
            self = .encryptedExtensions(TLSExtensions(from: &reader, in: .encryptedExtensions))
        case .keyUpdate:
            let request = try reader.uint8()
            guard request <= 1 else { throw .invalidValue(offset: 0, "a request of \(request)") }
            self = .keyUpdate(isRequest: request == 1)
        case .compressedCertificate:
            let algorithm = try reader.uint16()
            let length = Int(try reader.uint24())
            self = .compressedCertificate(
                algorithm: algorithm, length: length,
                compressed: try reader.opaqueRange(lengthBytes: 3, 1...0xFF_FFFF).count)
        default: self = .unread(length: try reader.range(reader.remaining).count)
        }
    }

    private static func ticket(
        from reader: inout SyntaxReader, _ version: TLSVersion
    ) throws(SyntaxError) -> HandshakeContent {
        let lifetime = try reader.uint32()
        guard version.isTLS13Family else {
            let length = try reader.opaqueRange(lengthBytes: 2, 0...65_535).count
            return .newSessionTicket(lifetime: lifetime, length: length, TLSExtensions())
        }
        _ = try reader.uint32()
        // Drafts up to the 20th had no nonce.
        if version.draft.map({ $0 > 20 }) ?? true { _ = try reader.opaqueRange(lengthBytes: 1, 0...255) }
        let length = try reader.opaqueRange(lengthBytes: 2, 1...65_535).count
        return .newSessionTicket(
            lifetime: lifetime, length: length, TLSExtensions(from: &reader, in: .newSessionTicket))
    }
}
