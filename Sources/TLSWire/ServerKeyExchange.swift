import TLSSyntax

/// What a server sends for the key exchange before TLS 1.3 (RFC 5246 §7.4.3, RFC 8422 §5.4, RFC 4279 §2).
public struct ServerKeyExchange: Hashable, Sendable {
    public enum Parameters: Hashable, Sendable {
        case curve(NamedGroup, keyLength: Int)
        /// A curve that is described instead of named: nobody should take it (RFC 8422 §5.4).
        case explicitCurve
        case finiteField(primeBits: Int, keyLength: Int)
        /// Of the weak kind of before 2000.
        case rsa(modulusBits: Int)
        case secureRemotePassword(primeBits: Int)
        /// A key that both know already.
        case preShared
        /// The suite is not known, or has parameters that this type does not tell.
        case unread
    }

    public var parameters: Parameters = .unread
    /// RFC 4279 §2: a word that helps the client to choose its key, as it stands there.
    public var hint: [UInt8]?
    /// Only TLS 1.2 names it.
    public var signatureScheme: SignatureScheme?
    /// Bytes of the signature; `nil` if there is none.
    public var signatureLength: Int?

    /// - Parameters:
    ///   - body: of the handshake message, without its header.
    ///   - suite: that the server chose: it says which form this has.
    /// - Throws: ``TLSDecodeError/malformedMessage(_:_:)``.
    public init(decoding body: [UInt8], suite: TLSCipherSuite, version: TLSVersion) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                try ServerKeyExchange(from: &reader, suite.ianaName ?? "", version)
            }
        } catch {
            throw .malformedMessage(.serverKeyExchange, "\(error)")
        }
    }

    private init(from reader: inout SyntaxReader, _ suite: String, _ version: TLSVersion) throws(SyntaxError) {
        let method = suite.hasPrefix("TLS_") ? String(suite.dropFirst(4)) : ""
        let usesPreShared = method.hasPrefix("PSK") || method.contains("_PSK_")
        if usesPreShared { hint = try reader.opaque(lengthBytes: 2, 0...65_535) }
        if method.hasPrefix("ECDH") {
            try readCurve(&reader)
        } else if method.hasPrefix("DH") {
            let prime = try Self.bits(&reader)
            _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
            parameters = .finiteField(
                primeBits: prime, keyLength: try reader.opaqueRange(lengthBytes: 2, 1...65_535).count)
        } else if method.hasPrefix("SRP") {
            parameters = .secureRemotePassword(primeBits: try Self.bits(&reader))
            _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
            _ = try reader.opaqueRange(lengthBytes: 1, 0...255)
            _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
        } else if method.hasPrefix("RSA_EXPORT") {
            parameters = .rsa(modulusBits: try Self.bits(&reader))
            _ = try reader.opaqueRange(lengthBytes: 2, 1...65_535)
        } else if usesPreShared {
            parameters = .preShared
        }
        guard parameters != .unread, parameters != .explicitCurve else {
            _ = try reader.range(reader.remaining)
            return
        }
        // Without a certificate nobody signs.
        if method.contains("_anon_") || usesPreShared || method.hasPrefix("SRP_SHA_WITH") { return }
        if version == .tls12 { signatureScheme = SignatureScheme(rawValue: try reader.uint16()) }
        signatureLength = try reader.opaqueRange(lengthBytes: 2, 0...65_535).count
    }

    private mutating func readCurve(_ reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 3:
            let group = NamedGroup(rawValue: try reader.uint16())
            parameters = .curve(group, keyLength: try reader.opaqueRange(lengthBytes: 1, 1...255).count)
        case 1, 2: parameters = .explicitCurve
        case let type: throw .invalidValue(offset: start, "a curve of the unknown type \(type)")
        }
    }

    private static func bits(_ reader: inout SyntaxReader) throws(SyntaxError) -> Int {
        DERReader.bits(try reader.opaque(lengthBytes: 2, 1...65_535)[...])
    }

    /// `P-256`, `DH 2048`: the key exchange in a word.
    public var words: String {
        switch parameters {
        case .curve(let group, _): group.description
        case .explicitCurve: "a curve of its own"
        case .finiteField(let bits, _): "DH \(bits)"
        case .rsa(let bits): "RSA \(bits)"
        case .secureRemotePassword(let bits): "SRP \(bits)"
        case .preShared: "PSK"
        case .unread: "unknown"
        }
    }
}
