import COpenSSL

/// What is read of a certificate's subject (RFC 5280 §4.1.2.6).
struct X509Subject {
    private(set) var commonNames: [String] = []
    private(set) var isEmpty = true
    private(set) var containsNUL = false

    init(of x509: OpaquePointer) {
        guard let name = X509_get_subject_name(x509) else { return }
        let count = X509_NAME_entry_count(name)
        isEmpty = count == 0
        for index in 0..<max(0, count) {
            guard let entry = X509_NAME_get_entry(name, index), let value = X509_NAME_ENTRY_get_data(entry) else {
                continue
            }
            let bytes = X509Extension.bytes(of: value)
            // Of a BMPString half the bytes are zero; only these three hold a character in a byte.
            let isByteString = [V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_T61STRING]
                .contains(ASN1_STRING_type(value))
            if isByteString, bytes.contains(0) { containsNUL = true }
            if OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) == NID_commonName {
                commonNames.append(String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}
