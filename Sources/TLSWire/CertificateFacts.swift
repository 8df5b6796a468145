/// Of an X.509 certificate (RFC 5280), what a person asks for. It says what stands in it, and verifies nothing.
public struct CertificateFacts: Hashable, Sendable {
    /// As RFC 4514 writes names: `CN=chat.example,O=Example`.
    public var subject: String
    public var issuer: String
    /// In hexadecimal digits.
    public var serialNumber: String
    /// Seconds since 1970.
    public var notBefore: Int64
    public var notAfter: Int64
    /// Names and addresses that it is for (RFC 5280 §4.2.1.6).
    public var alternativeNames: [String]
    /// `P-256`, `RSA 2048`, `Ed25519`.
    public var key: String
    /// Of the key or of its curve; `nil` for a kind that is not known.
    public var keyBits: Int?
    /// `ecdsa-with-SHA256`
    public var signatureAlgorithm: String
    public var isAuthority: Bool
    /// SHA-256 of the whole, in hexadecimal digits.
    public var fingerprint: String

    public init(
        subject: String, issuer: String, serialNumber: String, notBefore: Int64, notAfter: Int64,
        alternativeNames: [String], key: String, keyBits: Int?, signatureAlgorithm: String, isAuthority: Bool,
        fingerprint: String
    ) {
        self.subject = subject
        self.issuer = issuer
        self.serialNumber = serialNumber
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.alternativeNames = alternativeNames
        self.key = key
        self.keyBits = keyBits
        self.signatureAlgorithm = signatureAlgorithm
        self.isAuthority = isAuthority
        self.fingerprint = fingerprint
    }

    /// Whether it names itself as its issuer; whether it signed itself is not checked.
    public var isSelfIssued: Bool { subject == issuer }
}
