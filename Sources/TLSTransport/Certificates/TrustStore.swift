import COpenSSL
import Chat

/// The authorities that a peer's certificate must come from, and what they have revoked.
final class TrustStore {
    private let authorities: [Certificate]
    private let store: OpaquePointer
    /// When the first revocation list becomes stale; `nil` without one. Seconds since 1970.
    private(set) var revocationListExpiry: Int64?

    /// The most certificates between a peer's and a trusted one.
    private static let maximumIntermediates: Int32 = 1

    /// - Parameter now: seconds since 1970.
    /// - Throws: ``TLSConfigurationError``.
    init(_ files: TLSFiles, role: TLSRole, now: Int64) throws(TLSConfigurationError) {
        authorities = try Self.authorities(in: files.authority)
        guard let store = X509_STORE_new() else { throw .outOfMemory }
        self.store = store
        // libcrypto finds a list by its issuer's name: where that is ambiguous, only the signature tells whose it is.
        if !Self.hasNamesakes(authorities) { X509_STORE_set_check_crl(store, checkRevocationList) }
        for authority in authorities {
            guard X509_STORE_add_cert(store, authority.pointer) == 1 else { throw .outOfMemory }
        }
        do {
            try loadRevocationLists(files.revocationList, now: now)
        } catch {
            // A client may do without; a server must know whom to refuse.
            guard error.isMissingFile, role == .client else { throw error }
        }
    }

    deinit {
        X509_STORE_free(store)
    }

    /// SHA-256 of the first authority's certificate, in hexadecimal digits.
    var fingerprint: String { authorities.first?.fingerprint ?? "" }

    private static func authorities(in path: String) throws(TLSConfigurationError) -> [Certificate] {
        let file = try PEMFile(path, remedy: "make it with scripts/certs init, or copy it from where you did")
        var authorities: [Certificate] = []
        while let certificate = try file.nextCertificate() {
            guard certificate.facts.basicConstraints == .authority else {
                throw .unacceptable(
                    file: path,
                    reason: "\(path) holds a certificate that is no authority's (\(certificate.displayName)); "
                        + "it must hold the one that scripts/certs init made")
            }
            if let violation = CertificatePolicy.violation(ofAuthority: certificate.facts) {
                throw .unacceptable(
                    file: path,
                    reason:
                        "the authority's certificate in \(path) \(violation); make another authority with scripts/certs init"
                )
            }
            authorities.append(certificate)
        }
        guard !authorities.isEmpty else { throw .malformed(file: path, what: "certificate") }
        return authorities
    }

    private static func hasNamesakes(_ authorities: [Certificate]) -> Bool {
        let names = authorities.map { X509_get_subject_name($0.pointer) }
        return names.indices.contains { index in names[..<index].contains { X509_NAME_cmp($0, names[index]) == 0 } }
    }

    private func loadRevocationLists(_ path: String, now: Int64) throws(TLSConfigurationError) {
        let file = try PEMFile(path, remedy: "make it with scripts/certs crl")
        while let list = try file.nextRevocationList() {
            defer { X509_CRL_free(list) }
            guard authorities.contains(where: { Self.isSigned(list, by: $0) }) else {
                throw .unacceptable(
                    file: path,
                    reason: "\(path) is not signed by the authority in ca.pem; run scripts/certs crl and copy both")
            }
            // Lists of a part of the certificates, and lists of changes, would have to be put together.
            guard X509_CRL_get_ext_by_NID(list, NID_issuing_distribution_point, -1) < 0,
                X509_CRL_get_ext_by_NID(list, NID_delta_crl, -1) < 0
            else {
                throw .unacceptable(
                    file: path,
                    reason: "\(path) does not cover all certificates; use the list that scripts/certs crl makes")
            }
            guard let expiry = CertificateFacts.seconds(X509_CRL_get0_nextUpdate(list)) else {
                throw .malformed(file: path, what: "revocation list")
            }
            guard expiry > now else {
                throw .staleRevocationList(
                    file: path,
                    reason:
                        "\(path) is out of date since \(Duration.words(now - expiry)), so every certificate would be "
                        + "refused; run scripts/certs crl")
            }
            guard let start = CertificateFacts.seconds(X509_CRL_get0_lastUpdate(list)) else {
                throw .malformed(file: path, what: "revocation list")
            }
            guard start <= now else {
                throw .staleRevocationList(
                    file: path,
                    reason:
                        "\(path) is not valid yet, for another \(Duration.words(start - now)), so every certificate would "
                        + "be refused; check the clock (timedatectl)")
            }
            guard X509_STORE_add_crl(store, list) == 1 else { throw .outOfMemory }
            revocationListExpiry = min(expiry, revocationListExpiry ?? expiry)
        }
        guard revocationListExpiry != nil else { throw .malformed(file: path, what: "revocation list") }
    }

    private static func isSigned(_ list: OpaquePointer, by authority: Certificate) -> Bool {
        defer { ERR_clear_error() }
        return X509_NAME_cmp(X509_CRL_get_issuer(list), X509_get_subject_name(authority.pointer)) == 0
            && X509_get_key_usage(authority.pointer) & UInt32(KU_CRL_SIGN) != 0
            && X509_CRL_verify(list, X509_get0_pubkey(authority.pointer)) == 1
    }

    /// What a certificate of `subject` is held to, in a handshake and outside of one.
    /// - Parameter checksRevocation: false only for certificates of which a list that is out of date would say nothing.
    /// - Throws: ``TLSConfigurationError/outOfMemory``.
    func configure(
        _ parameters: OpaquePointer?, for subject: CertificatePolicy.Subject, checksRevocation: Bool = true
    ) throws(TLSConfigurationError) {
        var flags = UInt(X509_V_FLAG_X509_STRICT)
        if checksRevocation, revocationListExpiry != nil {
            flags |= UInt(X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL)
        }
        X509_VERIFY_PARAM_set_depth(parameters, Self.maximumIntermediates)
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        guard X509_VERIFY_PARAM_set_flags(parameters, flags) == 1,
            X509_VERIFY_PARAM_set_purpose(
                parameters, subject == .client ? X509_PURPOSE_SSL_CLIENT : X509_PURPOSE_SSL_SERVER) == 1
        else { throw .outOfMemory }
    }

    /// A check of a certificate that is ready to run; the caller frees it.
    /// - Throws: ``TLSConfigurationError/outOfMemory``.
    func check(
        of certificate: Certificate, as subject: CertificatePolicy.Subject, checksRevocation: Bool
    ) throws(TLSConfigurationError) -> OpaquePointer {
        guard let check = X509_STORE_CTX_new() else { throw .outOfMemory }
        var isReady = false
        defer { if !isReady { X509_STORE_CTX_free(check) } }
        guard X509_STORE_CTX_init(check, store, certificate.pointer, certificate.chain) == 1 else { throw .outOfMemory }
        try configure(X509_STORE_CTX_get0_param(check), for: subject, checksRevocation: checksRevocation)
        isReady = true
        return check
    }

    /// Makes a context require and judge the peer's certificate.
    /// - Throws: ``TLSConfigurationError/outOfMemory``.
    func install(in context: OpaquePointer, role: TLSRole) throws(TLSConfigurationError) {
        SSL_CTX_set1_cert_store(context, store)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        SSL_CTX_set_security_level(context, 2)
        conclave_SSL_CTX_set_max_cert_list(context, CertificatePolicy.maximumChainLength)
        try configure(SSL_CTX_get0_param(context), for: CertificatePolicy.Subject(peerOf: role))
        if role == .server {
            for authority in authorities where SSL_CTX_add_client_CA(context, authority.pointer) != 1 {
                throw .outOfMemory
            }
        }
        PeerVerifier.install(in: context)
    }
}

/// What libcrypto asks of a revocation list in every handshake, before it looks the certificate up in it.
///
/// The list's signature, its issuer and its scope were checked when it was loaded; libcrypto would check the signature again each time,
/// an eighth of a handshake's cost. What can change in the meantime is the time.
private func checkRevocationList(_ check: OpaquePointer?, _ list: OpaquePointer?) -> Int32 {
    guard let check, let list else { return 0 }
    if X509_cmp_current_time(X509_CRL_get0_lastUpdate(list)) >= 0 {
        X509_STORE_CTX_set_error(check, X509_V_ERR_CRL_NOT_YET_VALID)
        return 0
    }
    // 0 stands for a time that cannot be read.
    guard let end = X509_CRL_get0_nextUpdate(list), X509_cmp_current_time(end) > 0 else {
        X509_STORE_CTX_set_error(check, X509_V_ERR_CRL_HAS_EXPIRED)
        return 0
    }
    return 1
}
