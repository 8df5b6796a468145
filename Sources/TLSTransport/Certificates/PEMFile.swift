import COpenSSL
import Glibc

/// Reads the PEM files of an authority and of its certificates.
struct PEMFile: ~Copyable {
    let path: String
    private let bio: OpaquePointer

    /// What a PEM file may hold, in bytes: room for a revocation list of tens of thousands of entries.
    static let maximumSize = 8 << 20

    /// - Parameter remedy: what to do if the file is missing.
    /// - Throws: ``TLSConfigurationError``: missing, unreadable, or larger than ``maximumSize``.
    init(_ path: String, remedy: String) throws(TLSConfigurationError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard errno != ENOENT else { throw .missing(file: path, remedy: remedy) }
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(file: path, reason: "it is not a file") }
        guard status.st_size <= Self.maximumSize else { throw .unreadable(file: path, reason: "it is too large") }
        guard let bio = BIO_new_file(path, "r") else {
            ERR_clear_error()
            throw .unreadable(file: path, reason: String(cString: strerror(errno)))
        }
        self.path = path
        self.bio = bio
    }

    deinit {
        BIO_free(bio)
        ERR_clear_error()
    }

    /// The next certificate; `nil` at the end. Anything else in the file is skipped.
    /// - Throws: ``TLSConfigurationError/malformed(file:what:)``.
    borrowing func nextCertificate() throws(TLSConfigurationError) -> Certificate? {
        ERR_clear_error()
        if let x509 = PEM_read_bio_X509(bio, nil, nil, nil) { return Certificate(owning: x509) }
        guard endsInOrder else { throw .malformed(file: path, what: "certificate") }
        return nil
    }

    /// The next revocation list, which the caller frees; `nil` at the end.
    /// - Throws: ``TLSConfigurationError/malformed(file:what:)``.
    borrowing func nextRevocationList() throws(TLSConfigurationError) -> OpaquePointer? {
        ERR_clear_error()
        if let list = PEM_read_bio_X509_CRL(bio, nil, nil, nil) { return list }
        guard endsInOrder else { throw .malformed(file: path, what: "revocation list") }
        return nil
    }

    /// The private key, which the caller frees. An encrypted one is not asked for its passphrase.
    /// - Throws: ``TLSConfigurationError/malformed(file:what:)``.
    borrowing func privateKey() throws(TLSConfigurationError) -> OpaquePointer {
        ERR_clear_error()
        guard let key = PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil) else {
            throw .malformed(file: path, what: "unencrypted private key")
        }
        return key
    }

    private var endsInOrder: Bool {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        return code == 0 || (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE)
    }
}
