import TLSSyntax

/// What a client proposes (RFC 8446 §4.1.2).
public struct ClientHello: Hashable, Sendable {
    public var legacyVersion: TLSVersion
    public var random: [UInt8]
    public var sessionID: [UInt8]
    public var cipherSuites: [TLSCipherSuite]
    public var extensions: TLSExtensions

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)``.
    public init(decoding body: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                let version = TLSVersion(rawValue: try reader.uint16())
                let random = try reader.opaque(32)
                let session = try reader.opaque(lengthBytes: 1, 0...32)
                let suites = try reader.vector(lengthBytes: 2, 2...65_534) { (inner) throws(SyntaxError) in
                    TLSCipherSuite(rawValue: try inner.uint16())
                }
                _ = try reader.opaqueRange(lengthBytes: 1, 1...255)
                return ClientHello(
                    legacyVersion: version, random: random, sessionID: session, cipherSuites: suites,
                    extensions: try TLSExtensions(from: &reader, isClient: true))
            }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    init(
        legacyVersion: TLSVersion, random: [UInt8], sessionID: [UInt8], cipherSuites: [TLSCipherSuite],
        extensions: TLSExtensions
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.sessionID = sessionID
        self.cipherSuites = cipherSuites
        self.extensions = extensions
    }

    /// The best version that is offered, apart from values that only test tolerance (RFC 8701).
    public var bestVersion: TLSVersion {
        extensions.versions.filter { $0 <= .tls13 }.max() ?? min(legacyVersion, .tls12)
    }
}
