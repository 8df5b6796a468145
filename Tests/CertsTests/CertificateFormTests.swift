import Foundation
import Testing

@Suite("what the certificates say, RFC 5280")
struct CertificateFormTests {
    @Test(
        "the strength chooses curve and hash, and nothing else",
        arguments: [("128", "P-256", "ecdsa-with-SHA256"), ("256", "P-384", "ecdsa-with-SHA384")])
    func strength(strength: String, curve: String, signature: String) async throws {
        let folder = try await CertsFolder.initialised("--strength", strength)
        try await folder.expect(0, ["client", "alice"])
        for name in ["ca", "server", "alice/default"] {
            let text = try await folder.read("-text", of: name + ".pem")
            #expect(text.contains("Version: 3 (0x2)"))
            #expect(text.contains("NIST CURVE: \(curve)"))
            #expect(text.contains("Signature Algorithm: \(signature)"))
        }
        let list = try await folder.openssl("crl -in crl.pem -noout -text").output
        #expect(list.contains("Version 2 (0x1)"))
        #expect(list.contains("Signature Algorithm: \(signature)"))
        #expect(list.contains("X509v3 CRL Number"))
        #expect(list.contains("X509v3 Authority Key Identifier"))
        #expect(try await folder.list().authority.strength == Int(strength))
        try await folder.audit()
    }

    @Test("the CA may sign certificates and lists, nothing else, for ten years")
    func authority() async throws {
        let folder = try await CertsFolder.initialised()
        let constraints = try await folder.extensions(of: "ca.pem")
        #expect(
            constraints == [
                "X509v3 Basic Constraints: critical": "CA:TRUE, pathlen:0",
                "X509v3 Key Usage: critical": "Certificate Sign, CRL Sign",
                "X509v3 Subject Key Identifier": constraints["X509v3 Subject Key Identifier"],
                "X509v3 Authority Key Identifier": constraints["X509v3 Subject Key Identifier"],
            ])
        #expect(try await folder.read("-subject", of: "ca.pem").hasPrefix("subject=CN = Conclave CA "))
        let lifetime = try await folder.lifetime(of: "ca.pem")
        #expect((3_650...3_654).contains(lifetime / 86_400))
    }

    @Test("a client's certificate is for one identity and for being a client, nothing else")
    func client() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice", "--device", "laptop"])
        let found = try await folder.extensions(of: "alice/laptop.pem")
        let authority = try await folder.extensions(of: "ca.pem")["X509v3 Subject Key Identifier"]
        #expect(
            found == [
                "X509v3 Basic Constraints: critical": "CA:FALSE",
                "X509v3 Key Usage: critical": "Digital Signature",
                "X509v3 Extended Key Usage": "TLS Web Client Authentication",
                "X509v3 Subject Alternative Name": "URI:conclave:alice/laptop",
                "X509v3 Subject Key Identifier": found["X509v3 Subject Key Identifier"],
                "X509v3 Authority Key Identifier": authority,
            ])
        #expect(try await folder.lifetime(of: "alice/laptop.pem") == 365 * 86_400 - 1)
        #expect(try await folder.verify("alice/laptop.pem", purpose: "sslclient").status == 0)
        #expect(try await folder.verify("alice/laptop.pem", purpose: "sslserver").status != 0)
    }

    @Test("the server's certificate is for its names and for being a server, nothing else")
    func server() async throws {
        let folder = try await CertsFolder.initialised(
            "--host", "Chat.Example.org", "--host", "192.0.2.77", "--host", "2001:db8::7", "--days", "90")
        let found = try await folder.extensions(of: "server.pem")
        #expect(found.count == 6)
        #expect(found["X509v3 Key Usage: critical"] == "Digital Signature")
        #expect(found["X509v3 Extended Key Usage"] == "TLS Web Server Authentication")
        let names = found["X509v3 Subject Alternative Name"]?.components(separatedBy: ", ") ?? []
        for name in [
            "DNS:chat.example.org", "IP Address:192.0.2.77", "IP Address:2001:DB8:0:0:0:0:0:7", "DNS:localhost",
            "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1",
        ] {
            #expect(names.contains(name), "\(names)")
        }
        #expect(names.count <= 32 && Set(names).count == names.count)
        #expect(try await folder.lifetime(of: "server.pem") == 90 * 86_400 - 1)
        #expect(try await folder.verify("server.pem", purpose: "sslserver").status == 0)
        #expect(try await folder.verify("server.pem", purpose: "sslclient").status != 0)
    }

    @Test("serial numbers are 128 random bits")
    func serials() async throws {
        let folder = try await CertsFolder.initialised()
        for user in ["alice", "bob", "carol"] { try await folder.expect(0, ["client", user]) }
        let serials = try await folder.list().certificates.map(\.serial)
        #expect(Set(serials).count == 4)
        #expect(serials.allSatisfy { $0.count == 32 })
        #expect(Set(serials.map { $0.prefix(6) }).count == 4)
    }

    @Test("a certificate begins a little in the past, but not before the CA")
    func beginning() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let authority = try await folder.date("-startdate", of: "ca.pem")
        let client = try await folder.date("-startdate", of: "alice/default.pem")
        #expect(client >= authority)
        #expect((120...600).contains(Date.now.timeIntervalSince(client)))
    }

    @Test("a certificate may last 1 to 825 days", arguments: ["1", "825"])
    func days(days: String) async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice", "--days", days])
        #expect(try await folder.lifetime(of: "alice/default.pem") == (Double(days) ?? 0) * 86_400 - 1)
    }

    @Test(
        "other numbers of days are refused",
        arguments: ["0", "-1", "826", "99999999999999999999", "1e2", "x", "08", ""])
    func refusedDays(days: String) async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, ["init", "--days", days])
        #expect(!folder.exists(""))
    }
}

extension CertsFolder {
    /// The extensions by title, as `openssl x509 -text` prints them.
    func extensions(of certificate: String) async throws -> [String: String] {
        let text = try await read("-text", of: certificate)
        var found: [String: String] = [:]
        var title: String?
        for line in text.components(separatedBy: "\n") {
            let trimmed = line.trimmingCharacters(in: .whitespaces)
            if line.hasPrefix("            X509v3 ") {
                title = trimmed.hasSuffix(":") ? String(trimmed.dropLast()) : trimmed
            } else if let name = title {
                found[name] = trimmed
                title = nil
            }
        }
        return found
    }

    func date(_ field: String, of certificate: String) async throws -> Date {
        let text = try await read("\(field) -dateopt iso_8601", of: certificate)
        let stamp = try #require(text.split(separator: "=").last)
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "yyyy-MM-dd HH:mm:ss'Z'"
        return try #require(formatter.date(from: String(stamp)))
    }

    /// In seconds, from the first to the last.
    func lifetime(of certificate: String) async throws -> Double {
        let start = try await date("-startdate", of: certificate)
        return try await date("-enddate", of: certificate).timeIntervalSince(start)
    }
}
