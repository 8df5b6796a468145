/// What the certificate policy needs to know of an X.509 certificate (RFC 5280), as parsed by an adapter.
public struct CertificateFacts: Hashable, Sendable {
    public enum KeyType: Hashable, Sendable {
        case p256
        case p384
        /// Anything else, in words.
        case other(String)
    }

    /// The hash function of the issuer's signature.
    public enum SignatureHash: Hashable, Sendable {
        case sha256
        case sha384
        case sha512
        case other(String)
    }

    /// The basic constraints extension (RFC 5280 §4.2.1.9).
    public enum BasicConstraints: Hashable, Sendable {
        case absent
        case endEntity
        case authority
    }

    /// An entry of the subject alternative name (RFC 5280 §4.2.1.6).
    public enum AlternativeName: Hashable, Sendable {
        case uri(String)
        case dns(String)
        /// 4 or 16 bytes.
        case address([UInt8])
        case other
    }

    /// Bits of the key usage extension (RFC 5280 §4.2.1.3), as a certificate names them.
    public enum KeyUsage: Hashable, Sendable {
        case digitalSignature
        case other(String)
    }

    /// What a key may be used for (RFC 5280 §4.2.1.12).
    public enum ExtendedKeyUsage: Hashable, Sendable {
        case clientAuthentication
        case serverAuthentication
        /// An object identifier or its name.
        case other(String)
    }

    /// X.509's version, 3 for every certificate with extensions.
    public var version: Int
    /// Positive and at most 20 bytes long (RFC 5280 §4.1.2.2): a revocation list names a certificate by it.
    public var hasValidSerialNumber: Bool
    public var keyType: KeyType
    public var signatureHash: SignatureHash
    public var basicConstraints: BasicConstraints
    /// `nil` without the extension.
    public var keyUsage: Set<KeyUsage>?
    /// `nil` without the extension.
    public var extendedKeyUsage: Set<ExtendedKeyUsage>?
    /// At most ``CertificatePolicy/maximumNames`` + 1 of them; `nil` without the extension.
    public var alternativeNames: [AlternativeName]?
    /// The subject's common names, for display only.
    public var commonNames: [String]
    public var isSubjectEmpty: Bool
    /// A NUL byte in the subject or an alternative name: some programs would read only what precedes it.
    public var containsNUL: Bool
    /// An extension that occurs twice or cannot be parsed.
    public var hasMalformedExtension: Bool
    /// Seconds since 1970.
    public var validity: ClosedRange<Int64>

    public init(
        version: Int, hasValidSerialNumber: Bool, keyType: KeyType, signatureHash: SignatureHash,
        basicConstraints: BasicConstraints,
        keyUsage: Set<KeyUsage>?, extendedKeyUsage: Set<ExtendedKeyUsage>?, alternativeNames: [AlternativeName]?,
        commonNames: [String], isSubjectEmpty: Bool, containsNUL: Bool, hasMalformedExtension: Bool,
        validity: ClosedRange<Int64>
    ) {
        self.version = version
        self.hasValidSerialNumber = hasValidSerialNumber
        self.keyType = keyType
        self.signatureHash = signatureHash
        self.basicConstraints = basicConstraints
        self.keyUsage = keyUsage
        self.extendedKeyUsage = extendedKeyUsage
        self.alternativeNames = alternativeNames
        self.commonNames = commonNames
        self.isSubjectEmpty = isSubjectEmpty
        self.containsNUL = containsNUL
        self.hasMalformedExtension = hasMalformedExtension
        self.validity = validity
    }
}
