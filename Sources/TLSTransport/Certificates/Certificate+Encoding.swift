import COpenSSL
package import Chat

/// Certificates as they stand outside of TLS: in DER.
extension Certificate {
    /// In DER.
    package var encoding: [UInt8] { Self.encoding(of: pointer) }

    /// The certificate and what else its owner sent, in DER: what an MLS credential holds.
    package var encodedChain: [[UInt8]] {
        var encodings = [encoding]
        guard let chain else { return encodings }
        for index in 0..<max(0, OPENSSL_sk_num(chain)) {
            guard let issuer = OPENSSL_sk_value(chain, index) else { continue }
            let bytes = Self.encoding(of: OpaquePointer(issuer))
            // libssl's chain begins with the peer's own certificate where we are the client.
            if bytes != encodings[0] { encodings.append(bytes) }
        }
        return encodings
    }

    /// The public key as an uncompressed point (SEC 1 §2.3.3), whatever form the certificate has it in; `nil` for a key of another
    /// kind than P-256 and P-384.
    package var publicKey: [UInt8]? {
        let width: Int32
        switch facts.keyType {
        case .p256: width = 32
        case .p384: width = 48
        case .other: return nil
        }
        guard let key = X509_get0_pubkey(pointer), let x = Self.coordinate(OSSL_PKEY_PARAM_EC_PUB_X, of: key, width),
            let y = Self.coordinate(OSSL_PKEY_PARAM_EC_PUB_Y, of: key, width)
        else { return nil }
        return [0x04] + x + y
    }

    /// Upper-case hexadecimal digits.
    package var serialNumber: String {
        Self.hexadecimal(X509Extension.bytes(of: X509_get0_serialNumber(pointer)))
    }

    /// Parses a chain, the leaf first. Nothing of it is checked but its size and form.
    package convenience init(decoding chain: [[UInt8]]) throws(CertificateRefusal) {
        try CertificatePolicy.checkSize(ofChain: chain)
        guard let stack = OPENSSL_sk_new_null() else {
            throw CertificateRefusal("there is not enough memory; try again")
        }
        var leaf: OpaquePointer?
        for bytes in chain {
            let x509 = bytes.withUnsafeBufferPointer { buffer -> OpaquePointer? in
                var start = buffer.baseAddress
                guard let parsed = d2i_X509(nil, &start, buffer.count) else { return nil }
                guard start == buffer.baseAddress?.advanced(by: buffer.count) else {
                    X509_free(parsed)
                    return nil
                }
                return parsed
            }
            ERR_clear_error()
            let isKept: Bool
            if let x509, leaf == nil {
                leaf = x509
                isKept = true
            } else if let x509 {
                isKept = OPENSSL_sk_push(stack, UnsafeRawPointer(x509)) > 0
                if !isKept { X509_free(x509) }
            } else {
                isKept = false
            }
            guard isKept else {
                if let leaf { X509_free(leaf) }
                conclave_X509_chain_free(stack)
                throw CertificateRefusal("what was shown is no certificate in DER; make one with scripts/certs client")
            }
        }
        guard let leaf else {
            conclave_X509_chain_free(stack)
            throw CertificateRefusal("no certificate was shown; update that client")
        }
        self.init(owning: leaf, chain: stack)
    }

    private static func encoding(of pointer: OpaquePointer) -> [UInt8] {
        var encoded: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(pointer, &encoded)
        defer { CRYPTO_free(encoded, nil, 0) }
        guard count > 0, let encoded else { return [] }
        return Array(UnsafeBufferPointer(start: encoded, count: Int(count)))
    }

    private static func coordinate(_ name: String, of key: OpaquePointer, _ width: Int32) -> [UInt8]? {
        var number: OpaquePointer?
        defer {
            BN_free(number)
            ERR_clear_error()
        }
        var bytes = [UInt8](repeating: 0, count: Int(width))
        guard EVP_PKEY_get_bn_param(key, name, &number) == 1, BN_bn2binpad(number, &bytes, width) == width else {
            return nil
        }
        return bytes
    }
}
