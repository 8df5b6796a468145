/// A rule of ``CertificatePolicy`` that a certificate breaks.
public enum CertificateViolation: Error, Hashable, Sendable {
    case notVersion3
    case serialNumber
    case malformedExtension
    case containsNUL
    case noSubject
    case severalCommonNames
    case validTooLong(days: Int)
    case keyType(String)
    case signatureHash(String)
    case noBasicConstraints
    case isAuthority
    case keyUsage
    case extendedKeyUsage(wanted: CertificatePolicy.Subject)
    case noName
    case tooManyNames
    case notOneIdentity
    case notHosts
}

extension CertificateViolation: CustomStringConvertible {
    /// What is wrong, to follow "the certificate of NAME".
    public var description: String {
        switch self {
        case .notVersion3: "is not an X.509 version 3 certificate"
        case .serialNumber: "has a serial number that is not positive or is longer than 20 bytes"
        case .malformedExtension: "has an extension that is malformed or occurs twice"
        case .containsNUL: "has a NUL byte in a name"
        case .noSubject: "has an empty subject"
        case .severalCommonNames: "has more than one common name"
        case .validTooLong(let days):
            "is valid for over \(days) days; \(CertificatePolicy.maximumValidity / 86_400) are the most"
        case .keyType(let type): "has a key of type \(type); only P-256 and P-384 are used"
        case .signatureHash(let hash): "is signed with \(hash); SHA-256, SHA-384 or SHA-512 is needed"
        case .noBasicConstraints: "does not say whether it is an authority (no basic constraints)"
        case .isAuthority: "is an authority's, not a device's or server's"
        case .keyUsage: "does not have the key usage digitalSignature and no other"
        case .extendedKeyUsage(.client): "is not for TLS clients alone (extended key usage clientAuth and no other)"
        case .extendedKeyUsage(.server): "is not for TLS servers alone (extended key usage serverAuth and no other)"
        case .noName: "names nobody (no subject alternative name)"
        case .tooManyNames: "has more than \(CertificatePolicy.maximumNames) names"
        case .notOneIdentity: "does not hold exactly one name of the form \(PeerIdentity.scheme):USER/DEVICE"
        case .notHosts: "holds names that are neither hosts nor addresses (wildcards are not used)"
        }
    }
}
