import TLSSyntax

/// A server asks for a certificate (RFC 8446 §4.3.2, RFC 5246 §7.4.4).
public struct CertificateRequest: Hashable, Sendable {
    /// Names of authorities that are kept.
    public static let mostAuthorities = 256

    /// Which the answer has to repeat; only TLS 1.3 has it.
    public var context: [UInt8] = []
    /// Only before TLS 1.3: 1 is RSA, 2 DSA, 64 ECDSA.
    public var types: [UInt8] = []
    /// Not before TLS 1.2.
    public var signatureSchemes: [SignatureScheme] = []
    /// As RFC 4514 writes them; empty if any will do.
    public var authorities: [String] = []
    /// Only TLS 1.3 has them.
    public var extensions = TLSExtensions()

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedMessage(_:_:)``.
    public init(decoding body: [UInt8], version: TLSVersion) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                version.isTLS13Family
                    ? try CertificateRequest(modern: &reader) : try CertificateRequest(old: &reader, version)
            }
        } catch {
            throw .malformedMessage(.certificateRequest, "\(error)")
        }
    }

    private init(modern reader: inout SyntaxReader) throws(SyntaxError) {
        context = try reader.opaque(lengthBytes: 1, 0...255)
        extensions = TLSExtensions(from: &reader, in: .certificateRequest)
        signatureSchemes = extensions.signatureSchemes
        if case .authorities(let names) = extensions.content(of: 47) { authorities = names }
    }

    private init(old reader: inout SyntaxReader, _ version: TLSVersion) throws(SyntaxError) {
        types = try reader.opaque(lengthBytes: 1, 0...255)
        if version == .tls12 {
            signatureSchemes = try reader.vector(lengthBytes: 2, 0...65_534) { (inner) throws(SyntaxError) in
                SignatureScheme(rawValue: try inner.uint16())
            }
        }
        var names: [String] = []
        try reader.nested(lengthBytes: 2, 0...65_535) { (list) throws(SyntaxError) in
            while !list.isAtEnd {
                let name = try list.opaque(lengthBytes: 2, 1...65_535)
                if names.count < Self.mostAuthorities { names.append(DistinguishedName.text(ofDER: name)) }
            }
        }
        authorities = names
    }
}
