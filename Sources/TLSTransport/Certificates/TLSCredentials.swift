import COpenSSL
import Chat
import Glibc

/// The certificate that we show, and its key.
final class TLSCredentials {
    let certificate: Certificate
    /// The authorities between it and the trusted one, from the same file; usually none.
    private let issuers: [Certificate]
    private let key: OpaquePointer

    /// Loads both and checks that the other side will take them.
    /// - Parameter now: seconds since 1970.
    /// - Throws: ``TLSConfigurationError``.
    init(_ files: TLSFiles, role: TLSRole, now: Int64) throws(TLSConfigurationError) {
        let remedy = role == .server ? "make it with scripts/certs server" : "make it with scripts/certs client"
        let file = try PEMFile(files.certificate, remedy: remedy)
        guard let certificate = try file.nextCertificate() else {
            throw .malformed(file: files.certificate, what: "certificate")
        }
        var issuers: [Certificate] = []
        while let issuer = try file.nextCertificate() { issuers.append(issuer) }
        try Self.requirePrivacy(of: files.key, remedy: remedy)
        let key = try PEMFile(files.key, remedy: remedy).privateKey()
        self.certificate = certificate
        self.issuers = issuers
        self.key = key
        guard X509_check_private_key(certificate.pointer, key) == 1 else {
            ERR_clear_error()
            throw .keyMismatch(certificate: files.certificate, key: files.key)
        }
        let facts = certificate.facts
        let subject: CertificatePolicy.Subject = role == .server ? .server : .client
        if let violation = CertificatePolicy.violation(of: facts, as: subject) {
            throw .unacceptable(
                file: files.certificate, reason: "the certificate in \(files.certificate) \(violation); \(remedy)")
        }
        let who = role == .server ? "server" : certificate.displayName
        if facts.validity.upperBound < now {
            throw .unacceptable(
                file: files.certificate,
                reason: "the certificate in \(files.certificate) expired "
                    + "\(Duration.words(now - facts.validity.upperBound)) ago; run scripts/certs renew \(who)")
        }
        if facts.validity.lowerBound > now {
            throw .unacceptable(
                file: files.certificate,
                reason: "the clock is \(Duration.words(facts.validity.lowerBound - now)) behind: the certificate in "
                    + "\(files.certificate) is not valid yet; set the clock (timedatectl)")
        }
    }

    deinit {
        EVP_PKEY_free(key)
    }

    var isP384: Bool { certificate.facts.keyType == .p384 }

    /// The certificate and the authorities between it and the trusted one, in DER.
    var encodedChain: [[UInt8]] { ([certificate] + issuers).map(\.encoding) }

    /// Whom the certificate names: the identity, or the server's first host.
    var subject: String {
        if case .dns(let host)? = certificate.facts.alternativeNames?.first { return host }
        return certificate.displayName
    }

    /// - Throws: ``TLSConfigurationError/library(_:)``.
    func install(in context: OpaquePointer) throws(TLSConfigurationError) {
        guard SSL_CTX_use_certificate(context, certificate.pointer) == 1, SSL_CTX_use_PrivateKey(context, key) == 1
        else {
            throw .library(TLSLibraryError.takeFirst()?.description ?? "certificate and key")
        }
        for issuer in issuers where conclave_SSL_CTX_add1_chain_cert(context, issuer.pointer) != 1 {
            throw .library(TLSLibraryError.takeFirst()?.description ?? "the certificate's chain")
        }
    }

    /// - Throws: ``TLSConfigurationError/exposedKey(file:mode:)`` if others than the owner may read the key.
    static func requirePrivacy(of path: String, remedy: String) throws(TLSConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno != ENOENT else { throw .missing(file: path, remedy: remedy) }
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .exposedKey(file: path, mode: "0" + String(status.st_mode & 0o777, radix: 8))
        }
    }
}
