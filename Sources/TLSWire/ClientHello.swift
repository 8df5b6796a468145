import TLSSyntax

/// What a client proposes (RFC 8446 §4.1.2).
public struct ClientHello: Hashable, Sendable {
    public var legacyVersion: TLSVersion
    public var random: [UInt8]
    public var sessionID: [UInt8]
    public var cipherSuites: [TLSCipherSuite]
    /// 0 is none, which is all that TLS 1.3 allows.
    public var compressionMethods: [UInt8]
    /// Faults in them leave the rest readable: see ``TLSExtensions/fault``.
    public var extensions: TLSExtensions

    /// - Parameter body: of the handshake message, without its header.
    /// - Throws: ``TLSDecodeError/malformedHello(_:)`` for a fault before the extensions.
    public init(decoding body: [UInt8]) throws(TLSDecodeError) {
        do {
            self = try SyntaxReader.read(body) { (reader) throws(SyntaxError) in
                let version = TLSVersion(rawValue: try reader.uint16())
                let random = try reader.opaque(32)
                let session = try reader.opaque(lengthBytes: 1, 0...32)
                let suites = try reader.vector(lengthBytes: 2, 2...65_534) { (inner) throws(SyntaxError) in
                    TLSCipherSuite(rawValue: try inner.uint16())
                }
                let compressions = try reader.opaque(lengthBytes: 1, 1...255)
                return ClientHello(
                    legacyVersion: version, random: random, sessionID: session, cipherSuites: suites,
                    compressionMethods: compressions, extensions: TLSExtensions(from: &reader, in: .clientHello))
            }
        } catch {
            throw .malformedHello("\(error)")
        }
    }

    public init(
        legacyVersion: TLSVersion, random: [UInt8], sessionID: [UInt8], cipherSuites: [TLSCipherSuite],
        compressionMethods: [UInt8], extensions: TLSExtensions
    ) {
        self.legacyVersion = legacyVersion
        self.random = random
        self.sessionID = sessionID
        self.cipherSuites = cipherSuites
        self.compressionMethods = compressionMethods
        self.extensions = extensions
    }

    /// The best version that is offered, apart from values that only test tolerance (RFC 8701): TLS 1.3, a draft of it, an older one.
    public var bestVersion: TLSVersion {
        let offered = extensions.versions
        if offered.contains(.tls13) { return .tls13 }
        return offered.filter(\.isTLS13Family).max() ?? offered.filter { $0 < .tls13 }.max()
            ?? min(legacyVersion, .tls12)
    }

    /// It can use a group that withstands a quantum computer.
    public var offersPostQuantum: Bool { extensions.supportedGroups.contains(where: \.isPostQuantum) }

    /// It sends a key for such a group.
    public var sharesPostQuantumKey: Bool { extensions.keyShares.contains { $0.group.isPostQuantum } }
}
