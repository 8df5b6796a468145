import COpenSSL
package import Chat

/// An X.509 certificate, with the rest of the chain that its owner sent.
///
/// `@unchecked Sendable`: an `X509` is not changed after it is parsed, and libcrypto fills its caches under a lock of its own.
package final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer
    /// What else the peer sent, as a `STACK_OF(X509)`; `nil` for a certificate from a file.
    let chain: OpaquePointer?
    /// Whom a client's certificate names; `nil` for any other.
    package let identity: PeerIdentity?

    /// Takes over one reference to `pointer` and one to every certificate of `chain`.
    init(owning pointer: OpaquePointer, chain: OpaquePointer? = nil) {
        self.pointer = pointer
        self.chain = chain
        identity = CertificatePolicy.identity(in: CertificateFacts(parsing: pointer))
    }

    deinit {
        X509_free(pointer)
        if let chain { conclave_X509_chain_free(chain) }
    }

    var facts: CertificateFacts { CertificateFacts(parsing: pointer) }

    /// Whom it names, for people: the identity, or the common name, which proves nothing.
    package var displayName: String {
        if let identity { return identity.description }
        return facts.commonNames.first.map { Self.printable($0) } ?? "an unnamed certificate"
    }

    /// SHA-256 of the encoded certificate, in upper-case hexadecimal digits.
    package var fingerprint: String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(pointer, EVP_sha256(), &digest, &count) == 1 else { return "" }
        return Self.hexadecimal(digest.prefix(Int(count)))
    }

    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// Someone else's text, made harmless for a terminal and short.
    private static func printable(_ text: String) -> String {
        String(
            text.unicodeScalars.prefix(64).map {
                $0.isASCII && $0.value >= 0x20 && $0.value < 0x7F ? Character($0) : "?"
            })
    }
}
