import COpenSSL

/// The context's key, for what a server or device signs outside of TLS.
extension TLSContext {
    /// The key in our certificate, as an uncompressed point (SEC 1 §2.3.3).
    package var publicKey: [UInt8] { certificate.publicKey ?? [] }

    /// Signs with our certificate's key: ECDSA with SHA-256 for P-256 and SHA-384 for P-384, in DER (RFC 3279 §2.2.3), which is the form
    /// of MLS too (RFC 9420 §5.1.2).
    /// - Throws: ``TLSSigningFailure``.
    package func sign(_ content: [UInt8]) throws(TLSSigningFailure) -> [UInt8] {
        let hash = certificate.facts.keyType == .p384 ? EVP_sha384() : EVP_sha256()
        guard let state = EVP_MD_CTX_new() else { throw TLSSigningFailure(reason: "not enough memory") }
        defer {
            EVP_MD_CTX_free(state)
            ERR_clear_error()
        }
        var count = 0
        guard let key = SSL_CTX_get0_privatekey(pointer), EVP_DigestSignInit(state, nil, hash, nil, key) == 1,
            EVP_DigestSign(state, nil, &count, content, content.count) == 1, (1...256).contains(count)
        else { throw .last }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(state, &signature, &count, content, content.count) == 1, count <= signature.count else {
            throw .last
        }
        return Array(signature.prefix(count))
    }
}

/// libcrypto could not sign.
package struct TLSSigningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    let reason: String

    fileprivate static var last: TLSSigningFailure {
        TLSSigningFailure(reason: TLSLibraryError.takeFirst()?.description ?? "an unknown error")
    }

    package var description: String { "our certificate's key cannot sign (\(reason)); make certificate and key again" }
}
