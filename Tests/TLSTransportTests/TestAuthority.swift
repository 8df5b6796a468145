import COpenSSL
import Glibc

/// A certificate with its key, which can issue others whether or not it may.
final class TestIdentity: @unchecked Sendable {
    /// Not changed after ``init``, therefore safe for several threads.
    let certificate: OpaquePointer
    let key: TestKey
    /// The certificates between this one and the root.
    let chain: [TestIdentity]

    private init(certificate: OpaquePointer, key: TestKey, chain: [TestIdentity]) {
        self.certificate = certificate
        self.key = key
        self.chain = chain
    }

    deinit { X509_free(certificate) }

    static func selfSigned(_ recipe: CertificateRecipe) throws -> TestIdentity {
        let key = try TestKey(recipe.key)
        return TestIdentity(certificate: try make(recipe, key: key, issuer: nil), key: key, chain: [])
    }

    /// - Parameters:
    ///   - isRoot: whether the peer has this certificate, so that the chain does not need it.
    ///   - key: somebody else's key, to name another than was signed.
    func issue(_ recipe: CertificateRecipe, isRoot: Bool = false, key: TestKey? = nil) throws -> TestIdentity {
        let key = try key ?? TestKey(recipe.key)
        let x509 = try Self.make(recipe, key: key, issuer: self)
        return TestIdentity(certificate: x509, key: key, chain: isRoot ? [] : [self] + chain)
    }

    /// The same certificate with another chain or another key.
    func showing(chain: [TestIdentity]? = nil, key: TestKey? = nil) -> TestIdentity {
        X509_up_ref(certificate)
        return TestIdentity(certificate: certificate, key: key ?? self.key, chain: chain ?? self.chain)
    }

    var pem: String {
        get throws { try text { PEM_write_bio_X509($0, certificate) } }
    }

    var encoding: [UInt8] {
        get throws {
            var encoded: UnsafeMutablePointer<UInt8>?
            let count = i2d_X509(certificate, &encoded)
            try check(count)
            defer { CRYPTO_free(encoded, nil, 0) }
            return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
        }
    }

    /// A revocation list.
    /// - Parameter validity: seconds from now.
    func revocationList(
        of revoked: [TestIdentity] = [], validity: (from: Int64, to: Int64) = (-3_600, 30 * CertificateRecipe.day)
    ) throws -> String {
        guard let list = X509_CRL_new() else { throw LibraryFailure() }
        defer { X509_CRL_free(list) }
        try check(X509_CRL_set_version(list, 1))
        try check(X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate)))
        let now = Int64(time(nil))
        try withTime(now + validity.from) { try check(X509_CRL_set1_lastUpdate(list, $0)) }
        try withTime(now + validity.to) { try check(X509_CRL_set1_nextUpdate(list, $0)) }
        for identity in revoked {
            guard let entry = X509_REVOKED_new() else { throw LibraryFailure() }
            try check(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(identity.certificate)))
            try withTime(now - 60) { try check(X509_REVOKED_set_revocationDate(entry, $0)) }
            try check(X509_CRL_add0_revoked(list, entry))
        }
        try check(X509_CRL_sort(list))
        try check(X509_CRL_sign(list, key.pointer, EVP_sha256()))
        return try text { PEM_write_bio_X509_CRL($0, list) }
    }
}

extension TestIdentity {
    private static func make(
        _ recipe: CertificateRecipe, key: TestKey, issuer: TestIdentity?
    ) throws -> OpaquePointer {
        guard let x509 = X509_new() else { throw LibraryFailure() }
        var isReady = false
        defer { if !isReady { X509_free(x509) } }
        try check(X509_set_version(x509, recipe.version - 1))
        try setSerialNumber(x509, recipe.serialNumber)
        let now = Int64(time(nil))
        try withTime(now + recipe.validity.from) { try check(X509_set1_notBefore(x509, $0)) }
        try withTime(now + recipe.validity.to) { try check(X509_set1_notAfter(x509, $0)) }
        let subject = X509_get_subject_name(x509)
        for name in recipe.commonNames {
            try check(
                X509_NAME_add_entry_by_NID(
                    subject, NID_commonName, V_ASN1_UTF8STRING, name, Int32(name.count), -1, 0))
        }
        try check(X509_set_issuer_name(x509, X509_get_subject_name(issuer?.certificate ?? x509)))
        try check(X509_set_pubkey(x509, key.pointer))
        for entry in recipe.extensions {
            var context = X509V3_CTX()
            X509V3_set_ctx(&context, issuer?.certificate ?? x509, x509, nil, nil, 0)
            guard let made = X509V3_EXT_nconf(nil, &context, entry.name, entry.value) else { throw LibraryFailure() }
            defer { X509_EXTENSION_free(made) }
            try check(X509_add_ext(x509, made, -1))
        }
        let signer = issuer?.key ?? key
        let takesHash = EVP_PKEY_get_base_id(signer.pointer) != EVP_PKEY_ED25519
        try check(X509_sign(x509, signer.pointer, takesHash ? EVP_get_digestbyname(recipe.hash) : nil))
        isReady = true
        return recipe.isDamaged ? try damaged(x509) : x509
    }

    private static func setSerialNumber(_ x509: OpaquePointer, _ digits: String?) throws {
        var number: OpaquePointer?
        let digits = digits ?? (0..<4).map { _ in String(UInt32.random(in: 1 << 28..<1 << 30), radix: 16) }.joined()
        try check(BN_hex2bn(&number, digits))
        defer { BN_free(number) }
        guard let integer = BN_to_ASN1_INTEGER(number, nil) else { throw LibraryFailure() }
        defer { ASN1_INTEGER_free(integer) }
        try check(X509_set_serialNumber(x509, integer))
    }

    /// Changes the last byte, which belongs to the signature. Takes over `x509`.
    private static func damaged(_ x509: OpaquePointer) throws -> OpaquePointer {
        defer { X509_free(x509) }
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(x509, &encoded)
        try check(count)
        defer { CRYPTO_free(encoded, nil, 0) }
        encoded?[Int(count) - 1] ^= 1
        var start = encoded.map { UnsafePointer($0) }
        guard let parsed = d2i_X509(nil, &start, Int(count)) else { throw LibraryFailure() }
        return parsed
    }
}

private func withTime(_ seconds: Int64, _ use: (UnsafeMutablePointer<ASN1_TIME>) throws -> Void) throws {
    guard let time = ASN1_TIME_set(nil, Int(seconds)) else { throw LibraryFailure() }
    defer { ASN1_TIME_free(time) }
    try use(time)
}
