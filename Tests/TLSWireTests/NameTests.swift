import TLSWire
import Testing

@Suite("Names of what stands on the wire, IANA's registries for TLS") struct NameTests {
    @Test(
        "cipher suites have their registered name and a short one",
        arguments: [
            (0x1302, "TLS_AES_256_GCM_SHA384", "AES_256_GCM_SHA384"),
            (0x1303, "TLS_CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305_SHA256"),
            (0xC02B, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE_ECDSA_AES_128_GCM_SHA256"),
            (0xCCA8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE_RSA_CHACHA20_POLY1305"),
            (0x0000, "TLS_NULL_WITH_NULL_NULL", "NULL_NULL_NULL"), (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", nil),
            (0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", nil), (0x00FF, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", nil),
            (0x5600, "TLS_FALLBACK_SCSV", "FALLBACK_SCSV"), (0x00C6, "TLS_SM4_GCM_SM3", "SM4_GCM_SM3"),
            (0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", nil), (0xC0B4, "TLS_SHA256_SHA256", nil),
            (0xC100, "TLS_GOSTR341112_256_WITH_KUZNYECHIK_CTR_OMAC", nil),
            (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", nil), (0x1306, "TLS_AEGIS_256_SHA512", nil),
            (0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", nil), (0xC0A0, "TLS_RSA_WITH_AES_128_CCM_8", nil),
        ] as [(UInt16, String, String?)])
    func suites(number: UInt16, name: String, short: String?) {
        let suite = TLSCipherSuite(rawValue: number)
        #expect(suite.ianaName == name)
        if let short { #expect(suite.description == short) }
    }

    @Test("a suite that nobody registered is a number, and one that tests tolerance says so")
    func unknownSuites() {
        #expect(TLSCipherSuite(rawValue: 0xABCD).description == "suite 0xabcd")
        #expect(TLSCipherSuite(rawValue: 0xABCD).ianaName == nil)
        #expect(TLSCipherSuite(rawValue: 0x0A0A).description == "GREASE")
    }

    @Test("suites say whether they are of TLS 1.3, and whether they hide anything")
    func kinds() {
        for number: UInt16 in [0x1301, 0x1305, 0x1306, 0x00C6, 0xC0B5] {
            #expect(TLSCipherSuite(rawValue: number).isTLS13)
        }
        for number: UInt16 in [0x1300, 0x1308, 0xC02B, 0x00FF] {
            #expect(!TLSCipherSuite(rawValue: number).isTLS13)
        }
        for number: UInt16 in [0x0000, 0x0001, 0x003B, 0xC006, 0x00B0, 0xC0B4, 0xC0B5] {
            #expect(TLSCipherSuite(rawValue: number).encrypts == false)
        }
        #expect(TLSCipherSuite(rawValue: 0x1301).encrypts == true)
        #expect(TLSCipherSuite(rawValue: 0x0005).encrypts == true)
        #expect(TLSCipherSuite(rawValue: 0xABCD).encrypts == nil)
        #expect(TLSCipherSuite(rawValue: 0x00FF).encrypts == nil && TLSCipherSuite(rawValue: 0x00FF).isSignal)
    }

    @Test("groups have names, and those against quantum computers are known")
    func groups() {
        #expect(NamedGroup(rawValue: 23).description == "P-256")
        #expect(NamedGroup(rawValue: 23).ianaName == "secp256r1")
        #expect(NamedGroup(rawValue: 29).ianaName == "x25519")
        #expect(NamedGroup(rawValue: 0x0100).description == "ffdhe2048")
        #expect(NamedGroup(rawValue: 28).description == "brainpoolP512r1")
        #expect(NamedGroup(rawValue: 0x6A6A).description == "GREASE")
        #expect(NamedGroup(rawValue: 0xABCD).description == "group 0xabcd")
        let hybrids: [(UInt16, String)] = [
            (0x11EB, "SecP256r1MLKEM768"), (0x11EC, "X25519MLKEM768"), (0x11ED, "SecP384r1MLKEM1024"),
            (0x0200, "MLKEM512"), (0x0201, "MLKEM768"), (0x0202, "MLKEM1024"), (0x6399, "X25519Kyber768Draft00"),
            (0x639A, "SecP256r1Kyber768Draft00"), (0xFE30, "X25519Kyber512Draft00"),
        ]
        for (number, name) in hybrids {
            #expect(NamedGroup(rawValue: number).description == name)
            #expect(NamedGroup(rawValue: number).isPostQuantum)
        }
        for number: UInt16 in [23, 29, 30, 0x0100, 0x6A6A] {
            #expect(!NamedGroup(rawValue: number).isPostQuantum)
        }
    }

    @Test("signature schemes have names, those of TLS 1.2 as well")
    func schemes() {
        let names: [(UInt16, String)] = [
            (0x0403, "ecdsa_secp256r1_sha256"), (0x0804, "rsa_pss_rsae_sha256"), (0x0807, "ed25519"),
            (0x0905, "mldsa65"), (0x0202, "dsa_sha1"), (0x0301, "rsa_sha224"), (0x0101, "rsa_md5"),
            (0xEEEE, "signature 0xeeee"), (0xAAAA, "GREASE"),
        ]
        for (number, name) in names { #expect(SignatureScheme(rawValue: number).description == name) }
        #expect(SignatureScheme(rawValue: 0x0904).isPostQuantum && !SignatureScheme(rawValue: 0x0804).isPostQuantum)
    }

    @Test("versions have names, drafts count as TLS 1.3, and values that test tolerance do not")
    func versions() {
        let names: [(UInt16, String)] = [
            (0x0002, "SSL 2.0"), (0x0300, "SSL 3.0"), (0x0304, "TLS 1.3"), (0x7F1C, "TLS 1.3 (draft 28)"),
            (0x7F0E, "TLS 1.3 (draft 14)"), (0xFB1A, "TLS 1.3 (Facebook draft 26)"), (0xFEFD, "DTLS 1.2"),
            (0x7F0D, "version 0x7f0d"), (0x0305, "version 0x305"), (0x7A7A, "GREASE"),
        ]
        for (number, name) in names { #expect(TLSVersion(rawValue: number).description == name) }
        for number: UInt16 in [0x0304, 0x7F0E, 0x7F1C, 0xFB17, 0xFB1A] {
            #expect(TLSVersion(rawValue: number).isTLS13Family)
        }
        for number: UInt16 in [0x0303, 0x7F0D, 0x7F1D, 0x7A7A, 0xFB18, 0xFEFC] {
            #expect(!TLSVersion(rawValue: number).isTLS13Family)
        }
        #expect(TLSVersion.ssl3 < .tls10 && .tls11 < TLSVersion.tls12)
    }

    @Test("handshake messages, extensions and alerts have names")
    func others() {
        let messages: [(UInt8, String)] = [
            (3, "HelloVerifyRequest"), (5, "EndOfEarlyData"), (21, "CertificateURL"), (22, "CertificateStatus"),
            (23, "SupplementalData"), (24, "KeyUpdate"), (25, "CompressedCertificate"), (67, "NextProtocol"),
            (254, "MessageHash"), (77, "handshake 77"),
        ]
        for (number, name) in messages { #expect(HandshakeType(rawValue: number).description == name) }
        #expect(HandshakeType.finished.isKnown && !HandshakeType(rawValue: 77).isKnown)
        let extensions: [(UInt16, String)] = [
            (0, "server_name"), (65037, "encrypted_client_hello"), (17613, "application_settings"), (0x2A2A, "GREASE"),
            (0x1234, "extension 0x1234"),
        ]
        for (number, name) in extensions { #expect(TLSExtensionType(rawValue: number).description == name) }
        #expect(Alert(level: 2, code: 121).description == "ech_required")
        #expect(Alert(level: 2, code: 110).description == "unsupported_extension")
    }

    @Test("content types of datagrams have names, and cannot begin a record")
    func contentTypes() {
        #expect(TLSContentType.name(of: 23) == "application data")
        #expect(TLSContentType.name(of: 25) == "tls12_cid")
        #expect(TLSContentType.name(of: 26) == "ACK")
        #expect(TLSContentType.name(of: 99) == "content of type 99")
        #expect(TLSContentType(rawValue: 25) == nil && TLSContentType(rawValue: 26) == nil)
    }

    @Test("modes of pre-shared keys that test tolerance, RFC 8701 §2", arguments: 0...255 as ClosedRange<UInt8>)
    func modes(mode: UInt8) {
        #expect(
            GREASE.contains(mode: mode) == [0x0B, 0x2A, 0x49, 0x68, 0x87, 0xA6, 0xC5, 0xE4].contains(mode))
    }
}
