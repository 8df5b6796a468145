/// Numbers of algorithms in certificates, and their names.
enum CertificateAlgorithms {
    struct Kind {
        var name: String
        var bits: Int

        init(_ name: String, _ bits: Int) {
            self.name = name
            self.bits = bits
        }
    }

    /// The name of the algorithm in `element`, or its number.
    static func signature(_ element: DERReader.Element, in reader: DERReader) -> String {
        var inside = reader.inside(element)
        guard let type = try? inside.next(0x06, "algorithm"),
            let identifier = DERReader.objectIdentifier(inside.content(type))
        else { return "unknown" }
        return signatures[identifier] ?? identifier
    }

    /// RFC 5480 §2.1.1.1, RFC 5639 §4, SEC 2, GB/T 32918.
    static let curves: [String: Kind] = [
        "1.2.840.10045.3.1.1": Kind("P-192", 192), "1.3.132.0.33": Kind("P-224", 224),
        "1.2.840.10045.3.1.7": Kind("P-256", 256), "1.3.132.0.34": Kind("P-384", 384),
        "1.3.132.0.35": Kind("P-521", 521), "1.3.132.0.10": Kind("secp256k1", 256),
        "1.3.132.0.9": Kind("secp160k1", 160), "1.3.132.0.8": Kind("secp160r1", 160),
        "1.3.132.0.1": Kind("sect163k1", 163), "1.3.132.0.15": Kind("sect163r2", 163),
        "1.3.132.0.26": Kind("sect233k1", 233), "1.3.132.0.27": Kind("sect233r1", 233),
        "1.3.132.0.16": Kind("sect283k1", 283), "1.3.132.0.17": Kind("sect283r1", 283),
        "1.3.132.0.36": Kind("sect409k1", 409), "1.3.132.0.37": Kind("sect409r1", 409),
        "1.3.132.0.38": Kind("sect571k1", 571), "1.3.132.0.39": Kind("sect571r1", 571),
        "1.3.36.3.3.2.8.1.1.7": Kind("brainpoolP256r1", 256), "1.3.36.3.3.2.8.1.1.11": Kind("brainpoolP384r1", 384),
        "1.3.36.3.3.2.8.1.1.13": Kind("brainpoolP512r1", 512), "1.2.156.10197.1.301": Kind("SM2", 256),
    ]

    /// RFC 8410, RFC 9881 (ML-DSA), RFC 9909 (SLH-DSA), RFC 9215 (GOST).
    static let keys: [String: Kind] = [
        "1.3.101.110": Kind("X25519", 253), "1.3.101.111": Kind("X448", 448), "1.3.101.112": Kind("Ed25519", 253),
        "1.3.101.113": Kind("Ed448", 456), "2.16.840.1.101.3.4.3.17": Kind("ML-DSA-44", 10_496),
        "2.16.840.1.101.3.4.3.18": Kind("ML-DSA-65", 15_616), "2.16.840.1.101.3.4.3.19": Kind("ML-DSA-87", 20_736),
        "2.16.840.1.101.3.4.3.20": Kind("SLH-DSA-SHA2-128s", 256),
        "2.16.840.1.101.3.4.3.21": Kind("SLH-DSA-SHA2-128f", 256),
        "2.16.840.1.101.3.4.3.22": Kind("SLH-DSA-SHA2-192s", 384),
        "2.16.840.1.101.3.4.3.23": Kind("SLH-DSA-SHA2-192f", 384),
        "2.16.840.1.101.3.4.3.24": Kind("SLH-DSA-SHA2-256s", 512),
        "2.16.840.1.101.3.4.3.25": Kind("SLH-DSA-SHA2-256f", 512), "1.2.643.2.2.19": Kind("GOST R 34.10-2001", 256),
        "1.2.643.7.1.1.1.1": Kind("GOST R 34.10-2012 256", 256),
        "1.2.643.7.1.1.1.2": Kind("GOST R 34.10-2012 512", 512),
    ]

    /// RFC 3279, RFC 4055, RFC 5758, RFC 8410, RFC 9881, RFC 9909, RFC 9215.
    static let signatures: [String: String] = [
        "1.2.840.113549.1.1.2": "md2WithRSAEncryption", "1.2.840.113549.1.1.3": "md4WithRSAEncryption",
        "1.2.840.113549.1.1.4": "md5WithRSAEncryption", "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
        "1.3.14.3.2.29": "sha1WithRSA", "1.2.840.113549.1.1.10": "rsassaPss",
        "1.2.840.113549.1.1.11": "sha256WithRSAEncryption", "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
        "1.2.840.113549.1.1.13": "sha512WithRSAEncryption", "1.2.840.113549.1.1.14": "sha224WithRSAEncryption",
        "1.2.840.10040.4.3": "dsa-with-SHA1", "2.16.840.1.101.3.4.3.1": "dsa-with-SHA224",
        "2.16.840.1.101.3.4.3.2": "dsa-with-SHA256", "2.16.840.1.101.3.4.3.3": "dsa-with-SHA384",
        "2.16.840.1.101.3.4.3.4": "dsa-with-SHA512", "1.2.840.10045.4.1": "ecdsa-with-SHA1",
        "1.2.840.10045.4.3.1": "ecdsa-with-SHA224", "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
        "1.2.840.10045.4.3.3": "ecdsa-with-SHA384", "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
        "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448", "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
        "2.16.840.1.101.3.4.3.18": "ML-DSA-65", "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
        "2.16.840.1.101.3.4.3.20": "SLH-DSA-SHA2-128s", "2.16.840.1.101.3.4.3.21": "SLH-DSA-SHA2-128f",
        "2.16.840.1.101.3.4.3.22": "SLH-DSA-SHA2-192s", "2.16.840.1.101.3.4.3.23": "SLH-DSA-SHA2-192f",
        "2.16.840.1.101.3.4.3.24": "SLH-DSA-SHA2-256s", "2.16.840.1.101.3.4.3.25": "SLH-DSA-SHA2-256f",
        "1.2.156.10197.1.501": "SM2-with-SM3", "1.2.643.2.2.3": "GOST R 34.11-94 with GOST R 34.10-2001",
        "1.2.643.7.1.1.3.2": "GOST R 34.10-2012 with GOST R 34.11-2012 (256 bit)",
        "1.2.643.7.1.1.3.3": "GOST R 34.10-2012 with GOST R 34.11-2012 (512 bit)",
    ]
}
