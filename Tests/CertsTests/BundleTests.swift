import Foundation
import Testing

@Suite("handing a client over, PKCS#12")
struct BundleTests {
    @Test("takes the key, the certificate and the CA to another folder")
    func roundTrip() async throws {
        let (here, there) = (try await CertsFolder.initialised("--strength", "256"), try CertsFolder(name: "a b"))
        try await here.expect(0, ["client", "alice", "--device", "phone"])
        let made = try await here.expect(0, ["bundle", "alice/phone"])
        #expect(try here.modes()["alice/phone.p12"] == 0o600)
        let shown = try #require(made.errors.split(separator: ": ").last).trimmingCharacters(
            in: .whitespacesAndNewlines)
        #expect(shown.count >= 28)
        let file = here.url.appending(path: "alice/phone.p12").path

        try await there.expect(0, ["unbundle", file], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": shown])
        #expect(
            try there.modes() == [
                "": 0o700, "ca.pem": 0o644, "alice": 0o700, "alice/phone.pem": 0o644, "alice/phone.key": 0o600,
            ])
        for path in ["ca.pem", "alice/phone.pem", "alice/phone.key"] {
            #expect(try there.contents(path) == here.contents(path))
        }
        try await there.expect(78, ["client", "bob"])

        let before = try there.snapshot()
        try await there.expect(0, ["unbundle", file], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": shown])
        #expect(try there.snapshot() == before)
        try await there.expect(78, ["unbundle", file], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": shown + "x"])
        #expect(try await there.expect(64, ["unbundle", file]).errors.contains("CONCLAVE_BUNDLE_PASSPHRASE"))
        try await there.expect(66, ["unbundle", file + ".none"], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": shown])
        #expect(try there.snapshot() == before)
    }

    @Test("takes a renewed certificate beside the same key, but never another key, nor another CA")
    func again() async throws {
        let (here, there) = (try await CertsFolder.initialised(), try CertsFolder())
        let secret = ["CONCLAVE_BUNDLE_PASSPHRASE": "p $(x) 'ü\\"]
        let file = here.parent.appending(path: "a b.p12").path
        func carry(_ status: Int32) async throws {
            try? FileManager.default.removeItem(atPath: file)
            let made = try await here.expect(0, ["bundle", "alice", "--out", file], environment: secret)
            #expect(made.errors.isEmpty)
            try await there.expect(status, ["unbundle", file], environment: secret)
        }
        try await here.expect(0, ["client", "alice"])
        try await carry(0)
        try await here.expect(0, ["renew", "alice"])
        try await carry(0)
        #expect(try there.contents("alice/default.pem") == here.contents("alice/default.pem"))
        try await here.expect(0, ["revoke", "alice"])
        try await here.expect(0, ["client", "alice"])
        let before = try there.snapshot()
        try await carry(73)
        let elsewhere = try await CertsFolder.initialised()
        try await elsewhere.expect(78, ["unbundle", file], environment: secret)
        #expect(try there.snapshot() == before)
    }

    @Test("takes its passphrase from a file, and overwrites nothing")
    func passphraseFile() async throws {
        let (here, there) = (try await CertsFolder.initialised(), try CertsFolder())
        try await here.expect(0, ["client", "alice"])
        let secret = here.parent.appending(path: "secret")
        try Data("first line\nsecond".utf8).write(to: secret)
        let file = here.parent.appending(path: "alice.p12")
        let options = ["--passphrase-file", secret.path]
        try await here.expect(0, ["bundle", "alice", "--out", file.path] + options)
        let bytes = try Data(contentsOf: file)
        try await here.expect(73, ["bundle", "alice", "--out", file.path] + options)
        try await here.expect(73, ["bundle", "alice", "--out", "/nowhere/x.p12"] + options)
        try await here.expect(66, ["bundle", "alice", "--out", file.path + "2", "--passphrase-file", "/nowhere"])
        try await here.expect(66, ["bundle", "bob"])
        #expect(try Data(contentsOf: file) == bytes)
        try await there.expect(0, ["unbundle", file.path], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": "first line"])
    }

    @Test(
        "refuses a file that names a folder of its own choice, or is none of ours",
        arguments: [
            "conclave:../../x", "conclave:authority/ca", "conclave:alice/x.key", "conclave:Alice/x", "http:alice/x",
        ])
    func hostile(identity: String) async throws {
        let there = try CertsFolder()
        let line = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout ca.key -out ca.pem -subj /CN=x -days 9
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout k -out r -subj /CN=x
            openssl x509 -req -in r -CA ca.pem -CAkey ca.key -days 9 -out c -extfile <(echo "subjectAltName=URI:$1")
            openssl pkcs12 -export -inkey k -in c -certfile ca.pem -passout pass:x -out bundle
            """
        let made = try await Command.run("bash", ["-ec", line, "bash", identity], in: there.parent)
        #expect(made.status == 0, "\(made.errors)")
        let file = there.parent.appending(path: "bundle").path
        let run = try await there.expect(78, ["unbundle", file], environment: ["CONCLAVE_BUNDLE_PASSPHRASE": "x"])
        #expect(run.errors.contains("names no client"))
        #expect(try there.modes() == ["": 0o700])
    }
}
