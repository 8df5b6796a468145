import COpenSSL

/// A key pair of any kind, also of those that nobody should use.
final class TestKey: @unchecked Sendable {
    enum Kind: Hashable, Sendable {
        case curve(String)
        /// A named curve, spelt out.
        case explicitCurve(String)
        case rsa(bits: Int32)
        case ed25519
    }

    /// Not changed after ``init(_:)``, therefore safe for several threads.
    let pointer: OpaquePointer

    init(_ kind: Kind) throws {
        let name =
            switch kind {
            case .curve, .explicitCurve: "EC"
            case .rsa: "RSA"
            case .ed25519: "ED25519"
            }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, name, nil) else { throw LibraryFailure() }
        defer { EVP_PKEY_CTX_free(context) }
        try check(EVP_PKEY_keygen_init(context))
        switch kind {
        case .curve(let curve): try check(EVP_PKEY_CTX_set_group_name(context, curve))
        case .explicitCurve(let curve):
            try check(EVP_PKEY_CTX_set_group_name(context, curve))
            try check(EVP_PKEY_CTX_set_ec_param_enc(context, 0))
        case .rsa(let bits): try check(EVP_PKEY_CTX_set_rsa_keygen_bits(context, bits))
        case .ed25519: break
        }
        var key: OpaquePointer?
        try check(EVP_PKEY_generate(context, &key))
        guard let key else { throw LibraryFailure() }
        pointer = key
    }

    /// What claims to be the key of `victim`, but is somebody else's: the public half of one and the private half of another.
    init(pretendingToBe victim: TestKey) throws {
        var bytes = try TestKey(.curve("P-256")).encoding
        // An ECPrivateKey ends with the point's two coordinates (RFC 5915 §3).
        bytes.replaceSubrange(bytes.count - 64..<bytes.count, with: try victim.encoding.suffix(64))
        let key = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_AutoPrivateKey(nil, &start, buffer.count)
        }
        guard let key else { throw LibraryFailure() }
        pointer = key
    }

    deinit { EVP_PKEY_free(pointer) }

    private var encoding: [UInt8] {
        get throws {
            var encoded: UnsafeMutablePointer<UInt8>?
            let count = i2d_PrivateKey(pointer, &encoded)
            try check(count)
            defer { CRYPTO_free(encoded, nil, 0) }
            return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
        }
    }

    var pem: String {
        get throws {
            try text { PEM_write_bio_PrivateKey($0, pointer, nil, nil, 0, nil, nil) }
        }
    }

    func encryptedPEM(passphrase: String) throws -> String {
        try text {
            PEM_write_bio_PrivateKey(
                $0, pointer, EVP_aes_128_cbc(), Array(passphrase.utf8), Int32(passphrase.utf8.count), nil, nil)
        }
    }
}

/// A call of libcrypto that failed.
struct LibraryFailure: Error, CustomStringConvertible {
    let description: String

    init() {
        let code = ERR_get_error()
        ERR_clear_error()
        description = ERR_reason_error_string(code).map { String(cString: $0) } ?? "libcrypto error \(code)"
    }
}

/// - Throws: ``LibraryFailure`` unless `result` is positive, libcrypto's word for success.
func check(_ result: Int32) throws {
    if result <= 0 { throw LibraryFailure() }
}

/// What `write` writes to a BIO.
func text(_ write: (OpaquePointer) -> Int32) throws -> String {
    guard let bio = BIO_new(BIO_s_mem()) else { throw LibraryFailure() }
    defer { BIO_free(bio) }
    try check(write(bio))
    var bytes = [UInt8](repeating: 0, count: 1 << 18)
    let count = BIO_read(bio, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(max(0, count))), as: UTF8.self)
}
