import Foundation
import Glibc
import Testing

@Suite("conclave-feeds as a service, and TLS")
struct FeedsServiceTests {
    @Test("fetches what is due, obeys a changed policy, keeps the old one when the new is wrong, and ends when told to")
    func runs() throws {
        let server = try FeedsServer { _ in .reply(200, [:], FeedsProgram.list(2)) }
        defer { server.stop() }
        let program = try FeedsProgram()
        let base = "http://127.0.0.1:\(server.port)"
        try program.write([.init("one", base + "/one")])
        let started = try program.start(["run"])
        defer { kill(started.process.processIdentifier, SIGKILL) }
        #expect(FeedsProgram.wait { started.words.contains("one: fetched, 2 entries; next in ") }, "\(started.words)")
        let second = try program.run(["run"])
        #expect(second.status == 69)
        #expect(second.errors.contains("already runs"))
        try program.write([.init("one", base + "/one"), .init("two", base + "/two")])
        #expect(FeedsProgram.wait { started.words.contains("two: fetched, 2 entries") }, "\(started.words)")
        try "{".write(to: program.policy, atomically: true, encoding: .utf8)
        #expect(FeedsProgram.wait { started.words.contains("The feeds stay as they were") }, "\(started.words)")
        #expect(server.requests.map(\.path) == ["/one", "/two"])
        kill(started.process.processIdentifier, SIGTERM)
        let outcome = try started.outcome()
        #expect(started.process.terminationReason == .exit)
        #expect(outcome.status == 0)
    }

    @Test(
        "ends at once in the middle of a list, and a restart does not ask again before it is due",
        .timeLimit(.minutes(1)))
    func stops() throws {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        let server = try FeedsServer {
            $0.path == "/slow" ? .endless(head, [35], 20_000) : .reply(200, [:], FeedsProgram.list(2))
        }
        defer { server.stop() }
        let program = try FeedsProgram()
        let base = "http://127.0.0.1:\(server.port)"
        try program.write([.init("a", base + "/a"), .init("slow", base + "/slow")])
        for _ in 0..<2 {
            let started = try program.start(["run"])
            defer { kill(started.process.processIdentifier, SIGKILL) }
            #expect(FeedsProgram.wait { program.files.contains(".slow.body.part") })
            let begin = Date()
            kill(started.process.processIdentifier, SIGTERM)
            #expect(try started.outcome().status == 0)
            #expect(Date().timeIntervalSince(begin) < 3)
            #expect(!program.files.contains(".slow.body.part"))
        }
        #expect(server.requests.map(\.path) == ["/a", "/slow", "/slow"])
    }

    @Test("trusts no certificate that nobody vouches for, not even when the environment asks for it")
    func refusesSelfSigned() throws {
        let program = try FeedsProgram()
        let folder = program.folder.path
        let list = FeedsProgram.list(2)
        let answer = "HTTP/1.0 200 OK\r\nContent-Length: \(list.utf8.count)\r\n\r\n\(list)"
        try answer.write(toFile: folder + "/list", atomically: true, encoding: .utf8)
        for (name, host) in [("right", "IP:127.0.0.1"), ("wrong", "DNS:other.example")] {
            try openssl(
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj",
                    "/CN=test", "-addext", "subjectAltName=\(host)", "-keyout", "\(name).key", "-out", "\(name).pem",
                ], in: folder
            ).waitUntilExit()
        }
        for name in ["right", "wrong"] {
            let output = URL(fileURLWithPath: folder + "/server-\(name)")
            try Data().write(to: output)
            let server = try openssl(
                ["s_server", "-accept", "127.0.0.1:0", "-HTTP", "-cert", "\(name).pem", "-key", "\(name).key"],
                in: folder,
                output: FileHandle(forWritingTo: output))
            defer { kill(server.processIdentifier, SIGKILL) }
            var port = ""
            #expect(
                FeedsProgram.wait {
                    let text = (try? String(contentsOf: output, encoding: .utf8)) ?? ""
                    guard let range = text.range(of: "ACCEPT 127.0.0.1:") else { return false }
                    let digits = text[range.upperBound...].prefix { $0.isNumber }
                    port = String(digits)
                    return text[range.upperBound...].contains("\n")
                })
            try program.write([.init(name, "https://127.0.0.1:\(port)/list")])
            let environments = [
                [:], ["URLSessionCertificateAuthorityInfoFile": "INSECURE_SSL_NO_VERIFY"],
                ["URLSessionCertificateAuthorityInfoFile": "\(folder)/\(name).pem"],
            ]
            for environment in environments {
                let outcome = try program.run(["once", "--timeout", "10"], environment: environment)
                #expect(outcome.status == 1, "\(environment)")
                #expect(outcome.errors.contains("certificate is not trusted"), "\(outcome.errors)")
            }
            #expect(!program.files.contains("\(name).body"))
            let words = try trusting(folder + "/\(name).pem", program)
            #expect(program.files.contains("\(name).body") == (name == "right"), "\(words)")
            #expect(name == "right" || words.contains("certificate is not trusted"), "\(words)")
        }
    }

    /// Fetches where that certificate alone is among the system's authorities.
    private func trusting(_ certificate: String, _ program: FeedsProgram) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
        let script = """
            for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
                if [ -e "$file" ]; then mount --bind "$CERTIFICATE" "$(readlink -f "$file")"; fi
            done
            exec "$FEEDS" once --timeout 10 --policy "$POLICY" --cache "$CACHE"
            """
        process.arguments = (getuid() == 0 ? ["-m"] : ["-Urm"]) + ["sh", "-c", script]
        process.environment = [
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "CERTIFICATE": certificate, "FEEDS": FeedsProgram.path,
            "CACHE": program.cache.path, "POLICY": program.policy.path,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let words = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return words
    }

    @discardableResult
    private func openssl(
        _ arguments: [String], in folder: String, output: FileHandle = .nullDevice
    ) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }
}
