import TLSWire
import Testing

private typealias Bytes = HelloBytes

@Suite("Handshake messages, RFC 5246 §7.4, RFC 8446 §4") struct MessageTests {
    private static func long(_ bytes: [UInt8]) -> [UInt8] { [UInt8(bytes.count >> 16)] + Bytes.vector(bytes) }

    private static func read(
        _ type: HandshakeType, _ body: [UInt8], _ version: TLSVersion = .tls12, suite: UInt16 = 0xC02F
    ) throws -> HandshakeContent {
        try HandshakeContent(decoding: body, of: type, version: version, suite: TLSCipherSuite(rawValue: suite))
    }

    @Test("a chain of certificates is read, before TLS 1.3 and in it")
    func chain() throws {
        let der = CertificateSamples.curve
        let old = try CertificateMessage(decoding: Self.long(Self.long(der) + Self.long([9])), isTLS13: false)
        #expect(old.entries.map(\.der) == [der, [9]] && old.count == 2)
        #expect(old.facts.map(\.fingerprint) == [CertificateSamples.curveFingerprint])
        let status = Bytes.extension(5, [1] + Self.long([7]))
        let body = [1, 5] + Self.long(Self.long(der) + Bytes.vector(status) + Self.long([9]) + Bytes.vector([]))
        let new = try CertificateMessage(decoding: body, isTLS13: true)
        #expect(new.context == [5] && new.entries.map(\.der) == [der, [9]])
        #expect(new.entries[0].extensions.content(of: 5) == .statusRequest(1))
        #expect(try CertificateMessage(decoding: Self.long([]), isTLS13: false).entries.isEmpty)
        for count in 0..<body.count {
            #expect(throws: TLSDecodeError.self) {
                try CertificateMessage(decoding: Array(body[..<count]), isTLS13: true)
            }
        }
        #expect(throws: TLSDecodeError.self) { try CertificateMessage(decoding: Self.long([0, 0, 0]), isTLS13: false) }
    }

    @Test("of a chain without end the first 32 are kept")
    func longChain() throws {
        let body = Self.long([[UInt8]](repeating: Self.long([1]), count: 4_000).flatMap { $0 })
        let message = try CertificateMessage(decoding: body, isTLS13: false)
        #expect(message.count == 4_000 && message.entries.count == CertificateMessage.mostEntries)
    }

    struct Exchange: Sendable {
        var suite: UInt16
        var version: TLSVersion
        var body: [UInt8]
        var words: String
        var scheme: UInt16?
        var signature: Int?
    }

    private static let prime = [UInt8](repeating: 0xFF, count: 256)
    static let exchanges: [Exchange] = [
        Exchange(
            suite: 0xC02F, version: .tls12, body: [3, 0, 29, 2, 1, 1, 8, 4, 0, 3, 1, 1, 1], words: "X25519",
            scheme: 0x0804, signature: 3),
        Exchange(
            suite: 0xC013, version: .tls10, body: [3, 0, 23, 2, 1, 1, 0, 3, 1, 1, 1], words: "P-256", scheme: nil,
            signature: 3),
        Exchange(
            suite: 0x0033, version: .tls12,
            body: Bytes.vector(prime) + Bytes.vector([2]) + Bytes.vector([1, 2]) + [4, 1] + Bytes.vector([1]),
            words: "DH 2048", scheme: 0x0401, signature: 1),
        Exchange(
            suite: 0x0034, version: .tls12, body: Bytes.vector(prime) + Bytes.vector([2]) + Bytes.vector([1]),
            words: "DH 2048", scheme: nil, signature: nil),
        Exchange(suite: 0x008C, version: .tls12, body: Bytes.vector([65]), words: "PSK", scheme: nil, signature: nil),
        Exchange(
            suite: 0xC035, version: .tls12, body: Bytes.vector([]) + [3, 0, 24, 1, 1], words: "P-384", scheme: nil,
            signature: nil),
        Exchange(
            suite: 0x0003, version: .ssl3,
            body: Bytes.vector([UInt8](repeating: 0x80, count: 64)) + Bytes.vector([3]) + Bytes.vector([1, 1]),
            words: "RSA 512", scheme: nil, signature: 2),
    ]

    @Test("a key exchange tells its group or its size, and how it is signed", arguments: exchanges.indices)
    func exchange(index: Int) throws {
        let one = Self.exchanges[index]
        let suite = TLSCipherSuite(rawValue: one.suite)
        let exchange = try ServerKeyExchange(decoding: one.body, suite: suite, version: one.version)
        #expect(exchange.words == one.words)
        #expect(exchange.signatureScheme?.rawValue == one.scheme && exchange.signatureLength == one.signature)
        for count in 0..<one.body.count {
            #expect(throws: TLSDecodeError.self) {
                try ServerKeyExchange(decoding: Array(one.body[..<count]), suite: suite, version: one.version)
            }
        }
        #expect(throws: TLSDecodeError.self) {
            try ServerKeyExchange(decoding: one.body + [0], suite: suite, version: one.version)
        }
    }

    @Test("a request for a certificate names types, schemes and authorities")
    func request() throws {
        let name: [UInt8] = [0x30, 0x0C, 0x31, 0x0A, 0x30, 0x08, 0x06, 0x03, 0x55, 0x04, 0x03, 0x0C, 0x01, 0x41]
        let old = [2, 1, 64] + Bytes.vector([4, 3]) + Bytes.vector(Bytes.vector(name))
        guard case .certificateRequest(let request) = try Self.read(.certificateRequest, old) else {
            Issue.record("no request")
            return
        }
        #expect(request.types == [1, 64] && request.authorities == ["CN=A"])
        #expect(request.signatureSchemes.map(\.description) == ["ecdsa_secp256r1_sha256"])
        let new =
            [0]
            + Bytes.vector(
                Bytes.extension(13, Bytes.vector([8, 7])) + Bytes.extension(47, Bytes.vector(Bytes.vector(name))))
        let modern = try CertificateRequest(decoding: new, version: .tls13)
        #expect(modern.signatureSchemes.map(\.description) == ["ed25519"] && modern.authorities == ["CN=A"])
        #expect(throws: TLSDecodeError.self) { try Self.read(.certificateRequest, Array(old.dropLast())) }
        let malformed = [0] + Bytes.vector(Bytes.vector([1, 2, 3]))
        #expect(try CertificateRequest(decoding: malformed, version: .tls11).authorities == ["malformed name"])
    }

    @Test("small messages are read, and refused where they are cut off")
    func small() throws {
        let cases: [(HandshakeType, [UInt8], TLSVersion, HandshakeContent)] = [
            (.helloRequest, [], .tls12, .empty), (.serverHelloDone, [], .tls12, .empty),
            (.clientKeyExchange, [1, 2, 3], .tls12, .clientKeyExchange(length: 3)),
            (
                .certificateVerify, [4, 3, 0, 1, 9], .tls12,
                .certificateVerify(SignatureScheme(rawValue: 0x0403), length: 1)
            ),
            (.certificateVerify, [0, 1, 9], .tls11, .certificateVerify(nil, length: 1)),
            (.certificateStatus, [1, 0, 0, 2, 9, 9], .tls12, .certificateStatus(type: 1, length: 2)),
            (
                .newSessionTicket, [0, 0, 1, 0, 0, 2, 9, 9], .tls12,
                .newSessionTicket(lifetime: 256, length: 2, TLSExtensions())
            ),
            (.keyUpdate, [1], .tls13, .keyUpdate(isRequest: true)),
            (
                .compressedCertificate, [0, 2, 0, 1, 0, 0, 0, 1, 9], .tls13,
                .compressedCertificate(algorithm: 2, length: 256, compressed: 1)
            ),
            (.finished, [1, 2], .tls13, .unread(length: 2)),
        ]
        for (type, body, version, content) in cases {
            #expect(try Self.read(type, body, version) == content)
            if ![HandshakeType.clientKeyExchange, .finished].contains(type) {
                #expect(throws: TLSDecodeError.self) { try Self.read(type, body + [0], version) }
                if !body.isEmpty {
                    #expect(throws: TLSDecodeError.self) { try Self.read(type, Array(body.dropLast()), version) }
                }
            }
        }
        #expect(throws: TLSDecodeError.self) { try Self.read(.keyUpdate, [2], .tls13) }
        let ticket = try Self.read(
            .newSessionTicket,
            [0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0, 2, 9, 9] + Bytes.vector(Bytes.extension(42, [0, 0, 64, 0])), .tls13)
        guard case .newSessionTicket(256, length: 2, let extensions) = ticket else {
            Issue.record("no ticket")
            return
        }
        #expect(extensions.content(of: 42) == .earlyDataLimit(16_384))
    }

    @Test("hellos of SSL 2.0 are read, RFC 5246 §E.2")
    func old() throws {
        let challenge = [UInt8](repeating: 5, count: 16)
        let hello: [UInt8] = [1, 3, 1, 0, 9, 0, 0, 0, 16, 1, 0, 0x80, 0, 0, 0x2F, 0, 0, 0xFF] + challenge
        let client = try SSLv2ClientHello(decoding: hello)
        #expect(client.version == .tls10 && client.challenge == challenge && client.sessionID.isEmpty)
        #expect(client.cipherSpecs.first?.description == "SSL2_RC4_128_WITH_MD5")
        #expect(client.cipherSuites.map(\.rawValue) == [0x002F, 0x00FF])
        for count in 0..<hello.count {
            #expect(throws: TLSDecodeError.self) { try SSLv2ClientHello(decoding: Array(hello[..<count])) }
        }
        #expect(throws: TLSDecodeError.self) { try SSLv2ClientHello(decoding: hello + [0]) }
        for (place, value) in [(0, 2), (1, 4), (4, 8), (6, 33), (8, 15)] as [(Int, UInt8)] {
            var wrong = hello
            wrong[place] = value
            #expect(throws: TLSDecodeError.self) { try SSLv2ClientHello(decoding: wrong) }
        }
        let answer: [UInt8] = [4, 0, 1, 0, 2, 0, 2, 0, 3, 0, 1, 8, 8, 7, 0, 0xC0, 6]
        let server = try SSLv2ServerHello(decoding: answer)
        #expect(server.certificate == [8, 8] && server.connectionID == [6] && !server.isResumed)
        #expect(server.cipherSpecs.map(\.description) == ["SSL2_DES_192_EDE3_CBC_WITH_MD5"])
        for count in 0..<answer.count {
            #expect(throws: TLSDecodeError.self) { try SSLv2ServerHello(decoding: Array(answer[..<count])) }
        }
    }

    @Test("whatever the bytes are, nothing traps")
    func hostile() {
        var generator = WireGenerator(seed: 7)
        let types: [UInt8] = [0, 4, 5, 8, 11, 12, 13, 14, 15, 16, 20, 22, 24, 25, 99]
        var read = 0
        for round in 0..<6_000 {
            let body = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                // Small numbers make lengths that fit.
                round % 2 == 0
                    ? UInt8.random(in: 0...255, using: &generator) : UInt8.random(in: 0...6, using: &generator)
            }
            for type in types {
                for version: TLSVersion in [.tls12, .tls13, .ssl3] {
                    let suite = Self.exchanges[round % Self.exchanges.count].suite
                    if (try? Self.read(HandshakeType(rawValue: type), body, version, suite: suite)) != nil { read += 1 }
                }
            }
            _ = try? SSLv2ClientHello(decoding: body)
            _ = try? SSLv2ServerHello(decoding: body)
            _ = try? CertificateFacts(decoding: body)
        }
        #expect(read > 6_000)
    }
}

/// The same numbers for the same seed, so that a failure can be repeated (SplitMix64).
struct WireGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
