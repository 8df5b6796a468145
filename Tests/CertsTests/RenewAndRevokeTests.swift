import Foundation
import Testing

@Suite("renewing and revoking")
struct RenewAndRevokeTests {
    @Test("renew keeps the key, names and identity, and leaves the old certificate valid")
    func renew() async throws {
        let folder = try await CertsFolder.initialised("--host", "chat.example.org")
        try await folder.expect(0, ["client", "alice"])
        for (who, path) in [("alice", "alice/default"), ("server", "server")] {
            let key = try folder.contents(path + ".key")
            let old = try folder.contents(path + ".pem")
            let names = try await folder.extensions(of: path + ".pem")["X509v3 Subject Alternative Name"]
            try old.write(to: folder.parent.appending(path: "old.pem"))
            try await folder.expect(0, ["renew", who, "--days", "500"])
            #expect(try folder.contents(path + ".key") == key)
            #expect(try folder.contents(path + ".pem") != old)
            #expect(try await folder.extensions(of: path + ".pem")["X509v3 Subject Alternative Name"] == names)
            #expect(try await folder.lifetime(of: path + ".pem") == 500 * 86_400 - 1)
            let purpose = who == "server" ? "sslserver" : "sslclient"
            #expect(try await folder.verify("../old.pem", purpose: purpose).status == 0)
        }
        let alice = try await folder.list().certificates.filter { $0.identity == "alice/default" }
        #expect(alice.map(\.current) == [false, true])
        #expect(alice.map(\.status) == ["valid", "valid"])
        try await folder.audit()
    }

    @Test("renew --revoke withdraws the certificate before, and keeps the key")
    func renewAndRevoke() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let key = try folder.contents("alice/default.key")
        try folder.contents("alice/default.pem").write(to: folder.parent.appending(path: "old.pem"))
        try await folder.expect(0, ["renew", "alice", "--revoke"])
        #expect(try folder.contents("alice/default.key") == key)
        #expect(try await folder.verify("../old.pem", purpose: "sslclient").status != 0)
        try await folder.audit()
    }

    @Test("renew of a user renews each device; renew of one device only that one")
    func devices() async throws {
        let folder = try await CertsFolder.initialised()
        for device in ["laptop", "phone"] { try await folder.expect(0, ["client", "alice", "--device", device]) }
        try await folder.expect(0, ["client", "alicia"])
        try await folder.expect(0, ["renew", "alice/phone"])
        #expect(try await folder.list().certificates.map(\.identity).filter { $0 == "alice/laptop" }.count == 1)
        try await folder.expect(0, ["renew", "alice"])
        let identities = try await folder.list().certificates.map(\.identity)
        #expect(identities.filter { $0 == "alice/phone" }.count == 3)
        #expect(identities.filter { $0 == "alice/laptop" }.count == 2)
        #expect(identities.filter { $0 == "alicia/default" }.count == 1)
        try await folder.audit()
    }

    @Test("revoke puts every certificate of the device on the list, and removes its key")
    func revoke() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        try await folder.expect(0, ["client", "bob"])
        let first = try await folder.read("-serial", of: "alice/default.pem").dropFirst("serial=".count)
        try await folder.expect(0, ["renew", "alice"])
        let second = try await folder.read("-serial", of: "alice/default.pem").dropFirst("serial=".count)
        let key = try folder.contents("alice/default.key")
        try folder.contents("alice/default.pem").write(to: folder.parent.appending(path: "revoked.pem"))
        #expect(try await folder.verify("../revoked.pem", purpose: "sslclient").status == 0)

        try await folder.expect(0, ["revoke", "alice"])
        let list = try await folder.openssl("crl -in crl.pem -noout -text").output
        #expect(list.contains(first) && list.contains(second))
        let verdict = try await folder.verify("../revoked.pem", purpose: "sslclient")
        #expect(verdict.status != 0 && verdict.errors.contains("certificate revoked"), "\(verdict.errors)")
        #expect(!folder.exists("alice"))
        #expect(try await folder.list().certificates.map(\.status) == ["valid", "revoked", "valid", "revoked"])
        #expect(try await folder.expect(0, ["revoke", "alice"]).output.contains("Nothing has changed"))
        try await folder.expect(78, ["renew", "alice"])

        try await folder.expect(0, ["client", "alice"])
        #expect(try folder.contents("alice/default.key") != key)
        try await folder.audit()
    }

    @Test("revoke of a user takes all devices, of one device only that one")
    func revokeDevices() async throws {
        let folder = try await CertsFolder.initialised()
        for device in ["laptop", "phone", "watch"] { try await folder.expect(0, ["client", "alice/\(device)"]) }
        try await folder.expect(0, ["client", "alicia"])
        try await folder.expect(0, ["revoke", "alice/phone"])
        #expect(folder.exists("alice/laptop.key") && !folder.exists("alice/phone.key"))
        try await folder.expect(0, ["revoke", "alice"])
        #expect(!folder.exists("alice") && folder.exists("alicia/default.key"))
        try await folder.audit()
    }

    @Test("the server's certificate can be revoked and made anew")
    func revokeServer() async throws {
        let folder = try await CertsFolder.initialised()
        let key = try folder.contents("server.key")
        try await folder.expect(0, ["revoke", "server"])
        #expect(!folder.exists("server.key") && !folder.exists("server.pem"))
        try await folder.expect(0, ["server"])
        #expect(try folder.contents("server.key") != key)
        try await folder.audit()
    }

    @Test("nobody is nobody")
    func unknown() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let before = try folder.snapshot()
        for who in ["nobody", "alice/none", "alic", "default"] {
            for command in ["renew", "revoke"] { try await folder.expect(66, [command, who]) }
        }
        #expect(try folder.snapshot() == before)
    }

    @Test("each signature renews the list too, and its number grows")
    func revocationList() async throws {
        let folder = try await CertsFolder.initialised()
        var number = try await folder.list().crl.number
        for line in ["client alice", "renew alice", "crl --days 90", "revoke alice", "server --host x.example.org"] {
            try await folder.expect(0, line.split(separator: " ").map(String.init))
            let next = try await folder.list().crl
            #expect(next.number == number + 1)
            number = next.number
        }
        #expect(try await folder.list().crl.daysLeft == 90)
    }

    @Test(
        "a list that is missing is made again by whatever finds all else as asked",
        arguments: ["init", "client alice", "server"])
    func missingList(line: String) async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        try FileManager.default.removeItem(at: folder.url.appending(path: "crl.pem"))
        try await folder.expect(66, ["list"])
        let made = try await folder.expect(0, line.split(separator: " ").map(String.init))
        #expect(made.output.contains("Nothing else has changed"))
        #expect(try await folder.list().crl.number == 3)
        try await folder.audit()
    }
}
