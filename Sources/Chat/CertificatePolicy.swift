/// Which leaf certificates are good enough, beyond what a TLS library checks: of 39 dubious client certificates OpenSSL 3.0
/// accepts 16.
///
/// It judges the parsed leaf. Chain, signatures, validity in time, and revocation are the TLS library's part.
public enum CertificatePolicy {
    /// Whose certificate it is.
    public enum Subject: Hashable, Sendable {
        /// A device: exactly one name, its identity.
        case client
        /// A server: the hosts that it answers for.
        case server
    }

    /// Names in one certificate.
    public static let maximumNames = 32
    /// From the first second of validity to the last.
    public static let maximumValidity: Int64 = 825 * 86_400

    /// The first rule that the certificate breaks; `nil` if it breaks none.
    public static func violation(of facts: CertificateFacts, as subject: Subject) -> CertificateViolation? {
        structure(facts) ?? key(facts) ?? purpose(facts, subject) ?? names(facts, subject)
    }

    /// The first rule that an authority's certificate breaks; `nil` if it breaks none. An authority is held to the keys and hash
    /// functions of what it issues: a chain is as strong as its weakest signature.
    public static func violation(ofAuthority facts: CertificateFacts) -> CertificateViolation? {
        if facts.version != 3 { return .notVersion3 }
        if facts.hasMalformedExtension { return .malformedExtension }
        return key(facts)
    }

    private static func structure(_ facts: CertificateFacts) -> CertificateViolation? {
        if facts.version != 3 { return .notVersion3 }
        if !facts.hasValidSerialNumber { return .serialNumber }
        if facts.hasMalformedExtension { return .malformedExtension }
        if facts.containsNUL { return .containsNUL }
        if facts.isSubjectEmpty { return .noSubject }
        if facts.commonNames.count > 1 { return .severalCommonNames }
        // Validity counts both ends (RFC 5280 §4.1.2.5).
        let (length, overflow) = facts.validity.upperBound.subtractingReportingOverflow(facts.validity.lowerBound)
        if overflow || length >= maximumValidity { return .validTooLong(days: Int(clamping: length / 86_400)) }
        return nil
    }

    private static func key(_ facts: CertificateFacts) -> CertificateViolation? {
        if case .other(let type) = facts.keyType { return .keyType(type) }
        if case .other(let hash) = facts.signatureHash { return .signatureHash(hash) }
        return nil
    }

    private static func purpose(_ facts: CertificateFacts, _ subject: Subject) -> CertificateViolation? {
        switch facts.basicConstraints {
        case .absent: return .noBasicConstraints
        case .authority: return .isAuthority
        case .endEntity: break
        }
        if facts.keyUsage != [.digitalSignature] { return .keyUsage }
        let wanted: CertificateFacts.ExtendedKeyUsage =
            subject == .client ? .clientAuthentication : .serverAuthentication
        if facts.extendedKeyUsage != [wanted] { return .extendedKeyUsage(wanted: subject) }
        return nil
    }

    private static func names(_ facts: CertificateFacts, _ subject: Subject) -> CertificateViolation? {
        guard let names = facts.alternativeNames, !names.isEmpty else { return .noName }
        if names.count > maximumNames { return .tooManyNames }
        switch subject {
        case .client: return identity(in: facts) == nil ? .notOneIdentity : nil
        case .server:
            let areHosts = names.allSatisfy {
                switch $0 {
                case .dns(let name): isHostName(name)
                case .address(let bytes): bytes.count == 4 || bytes.count == 16
                case .uri, .other: false
                }
            }
            return areHosts ? nil : .notHosts
        }
    }

    /// Letters, digits, `.`, `-` and `_`, at most 253 of them (RFC 1035 §2.3.4). No wildcard: clients compare names as they are.
    private static func isHostName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...253).contains(bytes.count), bytes.first != UInt8(ascii: ".") else { return false }
        return bytes.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    /// The identity of a device, if that is the only name in the certificate.
    public static func identity(in facts: CertificateFacts) -> PeerIdentity? {
        guard let names = facts.alternativeNames, names.count == 1, case .uri(let uri) = names[0] else { return nil }
        return PeerIdentity(uri: uri)
    }
}
