import Foundation
import Testing

@Suite("the folder of certificates")
struct LayoutTests {
    @Test("holds what the programs look for, and folders, keys and certificates have their modes")
    func layout() async throws {
        let folder = try await CertsFolder.initialised()
        try await folder.expect(0, ["client", "alice"])
        try await folder.expect(0, ["client", "bob", "--device", "phone"])
        let modes = try folder.modes().filter { !$0.key.hasPrefix("authority/issued/") }
        #expect(
            modes == [
                "": 0o700, "ca.pem": 0o644, "crl.pem": 0o644, "server.pem": 0o644, "server.key": 0o600,
                "alice": 0o700, "alice/default.pem": 0o644, "alice/default.key": 0o600,
                "bob": 0o700, "bob/phone.pem": 0o644, "bob/phone.key": 0o600,
                "authority": 0o700, "authority/ca.key": 0o600, "authority/database": 0o600,
                "authority/crlnumber": 0o600, "authority/issued": 0o700,
            ])
        try await folder.audit()
    }

    @Test("is closed to others whatever the umask", arguments: ["000", "022", "777"])
    func umask(mask: String) async throws {
        let folder = try CertsFolder()
        let run = try await Command.run(
            "bash", ["-c", "umask \(mask); exec \"$@\"", "bash", CertsFolder.script, "--dir", folder.url.path, "init"])
        #expect(run.status == 0, "\(run.errors)")
        try await folder.audit()
    }

    @Test("may be an empty one that was open to others, with a README in it")
    func emptyFolder() async throws {
        let folder = try CertsFolder()
        try FileManager.default.createDirectory(
            at: folder.url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        try Data("words".utf8).write(to: folder.url.appending(path: "README.md"))
        try await folder.expect(0, ["init"])
        #expect(try folder.modes()[""] == 0o700)
        #expect(try folder.contents("README.md") == Data("words".utf8))
    }

    @Test("may not be one that holds other things, which stays as it is")
    func foreignFolder() async throws {
        let folder = try CertsFolder()
        try FileManager.default.createDirectory(
            at: folder.url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
        try Data("words".utf8).write(to: folder.url.appending(path: "letter.txt"))
        let refusal = try await folder.expect(78, ["init"])
        #expect(refusal.errors.contains("letter.txt"))
        #expect(try folder.modes() == ["": 0o755, "letter.txt": 0o644])
    }

    @Test(
        "may have an odd name, and be given in odd ways", arguments: ["-a b", "$(id)", "q'\"#%=;,\\", "ünï"])
    func oddNames(name: String) async throws {
        let folder = try CertsFolder(name: name)
        for arguments in [["init"], ["client", "alice"], ["list"]] {
            let run = try await Command.run(
                CertsFolder.script, arguments + ["--dir", name], environment: ["LC_ALL": "C.UTF-8"], in: folder.parent)
            #expect(run.status == 0, "\(run.output)\(run.errors)")
        }
        try await folder.audit()
    }

    @Test("is named by --dir before or after the command, or by the environment, and the flag wins")
    func naming() async throws {
        let folder = try CertsFolder()
        let other = try CertsFolder()
        try await other.expect(0, ["--dir", folder.url.path, "init"])
        try await other.expect(0, ["client", "alice", "--dir=\(folder.url.path)"])
        try await folder.expect(0, ["list"])
        #expect(!other.exists("ca.pem"))
        try await folder.audit()
    }

    @Test("works in any locale", arguments: ["tr_TR.UTF-8", "xx_XX"])
    func locales(locale: String) async throws {
        let folder = try CertsFolder()
        let environment = ["LC_ALL": locale, "LANG": locale, "TZ": "Asia/Kathmandu"]
        for arguments in [["init"], ["client", "iris"], ["list"]] {
            #expect(try await folder.certs(arguments, environment: environment).status == 0)
        }
        #expect(try await folder.certs(["client", "IRIS"], environment: environment).status == 64)
        try await folder.audit()
    }
}
