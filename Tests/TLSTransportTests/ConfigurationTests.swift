import Foundation
import Testing

@testable import TLSTransport

@Suite("Files that TLS is set up from", .timeLimit(.minutes(2)))
struct ConfigurationTests {
    struct Wrong: Sendable, CustomTestStringConvertible {
        var name: String
        var role = TLSRole.server
        var words: String
        var spoil: @Sendable (CertificateFolder, TestIdentity) throws -> Void
        var testDescription: String { name }

        static func leaf(_ name: String, _ words: String, _ recipe: CertificateRecipe) -> Wrong {
            Wrong(name: name, words: words) { try $0.write($1.issue(recipe, isRoot: true), as: "server") }
        }

        static func gone(_ file: String, _ words: String, role: TLSRole = .server) -> Wrong {
            Wrong(name: "no \(file)", role: role, words: words) { folder, _ in
                try FileManager.default.removeItem(at: folder.url.appending(path: file))
            }
        }

        static func garbage(_ file: String, _ words: String) -> Wrong {
            Wrong(name: "garbage in \(file)", words: words) { folder, _ in
                try folder.write(
                    "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: file, mode: 0o600)
            }
        }

        static let all: [Wrong] = [
            gone("ca.pem", "ca.pem is missing; make it with scripts/certs init"),
            gone("crl.pem", "crl.pem is missing; make it with scripts/certs crl"),
            gone("server.pem", "server.pem is missing; make it with scripts/certs server"),
            gone("server.key", "server.key is missing; make it with scripts/certs server"),
            gone("bob/laptop.pem", "bob/laptop.pem is missing; make it with scripts/certs client", role: .client),
            gone("bob/laptop.key", "bob/laptop.key is missing; make it with scripts/certs client", role: .client),
            garbage("ca.pem", "holds no valid certificate"), garbage("crl.pem", "holds no valid revocation list"),
            garbage("server.pem", "holds no valid certificate"),
            garbage("server.key", "holds no valid unencrypted private key"),
            Wrong(name: "an empty list of authorities", words: "ca.pem") { folder, _ in
                try folder.write("", to: "ca.pem")
            },
            Wrong(name: "a key that others can read", words: "run: chmod 600") { folder, _ in
                let key = folder.url.appending(path: "server.key").path
                try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
            },
            Wrong(name: "a key with a passphrase", words: "unencrypted private key") { folder, _ in
                try folder.write(
                    TestKey(.curve("P-256")).encryptedPEM(passphrase: "secret"), to: "server.key", mode: 0o600)
            },
            Wrong(name: "another key", words: "is not the key of") { folder, _ in
                try folder.write(TestKey(.curve("P-256")).pem, to: "server.key", mode: 0o600)
            },
            leaf(
                "its certificate expired", "expired 2 days ago; run scripts/certs renew server",
                .server().with { $0.validity = (-9 * CertificateRecipe.day, -2 * CertificateRecipe.day - 60) }),
            leaf(
                "its certificate is from the future", "is not valid yet; set the clock",
                .server().with { $0.validity = (3_660, 90_000) }),
            leaf("its certificate is a client's", "for TLS servers alone", .client()),
            leaf("its key is RSA", "only P-256 and P-384", .server().with { $0.key = .rsa(bits: 2_048) }),
            leaf("its names are none", "names nobody", .server().setting("subjectAltName", nil)),
            leaf("its name is a wildcard", "wildcards are not used", .server("DNS:*.example.org")),
            Wrong(
                name: "a stale list",
                words: "is out of date since 1 hour, so every certificate would be refused; run scripts/certs crl"
            ) {
                try $0.write($1.revocationList(validity: (-7_200, -3_660)), to: "crl.pem")
            },
            Wrong(
                name: "another authority's list",
                words: "is not signed by the authority in ca.pem; run scripts/certs crl"
            ) { folder, _ in
                try folder.write(
                    TestIdentity.selfSigned(.authority("Another Authority")).revocationList(), to: "crl.pem")
            },
            Wrong(name: "a list of an authority that bears our name", words: "is not signed by the authority in ca.pem")
            { folder, _ in
                try folder.write(
                    TestIdentity.selfSigned(.authority("Test Authority")).revocationList(), to: "crl.pem")
            },
        ]
    }

    private static func folder(_ root: TestIdentity) throws -> CertificateFolder {
        let folder = try CertificateFolder()
        try folder.write(root.pem, to: "ca.pem")
        try folder.write(root.revocationList(), to: "crl.pem")
        try folder.write(root.issue(.server(), isRoot: true), as: "server")
        try folder.write(root.issue(.client(), isRoot: true), as: "bob/laptop")
        return folder
    }

    private static func load(_ role: TLSRole, _ folder: CertificateFolder) throws -> TLSContext {
        try TLSContext(role, files: role == .server ? folder.server : folder.client(), now: Int64(time(nil)))
    }

    @Test("are refused", arguments: Wrong.all)
    func refused(wrong: Wrong) throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let folder = try Self.folder(root)
        #expect(throws: Never.self) { try Self.load(wrong.role, folder) }
        try wrong.spoil(folder, root)
        let error = #expect(throws: TLSConfigurationError.self) { try Self.load(wrong.role, folder) }
        #expect("\(error.map { "\($0)" } ?? "")".contains(wrong.words))
    }

    @Test("may lack a revocation list at a client")
    func clientWithoutList() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let folder = try Self.folder(root)
        try FileManager.default.removeItem(at: folder.url.appending(path: "crl.pem"))
        #expect(try Self.load(.client, folder).revocationListExpiry == nil)
    }

    @Test("say who we are, and when certificate and list end")
    func facts() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let folder = try Self.folder(root)
        let server = try Self.load(.server, folder)
        let now = Int64(time(nil))
        #expect(server.subject == "localhost")
        #expect(try Self.load(.client, folder).subject == "bob/laptop")
        #expect(abs(server.certificateExpiry - now - 30 * 86_400) < 60)
        #expect(abs((server.revocationListExpiry ?? 0) - now - 30 * 86_400) < 60)
        #expect(server.authorityFingerprint.count == 64)
    }

    @Test("refuse a list from the future, with which nobody could be let in, and say that the clock may be wrong")
    func listFromTheFuture() throws {
        let root = try TestIdentity.selfSigned(.authority("Test Authority"))
        let error = #expect(throws: TLSConfigurationError.self) {
            try CertificateFolder.context(
                .server, root.issue(.server(), isRoot: true), authorities: [root],
                lists: [root.revocationList(validity: (3_600, 7_200))])
        }
        #expect(error?.description.contains("timedatectl") == true)
    }
}
