import COpenSSL
import Chat

/// Reads the extensions that the policy judges (RFC 5280 §4.2.1).
enum X509Extension {
    /// An extension's value; neither value nor malformed means that it is absent.
    struct Parsed<Value> {
        var value: Value?
        /// It occurs twice or cannot be parsed.
        var isMalformed = false
    }

    struct Names {
        var names: [CertificateFacts.AlternativeName] = []
        var containsNUL = false
    }

    static func basicConstraints(of x509: OpaquePointer) -> Parsed<CertificateFacts.BasicConstraints> {
        decode(x509, NID_basic_constraints) { value in
            let constraints = value.assumingMemoryBound(to: BASIC_CONSTRAINTS.self)
            defer { BASIC_CONSTRAINTS_free(constraints) }
            return constraints.pointee.ca == 0 ? .endEntity : .authority
        }
    }

    static func keyUsage(of x509: OpaquePointer) -> Parsed<Set<CertificateFacts.KeyUsage>> {
        decode(x509, NID_key_usage) { value in
            let bits = value.assumingMemoryBound(to: ASN1_BIT_STRING.self)
            defer { ASN1_BIT_STRING_free(bits) }
            let names = [
                "digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
                "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
            ]
            var usage: Set<CertificateFacts.KeyUsage> = []
            for (bit, name) in names.enumerated() where ASN1_BIT_STRING_get_bit(bits, Int32(bit)) == 1 {
                usage.insert(bit == 0 ? .digitalSignature : .other(name))
            }
            return usage
        }
    }

    static func extendedKeyUsage(of x509: OpaquePointer) -> Parsed<Set<CertificateFacts.ExtendedKeyUsage>> {
        decode(x509, NID_ext_key_usage) { value in
            let stack = OpaquePointer(value)
            defer { conclave_EXTENDED_KEY_USAGE_free(stack) }
            var usage: Set<CertificateFacts.ExtendedKeyUsage> = []
            for index in 0..<max(0, OPENSSL_sk_num(stack)) {
                guard let object = OPENSSL_sk_value(stack, index) else { continue }
                switch OBJ_obj2nid(OpaquePointer(object)) {
                case NID_client_auth: usage.insert(.clientAuthentication)
                case NID_server_auth: usage.insert(.serverAuthentication)
                case let nid: usage.insert(.other(CertificateFacts.name(ofNID: nid)))
                }
            }
            return usage
        }
    }

    static func alternativeNames(of x509: OpaquePointer) -> Parsed<Names> {
        decode(x509, NID_subject_alt_name) { value in
            let stack = OpaquePointer(value)
            defer { conclave_GENERAL_NAMES_free(stack) }
            var names = Names()
            // One more than allowed is enough to see that they are too many.
            for index in 0..<min(max(0, OPENSSL_sk_num(stack)), Int32(CertificatePolicy.maximumNames + 1)) {
                guard let entry = OPENSSL_sk_value(stack, index) else { continue }
                names.append(entry.assumingMemoryBound(to: GENERAL_NAME.self))
            }
            return names
        }
    }

    /// Whether two extensions are of one kind (RFC 5280 §4.2), be it one that nobody knows.
    static func isAnyRepeated(in x509: OpaquePointer) -> Bool {
        var seen: Set<[UInt8]> = []
        for index in 0..<max(0, X509_get_ext_count(x509)) {
            guard let kind = X509_EXTENSION_get_object(X509_get_ext(x509, index)) else { return true }
            let identifier = UnsafeBufferPointer(start: OBJ_get0_data(kind), count: OBJ_length(kind))
            if !seen.insert(Array(identifier)).inserted { return true }
        }
        return false
    }

    /// - Parameter parse: takes over the decoded extension.
    private static func decode<Value>(
        _ x509: OpaquePointer, _ nid: Int32, _ parse: (UnsafeMutableRawPointer) -> Value
    ) -> Parsed<Value> {
        // -1: absent; -2: more than once; otherwise whether it is critical.
        var place: Int32 = -1
        guard let value = X509_get_ext_d2i(x509, nid, &place, nil) else {
            return Parsed(value: nil, isMalformed: place != -1)
        }
        return Parsed(value: parse(value))
    }

    static func bytes(of string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        guard let string, let data = ASN1_STRING_get0_data(string) else { return [] }
        return Array(UnsafeBufferPointer(start: data, count: max(0, Int(ASN1_STRING_length(string)))))
    }
}

extension X509Extension.Names {
    fileprivate mutating func append(_ name: UnsafePointer<GENERAL_NAME>) {
        var type: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &type) else { return names.append(.other) }
        guard [GEN_URI, GEN_DNS, GEN_IPADD].contains(type) else { return names.append(.other) }
        let bytes = X509Extension.bytes(of: value.assumingMemoryBound(to: ASN1_STRING.self))
        if type == GEN_IPADD { return names.append(.address(bytes)) }
        if bytes.contains(0) { containsNUL = true }
        let text = String(decoding: bytes, as: UTF8.self)
        names.append(type == GEN_URI ? .uri(text) : .dns(text))
    }
}
