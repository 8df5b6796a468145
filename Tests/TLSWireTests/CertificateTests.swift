import TLSWire
import Testing

@Suite("Certificates, RFC 5280") struct CertificateTests {
    @Test("a certificate says what OpenSSL says of it")
    func curve() throws {
        let facts = try CertificateFacts(decoding: CertificateSamples.curve)
        #expect(facts.subject == ##"CN=chat.example,OU=\ padded\ ,OU=\#first,O=Beispiel\, Ä \+ Söhne,C=DE"##)
        #expect(facts.issuer == facts.subject && facts.isSelfIssued)
        #expect(facts.serialNumber == "8F01")
        #expect((facts.notBefore, facts.notAfter) == CertificateSamples.curveValidity)
        #expect(
            facts.alternativeNames == [
                "chat.example", "*.chat.example", "127.0.0.1", "2001:db8::1", "a@chat.example", "https://chat.example/",
            ])
        #expect(facts.key == "P-256" && facts.keyBits == 256)
        #expect(facts.signatureAlgorithm == "ecdsa-with-SHA256")
        #expect(!facts.isAuthority)
        #expect(facts.fingerprint == CertificateSamples.curveFingerprint)
    }

    @Test("an authority with a name in BMPString, beyond 2050")
    func authority() throws {
        let facts = try CertificateFacts(decoding: CertificateSamples.authority)
        #expect(facts.subject == "CN=Root,O=Кириллица")
        #expect((facts.notBefore, facts.notAfter) == CertificateSamples.authorityValidity)
        #expect(facts.key == "Ed25519" && facts.signatureAlgorithm == "Ed25519")
        #expect(facts.isAuthority && facts.serialNumber == "01" && facts.alternativeNames.isEmpty)
        #expect(facts.fingerprint == CertificateSamples.authorityFingerprint)
    }

    @Test("a key of RSA with its size, signed by RSASSA-PSS")
    func rsa() throws {
        let facts = try CertificateFacts(decoding: CertificateSamples.rsa)
        #expect(facts.key == "RSA 2048" && facts.keyBits == 2_048 && facts.signatureAlgorithm == "rsassaPss")
        #expect(facts.fingerprint == CertificateSamples.rsaFingerprint)
    }

    @Test("one that is cut off anywhere, or goes on, is refused")
    func cut() {
        let whole = CertificateSamples.curve
        for count in 0..<whole.count {
            #expect(throws: TLSDecodeError.self) { try CertificateFacts(decoding: Array(whole[..<count])) }
        }
        #expect(throws: TLSDecodeError.self) { try CertificateFacts(decoding: whole + [0]) }
        #expect(throws: TLSDecodeError.self) {
            try CertificateFacts(decoding: [UInt8](repeating: 0x30, count: CertificateFacts.longest + 1))
        }
    }

    @Test("changed anywhere they never trap, and what is left of a name is harmless")
    func mutations() throws {
        var generator = WireGenerator(seed: 11)
        var read = 0
        for whole in [CertificateSamples.curve, CertificateSamples.authority, CertificateSamples.rsa] {
            for place in whole.indices {
                for value: UInt8 in [0, 0x1B, 0x7F, 0x80, 0x84, 0xFF, .random(in: 0...255, using: &generator)] {
                    var bytes = whole
                    bytes[place] = value
                    guard let facts = try? CertificateFacts(decoding: bytes) else { continue }
                    read += 1
                    for text in [facts.subject, facts.issuer] + facts.alternativeNames {
                        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F })
                    }
                }
            }
        }
        #expect(read > 3_000)
    }

    /// The validity of a sample with another text in it, of the same length.
    private func replacing(_ old: String, by new: String, tag: UInt8? = nil) throws -> CertificateFacts {
        var bytes = CertificateSamples.authority
        let place = try #require(bytes.indices.first { Array(bytes[$0...].prefix(old.utf8.count)) == Array(old.utf8) })
        bytes.replaceSubrange(place..<place + old.utf8.count, with: Array(new.utf8))
        if let tag { bytes[place - 2] = tag }
        return try CertificateFacts(decoding: bytes)
    }

    @Test("times that are none are refused")
    func times() throws {
        #expect(try replacing("20650321182146Z", by: "20500101000000Z").notAfter == 2_524_608_000)
        #expect(try replacing("20650321182146Z", by: "19691231235959Z").notAfter == -1)
        #expect(try replacing("20650321182146Z", by: "20240229000000Z").notAfter == 1_709_164_800)
        for text in ["20651321182146Z", "20650300182146Z", "2065032118214xZ", "20650321186046Z", "abcdefghijklmno"] {
            #expect(throws: TLSDecodeError.self) { try replacing("20650321182146Z", by: text) }
        }
        #expect(throws: TLSDecodeError.self) { try replacing("20650321182146Z", by: "20650321182146Z", tag: 0x0C) }
    }
}
