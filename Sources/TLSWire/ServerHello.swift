import TLSSyntax

/// What a server chooses (RFC 8446 §4.1.3), or a request to try again (§4.1.4).
public struct ServerHello: Hashable, Sendable {
    public var legacyVersion: TLSVersion
    public var random: [UInt8]
    public var sessionID: [UInt8]
    public var cipherSuite: TLSCipherSuite
    public var extensions: TLSExtensions

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)``.
    public init(decoding body: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                let version = TLSVersion(rawValue: try reader.uint16())
                let random = try reader.opaque(32)
                let session = try reader.opaque(lengthBytes: 1, 0...32)
                let suite = TLSCipherSuite(rawValue: try reader.uint16())
                _ = try reader.uint8()
                return ServerHello(
                    legacyVersion: version, random: random, sessionID: session, cipherSuite: suite,
                    extensions: try TLSExtensions(from: &reader, isClient: false))
            }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    init(
        legacyVersion: TLSVersion, random: [UInt8], sessionID: [UInt8], cipherSuite: TLSCipherSuite,
        extensions: TLSExtensions
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.sessionID = sessionID
        self.cipherSuite = cipherSuite
        self.extensions = extensions
    }

    /// The version that is spoken from now on.
    public var version: TLSVersion { extensions.versions.first ?? legacyVersion }

    /// A HelloRetryRequest is a ServerHello with this random: the SHA-256 of "HelloRetryRequest".
    public var isRetryRequest: Bool { random == Self.retryRandom }

    /// A TLS 1.3 server that was talked down to an older version says so in the last bytes of its random (§4.1.3).
    public var admitsDowngrade: Bool {
        version < .tls13 && random.suffix(8).starts(with: Array("DOWNGRD".utf8))
    }

    private static let retryRandom: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ]
}
