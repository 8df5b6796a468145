import Chat
import ChatClient
import Crypto
import Foundation
import MLS
import MLSWire
import Testing

@testable import TLSTransport

@Suite("The key of a device")
struct DeviceKeyTests {
    private static func read(_ text: String) throws -> DeviceKey {
        var bytes = Array(text.utf8)
        defer { #expect(bytes.isEmpty, "the file's bytes are wiped") }
        return try DeviceKey(wiping: &bytes, file: "alice/laptop.key")
    }

    /// A PEM block of that label.
    private static func block(_ label: String, _ content: String) -> String {
        "-----BEGIN \(label)-----\n\(content)\n-----END \(label)-----\n"
    }

    @Test("is read as PKCS#8, and decides the suite")
    func pkcs8() throws {
        let small = P256.Signing.PrivateKey()
        let key = try Self.read(small.pemRepresentation)
        #expect(key.suite == .p256AES128)
        #expect(key.signer.publicKey.bytes == Array(small.publicKey.x963Representation))
        let large = P384.Signing.PrivateKey()
        #expect(try Self.read(large.pemRepresentation).suite == .p384AES256)
        #expect(
            try Self.read(large.pemRepresentation).signer.publicKey.bytes == Array(large.publicKey.x963Representation))
        #expect(try Self.read(small.pemRepresentation.replacing("\n", with: "\r\n")).suite == .p256AES128)
    }

    /// `openssl ecparam -genkey` writes such a file, with the curve in front.
    @Test("is read as SEC 1, wherever in the file it is")
    func sec1() throws {
        let key = P256.Signing.PrivateKey()
        let scalar = Array(key.rawRepresentation)
        let point = Array(key.publicKey.x963Representation)
        let oid: [UInt8] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        let body = [0x02, 0x01, 0x01, 0x04, 0x20] + scalar + oid + [0xA1, 0x44, 0x03, 0x42, 0x00] + point
        let encoding = Data([0x30, UInt8(body.count)] + body)
        let text =
            "some words\n" + Self.block("EC PARAMETERS", "BggqhkjOPQMBBw==")
            + Self.block("EC PRIVATE KEY", encoding.base64EncodedString(options: .lineLength64Characters))
        #expect(try Self.read(text).signer.publicKey.bytes == point)
    }

    @Test("signs what the certificate's key verifies")
    func signs() throws {
        let key = P384.Signing.PrivateKey()
        let signature = try Self.read(key.pemRepresentation).signer.signature(of: [1, 2, 3])
        let parsed = try P384.Signing.ECDSASignature(derRepresentation: signature)
        #expect(key.publicKey.isValidSignature(parsed, for: Data([1, 2, 3])))
        #expect(!key.publicKey.isValidSignature(parsed, for: Data([1, 2, 4])))
    }

    @Test("is refused in any other form, with what to do")
    func refused() throws {
        let good = P256.Signing.PrivateKey().pemRepresentation
        let lines = good.split(separator: "\n")
        let cases: [(String, DeviceKeyError)] = [
            ("", .malformed(file: "alice/laptop.key")),
            ("no key at all", .malformed(file: "alice/laptop.key")),
            (P256.Signing.PrivateKey().publicKey.pemRepresentation, .malformed(file: "alice/laptop.key")),
            (lines.dropLast().joined(separator: "\n"), .malformed(file: "alice/laptop.key")),
            (lines.dropFirst().joined(separator: "\n"), .malformed(file: "alice/laptop.key")),
            (Self.block("PRIVATE KEY", "AAA"), .malformed(file: "alice/laptop.key")),
            (Self.block("PRIVATE KEY", "A*=="), .malformed(file: "alice/laptop.key")),
            (Self.block("PRIVATE KEY", "AA=A"), .malformed(file: "alice/laptop.key")),
            (String(repeating: "x", count: 70_000), .malformed(file: "alice/laptop.key")),
            (Self.block("PRIVATE KEY", "AAAA"), .unsupported(file: "alice/laptop.key")),
            (P521.Signing.PrivateKey().pemRepresentation, .unsupported(file: "alice/laptop.key")),
            (try TestKey(.rsa(bits: 2_048)).pem, .unsupported(file: "alice/laptop.key")),
            (try TestKey(.ed25519).pem, .unsupported(file: "alice/laptop.key")),
            (try TestKey(.explicitCurve("P-256")).pem, .unsupported(file: "alice/laptop.key")),
            (try TestKey(.curve("brainpoolP384r1")).pem, .unsupported(file: "alice/laptop.key")),
            (try TestKey(.curve("secp256k1")).pem, .unsupported(file: "alice/laptop.key")),
            (Self.block("RSA PRIVATE KEY", "AAAA"), .unsupported(file: "alice/laptop.key")),
            (
                try TestKey(.curve("P-256")).encryptedPEM(passphrase: "secret"),
                .encrypted(file: "alice/laptop.key")
            ),
            (
                Self.block("EC PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA"),
                .encrypted(file: "alice/laptop.key")
            ),
        ]
        for (text, expected) in cases {
            let error = #expect(throws: DeviceKeyError.self) { try Self.read(text) }
            #expect(error == expected, "\(text.prefix(80))")
            #expect(error?.description.contains("; ") == true)
        }
    }

    @Test("is read from the folder, if nobody else may read it")
    func file() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let leaf = try root.issue(.client("URI:conclave:alice/laptop"), isRoot: true)
        let folder = try CertificateFolder()
        try folder.write(leaf, as: "alice/laptop")
        let files = try folder.client("alice/laptop")
        var bytes = try files.readKey(limit: DeviceKey.maximumFileSize)
        #expect(try String(decoding: bytes, as: UTF8.self) == leaf.key.pem)
        #expect(try DeviceKey(wiping: &bytes, file: files.key).suite == .p256AES128)
        #expect(throws: TLSConfigurationError.self) { try files.readKey(limit: 10) }
        try folder.write(leaf.key.pem, to: "alice/laptop.key", mode: 0o640)
        #expect(throws: TLSConfigurationError.exposedKey(file: files.key, mode: "0640")) {
            try files.readKey(limit: 65_536)
        }
        let error = #expect(throws: TLSConfigurationError.self) {
            try folder.client("bob/laptop").readKey(limit: 65_536)
        }
        #expect(error?.isMissingFile == true)
    }

    @Test("and the certificate are those that TLS uses", arguments: [("P-256", 2), ("P-384", 7)])
    func context(curve: String, suite: UInt16) throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let leaf = try root.issue(.client().with { $0.key = .curve(curve) }, isRoot: true)
        let folder = try CertificateFolder()
        try folder.write(root.pem, to: "ca.pem")
        try folder.write(root.revocationList(), to: "crl.pem")
        try folder.write(leaf, as: "bob/laptop")
        let files = try folder.client()
        let context = try TLSContext(.client, files: files, now: Int64(time(nil)))
        var bytes = try files.readKey(limit: DeviceKey.maximumFileSize)
        let device = try DeviceIdentity(
            chain: context.certificateChain, key: DeviceKey(wiping: &bytes, file: files.key),
            validator: DeviceValidator(judge: context.judge.judge, clock: { Int64(time(nil)) }))
        #expect(device.identity == PeerIdentity("bob/laptop"))
        #expect(device.suite.rawValue == suite)
        #expect(device.signer.publicKey.bytes == context.publicKey)
        let client = device.client(clock: { UInt64(time(nil)) })
        #expect(client.capabilities.extensions.map(\.rawValue) == [0x000A, 0xF0CC])
        #expect(client.capabilities.credentials == [.x509])
        let leafIndex = try MLSGroup(GroupID(bytes: [1]), suite: device.suite, client: client).leaf
        #expect(leafIndex == LeafIndex(0))
    }

    @Test("belongs to the certificate, or the device is refused")
    func belongs() throws {
        let world = try DeviceWorld()
        let leaf = try world.certify("alice/laptop")
        let device = try world.device(leaf)
        #expect(device.identity == PeerIdentity("alice/laptop"))
        #expect(device.suite == .p256AES128)
        let error = #expect(throws: DeviceIdentityError.self) {
            try world.device(leaf, key: try TestKey(.curve("P-256")))
        }
        #expect(error?.description.contains("is not that of its certificate; put the right one back") == true)
        #expect(throws: DeviceIdentityError.self) { try world.device(leaf, key: try TestKey(.curve("P-384"))) }
        for other in [
            try world.certify("alice/laptop", days: 0, from: -7_200), try world.root.issue(.server(), isRoot: true),
            try TestIdentity.selfSigned(.authority("Another Authority")).issue(.client(), isRoot: true),
        ] {
            let error = #expect(throws: DeviceIdentityError.self) { try world.device(other) }
            #expect(error?.description.contains("; ") == true, "\(error?.description ?? "")")
        }
    }
}
