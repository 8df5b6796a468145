/// A signature algorithm as hellos name it (RFC 8446 §4.2.3); in TLS 1.2 a hash in the first byte and a signature in the second
/// (RFC 5246 §7.4.1.4.1).
public struct SignatureScheme: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A value that only tests tolerance (RFC 8701).
    public var isGREASE: Bool { GREASE.contains(rawValue) }

    /// Whether it withstands a quantum computer, as far as is known.
    public var isPostQuantum: Bool { (0x0904...0x0906).contains(rawValue) || (0x0911...0x091C).contains(rawValue) }

    /// `ecdsa_secp256r1_sha256`, or `dsa_sha224` for what only TLS 1.2 has.
    public var description: String {
        if let name = Self.names[rawValue] { return name }
        if let hash = Self.hashes[UInt8(rawValue >> 8)], let signature = Self.signatures[UInt8(rawValue & 0xFF)] {
            return "\(signature)_\(hash)"
        }
        return isGREASE ? "GREASE" : "signature 0x" + String(rawValue, radix: 16)
    }

    private static let hashes: [UInt8: String] = [
        0: "none", 1: "md5", 2: "sha1", 3: "sha224", 4: "sha256", 5: "sha384", 6: "sha512",
    ]
    private static let signatures: [UInt8: String] = [0: "anonymous", 1: "rsa", 2: "dsa", 3: "ecdsa"]

    /// "TLS SignatureScheme" in IANA's registry.
    private static let names: [UInt16: String] = [
        0x0201: "rsa_pkcs1_sha1", 0x0203: "ecdsa_sha1", 0x0401: "rsa_pkcs1_sha256", 0x0403: "ecdsa_secp256r1_sha256",
        0x0420: "rsa_pkcs1_sha256_legacy", 0x0501: "rsa_pkcs1_sha384", 0x0503: "ecdsa_secp384r1_sha384",
        0x0520: "rsa_pkcs1_sha384_legacy", 0x0601: "rsa_pkcs1_sha512", 0x0603: "ecdsa_secp521r1_sha512",
        0x0620: "rsa_pkcs1_sha512_legacy", 0x0704: "eccsi_sha256", 0x0705: "iso_ibs1", 0x0706: "iso_ibs2",
        0x0707: "iso_chinese_ibs", 0x0708: "sm2sig_sm3", 0x0709: "gostr34102012_256a", 0x070A: "gostr34102012_256b",
        0x070B: "gostr34102012_256c", 0x070C: "gostr34102012_256d", 0x070D: "gostr34102012_512a",
        0x070E: "gostr34102012_512b", 0x070F: "gostr34102012_512c", 0x0804: "rsa_pss_rsae_sha256",
        0x0805: "rsa_pss_rsae_sha384", 0x0806: "rsa_pss_rsae_sha512", 0x0807: "ed25519", 0x0808: "ed448",
        0x0809: "rsa_pss_pss_sha256", 0x080A: "rsa_pss_pss_sha384", 0x080B: "rsa_pss_pss_sha512",
        0x081A: "ecdsa_brainpoolP256r1tls13_sha256", 0x081B: "ecdsa_brainpoolP384r1tls13_sha384",
        0x081C: "ecdsa_brainpoolP512r1tls13_sha512", 0x0904: "mldsa44", 0x0905: "mldsa65", 0x0906: "mldsa87",
        0x0911: "slhdsa_sha2_128s", 0x0912: "slhdsa_sha2_128f", 0x0913: "slhdsa_sha2_192s",
        0x0914: "slhdsa_sha2_192f", 0x0915: "slhdsa_sha2_256s", 0x0916: "slhdsa_sha2_256f",
        0x0917: "slhdsa_shake_128s", 0x0918: "slhdsa_shake_128f", 0x0919: "slhdsa_shake_192s",
        0x091A: "slhdsa_shake_192f", 0x091B: "slhdsa_shake_256s", 0x091C: "slhdsa_shake_256f",
    ]
}
