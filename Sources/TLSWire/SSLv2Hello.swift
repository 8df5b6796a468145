import TLSSyntax

/// The hello of SSL 2.0, by which a client may also ask for SSL 3.0 and up to TLS 1.2 (RFC 5246 §E.2).
public struct SSLv2ClientHello: Hashable, Sendable {
    /// The best version that the client speaks.
    public var version: TLSVersion
    public var cipherSpecs: [SSLv2CipherSpec]
    public var sessionID: [UInt8]
    public var challenge: [UInt8]

    /// - Parameter message: without the two bytes of the record's header, from the message type on.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)``.
    public init(decoding message: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(message) { (reader) throws(SyntaxError) in try Self(from: &reader) }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    private init(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == 1 else { throw .invalidValue(offset: 0, "no CLIENT-HELLO of SSL 2.0") }
        version = TLSVersion(rawValue: try reader.uint16())
        let specs = Int(try reader.uint16())
        let session = Int(try reader.uint16())
        let challenge = Int(try reader.uint16())
        guard version == .ssl2 || (0x0300...0x0304).contains(version.rawValue) else {
            throw .invalidValue(offset: 1, "\(version)")
        }
        guard specs > 0, specs % 3 == 0 else { throw .invalidValue(offset: 3, "\(specs) bytes of cipher specs") }
        guard session <= 32 else { throw .lengthOutOfRange(offset: 5, length: session, allowed: 0...32) }
        guard (16...32).contains(challenge) else {
            throw .lengthOutOfRange(offset: 7, length: challenge, allowed: 16...32)
        }
        cipherSpecs = try SSLv2CipherSpec.list(specs, from: &reader)
        sessionID = try reader.opaque(session)
        self.challenge = try reader.opaque(challenge)
    }

    /// Those of its cipher specs that are suites of SSL 3.0 and TLS.
    public var cipherSuites: [TLSCipherSuite] { cipherSpecs.compactMap(\.cipherSuite) }
}

/// The answer of an SSL 2.0 server.
public struct SSLv2ServerHello: Hashable, Sendable {
    public var isResumed: Bool
    public var version: TLSVersion
    /// Bytes of the certificate, which is X.509.
    public var certificate: [UInt8]
    /// Those that both know, or none when a session goes on.
    public var cipherSpecs: [SSLv2CipherSpec]
    public var connectionID: [UInt8]

    /// - Parameter message: without the two bytes of the record's header, from the message type on.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)``.
    public init(decoding message: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(message) { (reader) throws(SyntaxError) in try Self(from: &reader) }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    private init(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == 4 else { throw .invalidValue(offset: 0, "no SERVER-HELLO of SSL 2.0") }
        let hit = try reader.uint8()
        guard hit <= 1 else { throw .invalidValue(offset: 1, "a session hit of \(hit)") }
        isResumed = hit == 1
        _ = try reader.uint8()
        version = TLSVersion(rawValue: try reader.uint16())
        guard version == .ssl2 else { throw .invalidValue(offset: 3, "\(version)") }
        let certificate = Int(try reader.uint16())
        let specs = Int(try reader.uint16())
        let connection = Int(try reader.uint16())
        guard specs % 3 == 0 else { throw .invalidValue(offset: 7, "\(specs) bytes of cipher specs") }
        self.certificate = try reader.opaque(certificate)
        cipherSpecs = try SSLv2CipherSpec.list(specs, from: &reader)
        connectionID = try reader.opaque(connection)
    }
}

/// Three bytes that name a cipher of SSL 2.0, or after a zero a suite of its successors.
public struct SSLv2CipherSpec: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// `0...0xFF_FFFF`.
    public var rawValue: UInt32

    public init(rawValue: UInt32) {
        self.rawValue = rawValue & 0xFF_FFFF
    }

    public var cipherSuite: TLSCipherSuite? {
        rawValue <= 0xFFFF ? TLSCipherSuite(rawValue: UInt16(truncatingIfNeeded: rawValue)) : nil
    }

    /// `SSL2_RC4_128_WITH_MD5`
    public var description: String {
        if let cipherSuite { return cipherSuite.ianaName ?? cipherSuite.description }
        return Self.names[rawValue] ?? "cipher 0x" + String(rawValue, radix: 16)
    }

    static func list(_ bytes: Int, from reader: inout SyntaxReader) throws(SyntaxError) -> [SSLv2CipherSpec] {
        try reader.nested(bytes) { (inner) throws(SyntaxError) in
            var specs: [SSLv2CipherSpec] = []
            while !inner.isAtEnd { specs.append(SSLv2CipherSpec(rawValue: try inner.uint24())) }
            return specs
        }
    }

    private static let names: [UInt32: String] = [
        0x010080: "SSL2_RC4_128_WITH_MD5", 0x020080: "SSL2_RC4_128_EXPORT40_WITH_MD5",
        0x030080: "SSL2_RC2_128_CBC_WITH_MD5", 0x040080: "SSL2_RC2_128_CBC_EXPORT40_WITH_MD5",
        0x050080: "SSL2_IDEA_128_CBC_WITH_MD5", 0x060040: "SSL2_DES_64_CBC_WITH_MD5",
        0x0700C0: "SSL2_DES_192_EDE3_CBC_WITH_MD5", 0x080080: "SSL2_RC4_64_WITH_MD5",
    ]
}
