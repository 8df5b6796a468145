import TLSSyntax

/// What a server chooses (RFC 8446 §4.1.3), or a request to try again (§4.1.4).
public struct ServerHello: Hashable, Sendable {
    public var legacyVersion: TLSVersion
    public var random: [UInt8]
    public var sessionID: [UInt8]
    public var cipherSuite: TLSCipherSuite
    /// 0 is none.
    public var compressionMethod: UInt8
    /// Faults in them leave the rest readable: see ``TLSExtensions/fault``.
    public var extensions: TLSExtensions

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)`` for a fault before the extensions.
    public init(decoding body: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                let version = TLSVersion(rawValue: try reader.uint16())
                let random = try reader.opaque(32)
                // Drafts of TLS 1.3 up to the 21st had neither session nor compression here, and named their version.
                let isEarlyDraft = (0x7F00...0x7F15).contains(version.rawValue) || version == .tls13
                let session = isEarlyDraft ? [] : try reader.opaque(lengthBytes: 1, 0...32)
                let suite = TLSCipherSuite(rawValue: try reader.uint16())
                let compression = isEarlyDraft ? 0 : try reader.uint8()
                return ServerHello(
                    legacyVersion: version, random: random, sessionID: session, cipherSuite: suite,
                    compressionMethod: compression, extensions: TLSExtensions(from: &reader, in: .serverHello))
            }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    init(
        legacyVersion: TLSVersion, random: [UInt8], sessionID: [UInt8], cipherSuite: TLSCipherSuite,
        compressionMethod: UInt8, extensions: TLSExtensions
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.sessionID = sessionID
        self.cipherSuite = cipherSuite
        self.compressionMethod = compressionMethod
        self.extensions = extensions
    }

    /// The version that is spoken from now on.
    public var version: TLSVersion { extensions.versions.first ?? legacyVersion }

    /// The group that it chose withstands a quantum computer, as far as is known.
    public var choosesPostQuantum: Bool { extensions.keyShares.first?.group.isPostQuantum == true }

    /// A HelloRetryRequest is a ServerHello with this random: the SHA-256 of "HelloRetryRequest".
    public var isRetryRequest: Bool { random == Self.retryRandom }

    /// A TLS 1.3 server that was talked down to an older version says so in the last bytes of its random (§4.1.3).
    public var admitsDowngrade: Bool {
        !version.isTLS13Family && random.suffix(8).starts(with: Array("DOWNGRD".utf8))
    }

    private static let retryRandom: [UInt8] = [
        0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
        0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
    ]
}
