import COpenSSL
import Chat
import Glibc

/// Judges a peer's certificate inside the handshake, so that the right alert goes out: first libcrypto's check of chain, time,
/// revocation and name, then ``CertificatePolicy``.
enum PeerVerifier {
    static func install(in context: OpaquePointer) {
        SSL_CTX_set_cert_verify_callback(
            context,
            { store, _ in
                guard let store else { return 0 }
                let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()).map {
                    OpaquePointer($0)
                }
                guard let ssl else {
                    X509_STORE_CTX_set_error(store, X509_V_ERR_UNSPECIFIED)
                    return 0
                }
                guard PeerVerifier.hasProtocol(ssl) else {
                    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
                    TLSSession.of(ssl)?.noteMissingProtocol()
                    return 0
                }
                let subject: CertificatePolicy.Subject = SSL_is_server(ssl) == 1 ? .client : .server
                guard let failure = PeerVerifier.check(store, as: subject) else { return 1 }
                X509_STORE_CTX_set_error(store, failure.code)
                TLSSession.of(ssl)?.note(failure)
                return 0
            }, nil)
    }

    /// Whether both sides named our protocol. libssl refuses a wrong one by itself, but lets one pass that names none. It is refused
    /// here, and not at once, so that tools that look at a server's TLS settings, and name none, can do their work.
    private static func hasProtocol(_ ssl: OpaquePointer) -> Bool {
        var name: UnsafePointer<UInt8>?
        var length: UInt32 = 0
        SSL_get0_alpn_selected(ssl, &name, &length)
        return length > 0
    }

    /// - Parameter store: a prepared check of one certificate, that has not run.
    static func check(_ store: OpaquePointer, as subject: CertificatePolicy.Subject) -> VerificationFailure? {
        let now = Int64(time(nil))
        guard let leaf = X509_STORE_CTX_get0_cert(store) else {
            return VerificationFailure(
                code: X509_V_ERR_UNSPECIFIED, depth: 0, name: "nobody", subject: subject, validity: 0...0, now: now)
        }
        if X509_verify_cert(store) != 1 {
            let code = X509_STORE_CTX_get_error(store)
            // libcrypto finds no issuer for a certificate that it cannot read in full.
            if lacksIssuer.contains(code), CertificateFacts(parsing: leaf).hasMalformedExtension {
                let violation = CertificateViolation.malformedExtension
                var failure = failure(violation.verificationCode, at: leaf, depth: 0, leaf: leaf, subject, now)
                failure.violation = violation
                return failure
            }
            return failure(
                code == X509_V_OK ? X509_V_ERR_UNSPECIFIED : code, at: X509_STORE_CTX_get_current_cert(store) ?? leaf,
                depth: Int(X509_STORE_CTX_get_error_depth(store)), leaf: leaf, subject, now)
        }
        for (index, issuer) in intermediates(of: store).enumerated() {
            if let violation = CertificatePolicy.violation(ofAuthority: CertificateFacts(parsing: issuer)) {
                return failure(violation, at: issuer, depth: index + 1, leaf: leaf, subject, now)
            }
        }
        return CertificatePolicy.violation(of: CertificateFacts(parsing: leaf), as: subject)
            .map { failure($0, at: leaf, depth: 0, leaf: leaf, subject, now) }
    }

    /// What stands between the leaf and the authority that we trust, which was judged when it was loaded.
    private static func intermediates(of store: OpaquePointer) -> [OpaquePointer] {
        guard let chain = X509_STORE_CTX_get0_chain(store) else { return [] }
        let count = OPENSSL_sk_num(chain)
        guard count > 2 else { return [] }
        return (1..<count - 1).compactMap { OPENSSL_sk_value(chain, $0).map { OpaquePointer($0) } }
    }

    private static func failure(
        _ violation: CertificateViolation, at refused: OpaquePointer, depth: Int, leaf: OpaquePointer,
        _ subject: CertificatePolicy.Subject, _ now: Int64
    ) -> VerificationFailure {
        var failure = failure(violation.verificationCode, at: refused, depth: depth, leaf: leaf, subject, now)
        failure.violation = violation
        return failure
    }

    private static let lacksIssuer: Set<Int32> = [
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
    ]

    private static func failure(
        _ code: Int32, at refused: OpaquePointer, depth: Int, leaf: OpaquePointer,
        _ subject: CertificatePolicy.Subject, _ now: Int64
    ) -> VerificationFailure {
        X509_up_ref(leaf)
        return VerificationFailure(
            code: code, depth: depth, name: Certificate(owning: leaf).displayName, subject: subject,
            validity: CertificateFacts(parsing: refused).validity, now: now)
    }
}

extension CertificateViolation {
    /// What libssl is told, from which it takes the alert (RFC 8446 §6.2): `unsupported_certificate` for a certificate of a
    /// kind that we do not take, `bad_certificate` for one that is made badly.
    fileprivate var verificationCode: Int32 {
        switch self {
        case .keyType, .signatureHash, .noBasicConstraints, .isAuthority, .keyUsage, .extendedKeyUsage:
            X509_V_ERR_INVALID_PURPOSE
        case .notVersion3, .serialNumber, .malformedExtension, .containsNUL, .noSubject, .severalCommonNames,
            .validTooLong, .noName,
            .tooManyNames, .notOneIdentity, .notHosts:
            X509_V_ERR_CERT_REJECTED
        }
    }
}
