import COpenSSL
import Chat

/// Why a peer's certificate was refused.
package struct VerificationFailure: Hashable, Sendable {
    /// `X509_V_ERR_…`; it decides which alert goes out.
    var code: Int32
    /// 0 is the peer's own certificate; above are the authorities.
    var depth: Int
    /// The rule of ours that the certificate breaks; `nil` if libcrypto refused it.
    var violation: CertificateViolation?
    /// Whom the certificate names, for people.
    var name: String
    /// Whose certificate was checked.
    var subject: CertificatePolicy.Subject
    /// When the refused certificate is valid. Seconds since 1970.
    var validity: ClosedRange<Int64>
    /// When it was checked. Seconds since 1970.
    var now: Int64
}

extension VerificationFailure {
    /// Whether the authority has revoked the certificate, or one above it.
    package var isRevocation: Bool { code == X509_V_ERR_CERT_REVOKED }

    /// Whether the certificate is at fault, and not our revocation list or a lack of memory.
    package var blamesPeer: Bool {
        switch code {
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
            X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE,
            X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_DIFFERENT_CRL_SCOPE,
            X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_CRL_PATH_VALIDATION_ERROR,
            X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, X509_V_ERR_OUT_OF_MEM:
            false
        default: true
        }
    }
}

extension VerificationFailure: CustomStringConvertible {
    /// One sentence with the cause and the remedy.
    package var description: String {
        if let violation {
            let what = depth > 0 ? "\(owner) certificate" : "the certificate of \(name)"
            return "\(what) \(violation); \(makeAnother)"
        }
        return "\(cause); \(remedy)"
    }

    /// What is wrong, without the remedy.
    var cause: String {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            "\(owner) certificate expired \(Duration.words(now - validity.upperBound)) ago"
        case X509_V_ERR_CERT_NOT_YET_VALID:
            "\(owner) certificate is not valid yet, for another \(Duration.words(validity.lowerBound - now))"
        case X509_V_ERR_CERT_REVOKED: "\(owner) certificate was revoked"
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_CERT_UNTRUSTED:
            "\(leafOwner) certificate was issued by an authority that is not ours"
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: "\(owner) certificate was issued by itself, not by our authority"
        case X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
            "the signature on \(owner) certificate is not our authority's"
        case X509_V_ERR_CERT_CHAIN_TOO_LONG: "\(leafOwner) certificate hangs on too many authorities"
        case X509_V_ERR_PATH_LENGTH_EXCEEDED, X509_V_ERR_INVALID_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
            X509_V_ERR_INVALID_NON_CA:
            "\(leafOwner) certificate was issued by one that may not issue any"
        case X509_V_ERR_INVALID_PURPOSE: "\(owner) certificate is not for a TLS \(subject)"
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            "the server's certificate is for another name"
        case X509_V_ERR_UNABLE_TO_GET_CRL:
            "there is no revocation list of the authority that issued \(owner) certificate"
        case X509_V_ERR_CRL_HAS_EXPIRED: "our revocation list is out of date, so nobody can be let in"
        case X509_V_ERR_CRL_NOT_YET_VALID: "our revocation list is from the future: the clock is wrong"
        case X509_V_ERR_CRL_SIGNATURE_FAILURE, X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
            "the signature on our revocation list is wrong"
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL: "\(owner) certificate has too weak a key"
        case X509_V_ERR_CA_MD_TOO_WEAK: "\(owner) certificate is signed with too weak a hash function"
        case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
            "\(owner) certificate has a critical extension that we do not know"
        case X509_V_ERR_PERMITTED_VIOLATION, X509_V_ERR_EXCLUDED_VIOLATION, X509_V_ERR_SUBTREE_MINMAX,
            X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE, X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX,
            X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
            "\(owner) certificate holds a name that its authority may not give"
        case X509_V_ERR_OUT_OF_MEM: "there was not enough memory to check \(owner) certificate"
        default: "\(owner) certificate was refused (\(String(cString: X509_verify_cert_error_string(Int(code)))))"
        }
    }

    private var remedy: String {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: depth > 0 ? "make a new authority with scripts/certs init" : renew
        case X509_V_ERR_CERT_NOT_YET_VALID: "check the clocks of both machines (timedatectl)"
        case X509_V_ERR_CERT_REVOKED: subject == .client ? "make another with scripts/certs client" : makeAnother
        case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
            "connect by a name that it holds, or run scripts/certs server --host NAME on the server"
        case X509_V_ERR_CRL_NOT_YET_VALID: "check it with timedatectl"
        case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_SIGNATURE_FAILURE,
            X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE:
            "run scripts/certs crl and reload the server"
        case X509_V_ERR_OUT_OF_MEM: "try again"
        default: makeAnother
        }
    }

    /// "bob/laptop's", "the server's", "the issuing authority's": whose certificate libcrypto refused.
    private var owner: String {
        depth > 0 ? "the issuing authority's" : leafOwner
    }

    private var leafOwner: String {
        subject == .server ? "the server's" : "\(name)'s"
    }

    private var renew: String {
        subject == .server ? "run scripts/certs renew server on the server" : "run scripts/certs renew \(name)"
    }

    private var makeAnother: String {
        switch subject {
        case .server: "use the ca.pem of this server's authority, or make its certificate with scripts/certs server"
        case .client: "make it with scripts/certs client, on the machine that holds this server's authority"
        }
    }
}

extension CertificatePolicy.Subject {
    /// Whom the side that plays `role` checks.
    init(peerOf role: TLSRole) {
        self = role == .server ? .client : .server
    }
}
