import Foundation
import Testing

@Suite("what is refused")
struct RefusalTests {
    static let badNames = [
        "", ".", "..", ".x", "a b", "Alice", "ä", "a\nb", "a\n", "$(touch x)", "`id`", "a;b", "*", "a/b/c", "a/", "/a",
        "../x",
        "authority", "server", "server.pem", "x.key", "a/x.pem", String(repeating: "a", count: 33),
    ]

    @Test("a name that the chat or the folder cannot have", arguments: badNames)
    func names(name: String) async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, ["client", "--", name])
        #expect(!folder.exists(""))
    }

    @Test("a name that begins with a dash", arguments: ["-x", "-"])
    func dashes(name: String) async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, ["client", name])
        try await folder.expect(64, ["client", "--", name])
        try await folder.expect(64, ["client", "alice", "--device", name])
    }

    @Test("the longest names are not refused")
    func longest() async throws {
        let folder = try await CertsFolder.initialised()
        let user = String(repeating: "a", count: 32)
        let device = "_" + String(repeating: ".", count: 15) + String(repeating: "-", count: 16)
        try await folder.expect(0, ["client", user, "--device", device])
        let names = try await folder.extensions(of: "\(user)/\(device).pem")["X509v3 Subject Alternative Name"]
        #expect(names == "URI:conclave:\(user)/\(device)")
    }

    @Test(
        "a host that is neither name nor address",
        arguments: [
            "", "*.example.org", "a_b", "-a", "a-", "a..b", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", ":::",
            "1::2::3",
            "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1%lo", "a,IP:1.1.1.1", "a b", "a\nb", "$(id)",
            String(repeating: "a", count: 64),
        ])
    func hosts(host: String) async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, ["init", "--host", host])
        #expect(!folder.exists(""))
    }

    @Test("more names than a certificate may have")
    func tooManyHosts() async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, ["init"] + (1...32).flatMap { ["--host", "h\($0)"] })
        try await folder.expect(0, ["init"] + (1...28).flatMap { ["--host", "h\($0)"] })
        let names = try await folder.extensions(of: "server.pem")["X509v3 Subject Alternative Name"]
        #expect((names?.components(separatedBy: ", ").count ?? 0) <= 32)
    }

    @Test(
        "a command line that makes no sense",
        arguments: [
            "", "frob", "client", "client alice bob", "client alice --json", "init --strength 192", "list --json=1",
            "init alice",
            "client alice --device", "--dir", "client alice/x --device y", "init --dir=",
        ])
    func usage(line: String) async throws {
        let folder = try CertsFolder()
        try await folder.expect(64, line.split(separator: " ").map(String.init))
        #expect(!folder.exists(""))
    }

    @Test(
        "anything without a CA, with what to do", arguments: ["client alice", "server", "list", "crl", "renew alice"])
    func noFolder(line: String) async throws {
        let folder = try CertsFolder()
        let arguments = line.split(separator: " ").map(String.init)
        #expect(try await folder.expect(66, arguments).errors.contains("init"))
        try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: false)
        #expect(try await folder.expect(66, arguments).errors.contains("init"))
    }

    @Test("signing where the CA's key is not, or where others may read it")
    func noAuthorityKey() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        let key = folder.url.appending(path: "authority/ca.key")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key.path)
        #expect(try await folder.expect(77, ["client", "bob"]).errors.contains("chmod 600"))
        try FileManager.default.removeItem(at: key)
        let before = try folder.snapshot()
        for line in ["init", "client bob", "server", "renew alice", "revoke alice", "crl"] {
            let refusal = try await folder.expect(78, line.split(separator: " ").map(String.init))
            #expect(refusal.errors.contains("holds no CA key"))
        }
        #expect(try folder.snapshot() == before)
    }

    @Test("a folder of another layout, and a damaged one")
    func damaged() async throws {
        let folder = try await CertsFolder.initialised()
        let database = folder.url.appending(path: "authority/database")
        let good = try String(contentsOf: database, encoding: .utf8)
        for bad in [
            "", "conclave-certs 2 128 30\n", good.replacingOccurrences(of: " 128 ", with: " 192 "),
            good + "half a li", good.split(separator: "\n").prefix(1).joined() + "\n",
        ] {
            try Data(bad.utf8).write(to: database)
            for command in [["client", "alice"], ["list"], ["init"]] { try await folder.expect(78, command) }
        }
        try Data(good.utf8).write(to: database)
        try await folder.expect(0, ["client", "alice"])
    }

    @Test("a CA key that is not that of the CA, and leaves no trace")
    func foreignKey() async throws {
        let folder = try await CertsFolder.initialised()
        let other = try await CertsFolder.initialised()
        try other.contents("authority/ca.key").write(to: folder.url.appending(path: "authority/ca.key"))
        let before = try folder.snapshot()
        let run = try await folder.certs(["client", "alice"])
        #expect(run.status == 74 && run.errors.hasPrefix("certs: could not sign"), "\(run.errors)")
        #expect(try folder.snapshot() == before)
    }

    @Test("a machine without openssl, with how to get it")
    func noOpenSSL() async throws {
        let folder = try CertsFolder()
        let programs = folder.parent.appending(path: "bin")
        try FileManager.default.createDirectory(at: programs, withIntermediateDirectories: false)
        for program in ["bash", "readlink", "dirname", "date"] {
            let found = try await Command.run("bash", ["-c", "command -v \(program)"]).output
            try FileManager.default.createSymbolicLink(
                atPath: programs.appending(path: program).path,
                withDestinationPath: found.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let refusal = try await folder.expect(66, ["init"], environment: ["PATH": programs.path])
        #expect(refusal.errors.contains("apt-get install openssl"))
    }

    @Test("a folder that this user may not write to, or not read")
    func permissions() async throws {
        let folder = try CertsFolder()
        let run = try await folder.asOrdinaryUser(
            """
            certs init && chmod 500 "$CONCLAVE_CERTS" || exit 1
            certs client alice; echo "$?"
            certs list >/dev/null; echo "$?"
            chmod 000 "$CONCLAVE_CERTS"
            certs list; echo "$?"
            chmod 700 "$CONCLAVE_CERTS"
            CONCLAVE_CERTS=/proc/certs certs init; echo "$?"
            """)
        #expect(run.output.hasSuffix("\n77\n0\n77\n73\n"), "\(run.output)\(run.errors)")
        #expect(run.errors.split(separator: "\n").allSatisfy { $0.hasPrefix("certs: ") }, "\(run.errors)")
        #expect(run.errors.split(separator: "\n").count == 3)
    }
}

extension CertsFolder {
    /// Runs a shell script as a user who is not root, with `certs` as a command.
    func asOrdinaryUser(_ text: String) async throws -> Command {
        let nobody = "65534"
        let scripts = parent.appending(path: "scripts")
        try FileManager.default.copyItem(
            at: Self.root.appending(path: "scripts").resolvingSymlinksInPath(), to: scripts)
        let line = "certs() { \"$0/certs\" \"$@\"; }\n" + text
        var arguments = ["bash", "-c", line, scripts.path]
        if getuid() == 0 {
            _ = try await Command.run("chown", ["-R", nobody, parent.path])
            arguments = ["setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups"] + arguments
        }
        return try await Command.run("env", arguments, environment: ["CONCLAVE_CERTS": url.path])
    }
}
