import COpenSSL
package import Chat
import Glibc

/// Judges chains that no connection has shown, such as those of an MLS group's members, exactly as the handshake does: the same
/// authorities, revocation list and ``CertificatePolicy``. What only says *when* the leaf counts, its validity and its revocation, is
/// answered and not refused: see ``JudgedCertificate``.
///
/// `@unchecked Sendable`: the store is not changed after it was loaded, and libcrypto's look-ups in it are under a lock of its own.
package final class CertificateJudge: @unchecked Sendable {
    private let trust: TrustStore

    init(_ trust: TrustStore) { self.trust = trust }

    /// - Parameters:
    ///   - files: only those of the authority are read.
    ///   - now: seconds since 1970.
    package convenience init(_ files: TLSFiles, role: TLSRole = .client, now: Int64) throws(TLSConfigurationError) {
        self.init(try TrustStore(files, role: role, now: now))
    }

    /// When the revocation list becomes stale; `nil` without one. Seconds since 1970.
    package var revocationListExpiry: Int64? { trust.revocationListExpiry }

    /// Judges a chain in DER, the leaf first.
    /// - Throws: ``CertificateRefusal`` unless it is genuine: of our authority, and by the rules for `subject`.
    package func judge(
        _ chain: [[UInt8]], as subject: CertificatePolicy.Subject
    ) throws(CertificateRefusal) -> JudgedCertificate {
        let certificate = try Certificate(decoding: chain)
        var revocation = JudgedCertificate.Revocation.none
        var failure = verify(certificate, as: subject, checksRevocation: true, &revocation)
        if let listFailure = failure, !listFailure.blamesPeer, listFailure.code != X509_V_ERR_OUT_OF_MEM {
            failure = verify(certificate, as: subject, checksRevocation: false, &revocation)
            revocation = .unknown(
                listFailure.code == X509_V_ERR_CRL_NOT_YET_VALID
                    ? "\(listFailure)"
                    : "\(listFailure.cause); run scripts/certs crl where the authority is, copy crl.pem from there, and "
                        + "start again")
        }
        if let failure { throw CertificateRefusal("\(failure)") }
        return try Self.value(of: certificate, as: subject, revocation)
    }

    /// Judges a certificate as the handshake does: a lapse is a failure.
    func verify(_ certificate: Certificate, as subject: CertificatePolicy.Subject) -> VerificationFailure? {
        run(certificate, as: subject, checksRevocation: true) { check in PeerVerifier.check(check, as: subject) }
    }

    /// - Parameter revocation: is set if the leaf was revoked.
    private func verify(
        _ certificate: Certificate, as subject: CertificatePolicy.Subject, checksRevocation: Bool,
        _ revocation: inout JudgedCertificate.Revocation
    ) -> VerificationFailure? {
        var note = LapseNote()
        let failure = withUnsafeMutablePointer(to: &note) { note in
            run(certificate, as: subject, checksRevocation: checksRevocation) { check in
                guard X509_STORE_CTX_set_ex_data(check, 0, note) == 1 else {
                    return .outOfMemory(certificate, as: subject)
                }
                X509_STORE_CTX_set_verify_cb(check, passOverLapse)
                return PeerVerifier.check(check, as: subject)
            }
        }
        if let time = note.revocationDate { revocation = .since(time) }
        return failure
    }

    private func run(
        _ certificate: Certificate, as subject: CertificatePolicy.Subject, checksRevocation: Bool,
        _ body: (OpaquePointer) -> VerificationFailure?
    ) -> VerificationFailure? {
        guard let check = try? trust.check(of: certificate, as: subject, checksRevocation: checksRevocation) else {
            return .outOfMemory(certificate, as: subject)
        }
        defer {
            X509_STORE_CTX_free(check)
            ERR_clear_error()
        }
        return body(check)
    }

    private static func value(
        of certificate: Certificate, as subject: CertificatePolicy.Subject, _ revocation: JudgedCertificate.Revocation
    ) throws(CertificateRefusal) -> JudgedCertificate {
        let facts = certificate.facts
        guard let key = certificate.publicKey else {
            throw CertificateRefusal("the key in the certificate cannot be read; make another with scripts/certs")
        }
        let name: JudgedCertificate.Subject
        switch (subject, certificate.identity) {
        case (.client, let identity?): name = .device(identity)
        case (.client, nil):
            throw CertificateRefusal("the certificate names no device; make it with scripts/certs client")
        case (.server, _):
            if case .dns(let host)? = facts.alternativeNames?.first {
                name = .server(host)
            } else {
                name = .server("server")
            }
        }
        return JudgedCertificate(
            subject: name, key: key, serialNumber: certificate.serialNumber, fingerprint: certificate.fingerprint,
            validity: facts.validity, revocation: revocation)
    }
}

extension VerificationFailure {
    fileprivate static func outOfMemory(
        _ certificate: Certificate, as subject: CertificatePolicy.Subject
    ) -> VerificationFailure {
        VerificationFailure(
            code: X509_V_ERR_OUT_OF_MEM, depth: 0, name: certificate.displayName, subject: subject, validity: 0...0,
            now: 0)
    }
}

/// What a check passed over.
private struct LapseNote {
    /// Seconds since 1970.
    var revocationDate: Int64?
}

/// Lets a check go on after it found the leaf itself revoked or outside of its validity. Its signature is checked after that, so that a
/// forger gains nothing by a serial number that is on the list; and nothing is passed over above the leaf.
private func passOverLapse(_ isGood: Int32, _ check: OpaquePointer?) -> Int32 {
    guard isGood == 0, let check, X509_STORE_CTX_get_error_depth(check) == 0 else { return isGood }
    switch X509_STORE_CTX_get_error(check) {
    case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID:
        return 1
    case X509_V_ERR_CERT_REVOKED:
        guard let note = X509_STORE_CTX_get_ex_data(check, 0)?.assumingMemoryBound(to: LapseNote.self) else { return 0 }
        note.pointee.revocationDate = revocationDate(check)
        return 1
    default:
        return 0
    }
}

/// When the certificate was revoked; the beginning of time, if that cannot be told.
private func revocationDate(_ check: OpaquePointer) -> Int64 {
    var entry: OpaquePointer?
    guard let list = X509_STORE_CTX_get0_current_crl(check), let certificate = X509_STORE_CTX_get_current_cert(check),
        X509_CRL_get0_by_cert(list, &entry, certificate) != 0, let entry,
        let date = CertificateFacts.seconds(X509_REVOKED_get0_revocationDate(entry))
    else { return 0 }
    return date
}
