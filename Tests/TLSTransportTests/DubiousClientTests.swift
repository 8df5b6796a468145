import Testing

@testable import TLSTransport

@Suite("A server and the certificates of its clients", .timeLimit(.minutes(2)))
struct DubiousClientTests {
    /// Shakes hands, says something at once, and reads to the end.
    private static func talk(
        _ world: ClientWorld, _ settings: RawSettings
    ) async throws -> (port: Int, bytes: [UInt8], end: Outcome) {
        let port = world.server.port
        return try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, settings)
            let local = peer.socket.localPort
            let start = peer.handshake()
            guard start == .handshakeDone else { return (local, [], start) }
            _ = peer.write(Wish.frame(Wish.nothing))
            let (bytes, end) = peer.readToEnd()
            return (local, bytes, end)
        }
    }

    @Test("refuses a certificate", arguments: DubiousClient.all)
    func refuses(dubious: DubiousClient) async throws {
        let world = try await ClientWorld.shared.value
        let identity = try dubious.make(world)
        let seen = try await Self.talk(world, RawSettings(identity: identity))
        #expect(seen.end == .alert(dubious.alert))
        #expect(seen.bytes.isEmpty, "no frame goes to a client that is refused")
        let reason = "\(await world.server.journal.reason(seen.port))"
        #expect(reason.contains(dubious.words))
        #expect(reason.contains("; "), "a remedy belongs to it: \(reason)")
        #expect(world.server.journal.frames(seen.port) == 0)
        #expect(try world.judgement(of: identity) != "accepted")
    }

    /// A libssl client keeps a certificate to itself when the server takes no signatures of its kind; so the server is asked directly.
    @Test(
        "refuses a kind of key",
        arguments: [
            (TestKey.Kind.curve("P-224"), "secp224r1"), (.curve("secp256k1"), "secp256k1"),
            (.curve("P-521"), "secp521r1"),
            (.rsa(bits: 1_024), "too weak a key"), (.rsa(bits: 2_048), "rsaEncryption"), (.ed25519, "ED25519"),
            (.explicitCurve("P-256"), "explicit"), (.curve("brainpoolP256r1"), "brainpoolP256r1"),
        ])
    func refusesKey(kind: TestKey.Kind, words: String) async throws {
        let world = try await ClientWorld.shared.value
        let identity = try world.client(.client().with { $0.key = kind })
        #expect(try world.judgement(of: identity).contains(words))
        let seen = try await Self.talk(world, RawSettings(identity: identity))
        #expect([.alert(116), .alert(42), .alert(43), .alert(46)].contains(seen.end))
        #expect(seen.bytes.isEmpty)
        #expect(world.server.journal.frames(seen.port) == 0)
    }

    @Test("refuses a huge certificate before it reads it", arguments: [1_000, 5_000])
    func refusesHugeCertificate(count: Int) async throws {
        let world = try await ClientWorld.shared.value
        let names = (1...count).map { "URI:conclave:bob/device\($0)" }.joined(separator: ",")
        let seen = try await Self.talk(world, RawSettings(identity: try world.client(.client(names))))
        let reason = "\(await world.server.journal.reason(seen.port))"
        #expect(reason.contains("too long a chain") || reason.contains("bytes for a TLS handshake"))
        #expect([.alert(47), .cut].contains(seen.end))
        #expect(seen.bytes.isEmpty)
    }

    @Test("refuses who does not have the key of his certificate")
    func refusesForeignKey() async throws {
        let world = try await ClientWorld.shared.value
        let victim = try world.client()
        let thief = victim.showing(key: try TestKey(pretendingToBe: victim.key))
        let seen = try await Self.talk(world, RawSettings(identity: thief))
        #expect(seen.end == .alert(51))
        #expect(seen.bytes.isEmpty)
        #expect("\(await world.server.journal.reason(seen.port))".contains("does not have the key of its certificate"))
        #expect(world.server.journal.frames(seen.port) == 0)
    }

    @Test("refuses a certificate of which any byte was changed")
    func refusesEveryChange() async throws {
        let world = try await ClientWorld.shared.value
        let encoded = try world.client().encoding
        #expect(try world.judgement(ofEncoding: encoded) == "accepted")
        for place in encoded.indices {
            var changed = encoded
            changed[place] ^= 1 << UInt8(place % 8)
            #expect(try world.judgement(ofEncoding: changed) != "accepted", "byte \(place)")
        }
    }

    @Test("refuses extensions that are noise, though the authority signed them", arguments: 0..<4 as Range<UInt64>)
    func refusesNoise(seed: UInt64) async throws {
        let world = try await ClientWorld.shared.value
        let dice = Dice(seed: seed)
        let names = ["basicConstraints", "keyUsage", "extendedKeyUsage", "subjectAltName", "authorityKeyIdentifier"]
        for _ in 0..<60 {
            // A plausible tag and length, then anything.
            let body = (0..<dice.roll(0...20)).map { _ in UInt8(dice.roll(0...255)) }
            let tag = [0x03, 0x04, 0x30, 0x82, 0x86, dice.roll(0...255)][dice.roll(0...5)]
            let bytes = [UInt8(tag), UInt8(dice.roll(0...1) == 0 ? body.count : dice.roll(0...127))] + body
            let digits = bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            let recipe = CertificateRecipe.client().setting(names[dice.roll(0...names.count - 1)], "DER:" + digits)
            #expect(try world.judgement(of: world.client(recipe)) != "accepted", "\(digits)")
        }
    }

    @Test("refuses a client without a certificate, and takes no frame of it")
    func refusesNone() async throws {
        let world = try await ClientWorld.shared.value
        let seen = try await Self.talk(world, RawSettings())
        #expect(seen.end == .alert(116))
        #expect(seen.bytes.isEmpty)
        #expect("\(await world.server.journal.reason(seen.port))".contains("showed no certificate; give it one"))
        #expect(world.server.journal.frames(seen.port) == 0)
    }

    struct Good: Sendable, CustomTestStringConvertible {
        var name: String
        var make: @Sendable (ClientWorld) throws -> TestIdentity
        var testDescription: String { name }

        static let all: [Good] = [
            Good(name: "P-256") { try $0.client() },
            Good(name: "P-384") { try $0.client(.client().with { $0.key = .curve("P-384") }) },
            Good(name: "from an intermediate") { try $0.intermediate.issue(.client()) },
            Good(name: "from an intermediate that it does not send") {
                try $0.intermediate.issue(.client()).showing(chain: [])
            },
            Good(name: "for 825 days") {
                try $0.client(.client().with { $0.validity = (-3_600, 825 * CertificateRecipe.day - 3_601) })
            },
            Good(name: "signed by SHA-384") { try $0.client(.client().with { $0.hash = "SHA384" }) },
            Good(name: "signed by SHA-512") { try $0.client(.client().with { $0.hash = "SHA512" }) },
            Good(name: "with a serial number of 20 bytes") {
                try $0.client(.client().with { $0.serialNumber = "7F" + String(repeating: "FF", count: 19) })
            },
            Good(name: "with the serial number 1") { try $0.client(.client().with { $0.serialNumber = "1" }) },
            Good(name: "with the longest names") {
                let name = String(repeating: "a", count: 32)
                return try $0.client(.client("URI:conclave:\(name)/\(name)"))
            },
            Good(name: "of a device that had another") {
                _ = try $0.client()
                return try $0.client()
            },
            Good(name: "with every character that a name may have") {
                try $0.client(.client("URI:conclave:_a.b-c9/0._-"))
            },
            Good(name: "with another common name, which proves nothing") {
                try $0.client(.client().with { $0.commonNames = [Array("alice".utf8)] })
            },
            Good(name: "with an uncritical extension that nobody knows") {
                try $0.client(.client().adding("1.2.3.4", "DER:0500"))
            },
        ]
    }

    @Test("accepts a certificate", arguments: Good.all)
    func accepts(good: Good) async throws {
        let world = try await ClientWorld.shared.value
        let identity = try good.make(world)
        let port = world.server.port
        let wish = Wish.frame(Wish.echo, [1, 2, 3])
        let seen = try await Machine.blocking {
            let peer = try RawPeer(connectingTo: port, RawSettings(identity: identity))
            let start = peer.handshake()
            guard start == .handshakeDone else { return start }
            _ = peer.write(wish)
            defer { peer.sayGoodbye() }
            return peer.read(count: Desk.greeting.count + wish.count)
        }
        #expect(seen == .bytes(Desk.greeting + wish))
        #expect(try world.judgement(of: identity.showing(chain: [])) == "accepted")
    }
}
