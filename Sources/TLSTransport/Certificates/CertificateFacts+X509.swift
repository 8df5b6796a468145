import COpenSSL
import Chat
import Glibc

extension CertificateFacts {
    /// Reads an `X509`.
    init(parsing x509: OpaquePointer) {
        let basicConstraints = X509Extension.basicConstraints(of: x509)
        let keyUsage = X509Extension.keyUsage(of: x509)
        let extendedKeyUsage = X509Extension.extendedKeyUsage(of: x509)
        let names = X509Extension.alternativeNames(of: x509)
        let subject = X509Subject(of: x509)
        self.init(
            version: X509_get_version(x509) + 1,
            hasValidSerialNumber: Self.hasValidSerialNumber(x509),
            keyType: Self.keyType(of: x509),
            signatureHash: Self.signatureHash(of: x509),
            basicConstraints: basicConstraints.value ?? .absent,
            keyUsage: keyUsage.value,
            extendedKeyUsage: extendedKeyUsage.value,
            alternativeNames: names.value?.names,
            commonNames: subject.commonNames,
            isSubjectEmpty: subject.isEmpty,
            containsNUL: subject.containsNUL || names.value?.containsNUL ?? false,
            hasMalformedExtension: X509_get_extension_flags(x509) & UInt32(EXFLAG_INVALID) != 0
                || basicConstraints.isMalformed || keyUsage.isMalformed || extendedKeyUsage.isMalformed
                || names.isMalformed || X509Extension.isAnyRepeated(in: x509),
            validity: Self.validity(of: x509))
    }

    private static func hasValidSerialNumber(_ x509: OpaquePointer) -> Bool {
        guard let number = X509_get0_serialNumber(x509), ASN1_STRING_type(number) == V_ASN1_INTEGER else {
            return false
        }
        // As encoded: a first byte from 0x80 on has a zero before it.
        let bytes = X509Extension.bytes(of: number).drop { $0 == 0 }
        guard let first = bytes.first else { return false }
        return bytes.count + (first < 0x80 ? 0 : 1) <= 20
    }

    private static func keyType(of x509: OpaquePointer) -> KeyType {
        guard let key = X509_get0_pubkey(x509) else { return .other("unknown") }
        let base = EVP_PKEY_get_base_id(key)
        guard base == EVP_PKEY_EC else { return .other(name(ofNID: base)) }
        var group = [CChar](repeating: 0, count: 80)
        guard EVP_PKEY_get_group_name(key, &group, group.count, nil) == 1 else {
            return .other("EC with explicit parameters")
        }
        // A key with explicit parameters of a named curve is still one that other programs reject.
        guard conclave_EVP_PKEY_has_named_group(key) == 1 else { return .other("EC with explicit parameters") }
        switch OBJ_sn2nid(group) {
        case NID_X9_62_prime256v1: return .p256
        case NID_secp384r1: return .p384
        default: return .other(text(group))
        }
    }

    private static func signatureHash(of x509: OpaquePointer) -> SignatureHash {
        var digest: Int32 = 0
        guard X509_get_signature_info(x509, &digest, nil, nil, nil) == 1 else { return .other("an unknown algorithm") }
        switch digest {
        case NID_sha256: return .sha256
        case NID_sha384: return .sha384
        case NID_sha512: return .sha512
        default: return .other(digest == NID_undef ? "an unknown algorithm" : name(ofNID: digest))
        }
    }

    private static func validity(of x509: OpaquePointer) -> ClosedRange<Int64> {
        let start = seconds(X509_get0_notBefore(x509)) ?? 0
        let end = seconds(X509_get0_notAfter(x509)) ?? start
        return start...max(start, end)
    }

    /// Seconds since 1970; `nil` if it cannot be parsed.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        var fields = tm()
        guard let time, ASN1_TIME_to_tm(time, &fields) == 1 else { return nil }
        return Int64(timegm(&fields))
    }

    static func name(ofNID nid: Int32) -> String {
        OBJ_nid2ln(nid).map { String(cString: $0) } ?? "type \(nid)"
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
