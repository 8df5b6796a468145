/// What single extensions say.
extension TLSExtensions {
    /// The host that is asked for (RFC 6066 §3), as it stands there.
    public var serverName: [UInt8]? {
        if case .serverName(let name) = content(of: 0) { name } else { nil }
    }

    /// Protocols offered or chosen (RFC 7301 §3.1), as they stand there.
    public var applicationProtocols: [[UInt8]] {
        if case .protocols(let names) = content(of: 16) { names } else { [] }
    }

    /// Protocols with settings of their own (ALPS, draft-vvv-tls-alps), as they stand there.
    public var settingsProtocols: [[UInt8]] {
        if case .protocols(let names) = content(of: 17613) ?? content(of: 17513) { names } else { [] }
    }

    /// Versions offered, or the one chosen.
    public var versions: [TLSVersion] {
        if case .versions(let versions) = content(of: 43) { versions } else { [] }
    }

    /// Groups for which a key is sent, or the one chosen, with the lengths of the keys.
    public var keyShares: [KeyShare] {
        if case .keyShares(let shares) = content(of: 51) ?? content(of: 40) { shares } else { [] }
    }

    /// Groups for which a key is sent, or the one chosen.
    public var keyShareGroups: [NamedGroup] { keyShares.map(\.group) }

    /// Groups that the client could use, the best first (RFC 8446 §4.2.7).
    public var supportedGroups: [NamedGroup] {
        if case .groups(let groups) = content(of: 10) { groups } else { [] }
    }

    /// Forms of points on a curve that the client understands (RFC 8422 §5.1.2).
    public var pointFormats: [UInt8] {
        if case .pointFormats(let formats) = content(of: 11) { formats } else { [] }
    }

    /// Schemes in which the sender would take a signature, the best first (RFC 8446 §4.2.3).
    public var signatureSchemes: [SignatureScheme] {
        if case .signatureSchemes(let schemes) = content(of: 13) { schemes } else { [] }
    }

    /// The numbers of ``signatureSchemes``.
    public var signatureAlgorithms: [UInt16] { signatureSchemes.map(\.rawValue) }

    /// Schemes in which certificates may be signed, if others (RFC 8446 §4.2.3).
    public var certificateSignatureSchemes: [SignatureScheme] {
        if case .signatureSchemes(let schemes) = content(of: 50) { schemes } else { [] }
    }

    /// Keys that the client offers to go on with.
    public var preSharedKeys: PreSharedKeyOffer? {
        if case .preSharedKeys(let offer) = content(of: 41) { offer } else { nil }
    }

    /// Which of them the server took.
    public var selectedIdentity: UInt16? {
        if case .selectedIdentity(let place) = content(of: 41) { place } else { nil }
    }

    /// How they may be used (RFC 8446 §4.2.9): 0 alone, 1 with a key exchange.
    public var pskModes: [UInt8] {
        if case .pskModes(let modes) = content(of: 45) { modes } else { [] }
    }

    /// Ways in which the sender could take a certificate compressed (RFC 8879 §3).
    public var compressions: [UInt16] {
        if case .compressions(let compressions) = content(of: 27) { compressions } else { [] }
    }

    /// The longest plaintext of a record that the sender takes (RFC 8449 §4).
    public var recordSizeLimit: UInt16? {
        if case .recordSizeLimit(let limit) = content(of: 28) { limit } else { nil }
    }

    /// The encrypted hello, or the bluff, or what the server says of it.
    public var encryptedClientHello: EncryptedClientHello? {
        if case .encryptedClientHello(let hello) = content(of: 0xFE0D) { hello } else { nil }
    }

    public var hasPreSharedKey: Bool { contains(41) }
    public var hasEarlyData: Bool { contains(42) }
    /// A name that is hidden (RFC 9849), or a bluff that looks the same.
    public var hasEncryptedClientHello: Bool { contains(0xFE0D) }
    public var hasExtendedMasterSecret: Bool { contains(23) }
    public var hasEncryptThenMAC: Bool { contains(22) }
    public var hasHeartbeat: Bool { contains(15) }
    public var hasRenegotiationInfo: Bool { contains(65281) }
    public var hasPostHandshakeAuthentication: Bool { contains(49) }

    /// Bytes of the ticket (RFC 5077 §3.2); 0 asks for one, `nil` does not.
    public var sessionTicketLength: Int? { self[35]?.length }
    /// Bytes of padding (RFC 7685).
    public var paddingLength: Int? { self[21]?.length }
    /// Bytes of the cookie (RFC 8446 §4.2.2), without its length.
    public var cookieLength: Int? { self[44].map { max($0.length - 2, 0) } }

    /// Places of the extensions that only test tolerance (RFC 8701), from 0.
    public var greasePositions: [Int] { list.indices.filter { list[$0].type.isGREASE } }
}
