import Foundation
import Testing

@Suite("conclave-server, when it cannot start", .enabled(if: Installation.isComplete, Installation.comment))
struct ServerStartTests {
    private let scratch: Scratch
    private let certificates: Certificates

    init() async throws {
        scratch = try Scratch()
        certificates = try await Certificates.shared()
    }

    /// Runs it with `certificates` and more arguments; it must end with one line.
    private func fail(
        _ status: Int32, certs: String? = nil, before: [String] = [], _ arguments: [String] = [],
        environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let command =
            before + Server.command(certs ?? certificates.folder, data: scratch.path + "/data", port: 0) + arguments
        let (got, words) = try await Server.fail(command, in: scratch, environment: environment)
        #expect(got == status, "\(words)", sourceLocation: sourceLocation)
        #expect(words.hasPrefix("conclave-server: "), "\(words)", sourceLocation: sourceLocation)
        #expect(words.split(separator: "\n").count == 1, "\(words)", sourceLocation: sourceLocation)
        return words
    }

    @Test("says who has the port, and ends with 69")
    func findsThePortInUse() async throws {
        let server = try await Server.start()
        let words = try await fail(69, ["--port", "\(server.port)"])
        #expect(words.contains("port \(server.port) is in use by conclave-server (pid \(server.program.identifier))"))
        #expect(words.contains("--port"))
    }

    @Test("finds the program that has the port among many that listen")
    func findsThePortAmongMany() async throws {
        let listeners = try Program(
            [
                "python3", "-c",
                """
                import socket, sys, time
                all = []
                for _ in range(60):
                    all.append(socket.socket(socket.AF_INET6))
                    all[-1].bind(("::", 0))
                    all[-1].listen()
                print(*(one.getsockname()[1] for one in all), flush=True)
                sys.stdin.read()
                """,
            ], in: scratch)
        let ports = try await eventually("listeners") {
            listeners.output.hasSuffix("\n") ? listeners.output.split(whereSeparator: \.isWhitespace) : nil
        }
        for port in [ports[0], ports[29], ports[59]] {
            let words = try await fail(69, ["--port", String(port)])
            #expect(words.contains("port \(port) is in use by python3 (pid \(listeners.identifier))"), "\(words)")
        }
    }

    @Test("says that another server has the data folder, and ends with 69")
    func findsTheFolderInUse() async throws {
        let data = scratch.path + "/data"
        let server = try await Server(certificates: certificates.folder, data: data)
        let words = try await fail(69)
        #expect(words.contains("another server uses \(data)") && words.contains("--data"))
        #expect(server.program.isRunning)
    }

    @Test("names the folder of certificates that is not there, and ends with 66")
    func missesTheFolder() async throws {
        let words = try await fail(66, certs: scratch.path + "/nowhere")
        #expect(words.contains("/nowhere") && words.contains("scripts/certs init"))
    }

    @Test(
        "names the file that is not there, and ends with 66",
        arguments: ["ca.pem", "crl.pem", "server.pem", "server.key"])
    func missesAFile(name: String) async throws {
        let copy = try certificates.copy(in: scratch)
        try FileManager.default.removeItem(atPath: copy + "/" + name)
        let words = try await fail(66, certs: copy)
        #expect(words.contains("\(copy)/\(name) is missing") && words.contains("scripts/certs"))
    }

    @Test("refuses a key that others can read, and ends with 77", arguments: [0o644, 0o640, 0o604])
    func refusesAnExposedKey(mode: Int) async throws {
        let copy = try certificates.copy(in: scratch)
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: copy + "/server.key")
        let words = try await fail(77, certs: copy)
        #expect(words.contains("chmod 600 \(copy)/server.key"))
    }

    @Test(
        "refuses files that hold something else, and ends with 78",
        arguments: ["ca.pem", "crl.pem", "server.pem", "server.key"])
    func refusesNonsense(name: String) async throws {
        let copy = try certificates.copy(in: scratch)
        let file = copy + "/" + name
        try scratch.write("nonsense\n", to: file)
        if name == "server.key" {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        }
        let words = try await fail(78, certs: copy)
        #expect(words.contains(file))
    }

    @Test("refuses a client's certificate in its own place, and ends with 78")
    func refusesAClientsCertificate() async throws {
        let copy = try certificates.copy(in: scratch)
        for kind in ["pem", "key"] {
            try FileManager.default.removeItem(atPath: copy + "/server." + kind)
            try FileManager.default.copyItem(
                atPath: certificates.folder + "/alice/default." + kind, toPath: copy + "/server." + kind)
        }
        _ = try await fail(78, certs: copy)
    }

    @Test("refuses a key of another certificate, and ends with 78")
    func refusesAnotherKey() async throws {
        let copy = try certificates.copy(in: scratch)
        try FileManager.default.removeItem(atPath: copy + "/server.key")
        try FileManager.default.copyItem(
            atPath: certificates.folder + "/alice/default.key", toPath: copy + "/server.key")
        let words = try await fail(78, certs: copy)
        #expect(words.contains("is not the key of"))
    }

    @Test("says how many open files it needs, and ends with 69")
    func missesFileDescriptors() async throws {
        let words = try await fail(69, before: ["sh", "-c", "ulimit -n 70 && exec \"$@\"", "sh"])
        #expect(words.contains("80 open files") && words.contains("limit is 70") && words.contains("ulimit -n"))
    }

    @Test("says that the connections asked for do not fit, and ends with 69")
    func cannotHaveThatMany() async throws {
        let words = try await fail(
            69, before: ["sh", "-c", "ulimit -n 200 && exec \"$@\"", "sh"], ["--max-connections", "137"])
        #expect(words.contains("201 open files") && words.contains("--max-connections"))
    }

    @Test(
        "refuses options that it does not know, and values that cannot be, with 64",
        arguments: [
            ["--colour", "blue"], ["--port", "70000"], ["--port", "x"], ["--loops", "0"], ["--log-level", "loud"],
            ["--log-format", "xml"], ["--max-connections", "0"], ["surplus"],
        ])
    func refusesOptions(arguments: [String]) async throws {
        let (status, words) = try await Server.fail(
            Server.command(certificates.folder, data: scratch.path + "/data", port: 0) + arguments, in: scratch)
        #expect(status == 64, "\(words)")
        #expect(words.contains(arguments[0]), "it names what is wrong: \(words)")
    }

    @Test("refuses the same from the environment with 78")
    func refusesTheEnvironment() async throws {
        let words = try await fail(
            78, environment: ["CONCLAVE_LOOPS": "many"].merging(["CONCLAVE_LOG_LEVEL": "loud"]) { $1 })
        #expect(words.contains("CONCLAVE_LOG_LEVEL") && words.contains("loud"))
    }

    @Test("refuses what is no address, or not this machine's, with 78", arguments: ["nowhere", "192.0.2.77", "1.2.3"])
    func refusesAddresses(address: String) async throws {
        let words = try await fail(78, ["--listen", address])
        #expect(words.contains(address))
    }

    /// Whether ports below 1024 are reserved and there is another user to become.
    private static var canLosePrivileges: Bool {
        let start = try? String(contentsOfFile: "/proc/sys/net/ipv4/ip_unprivileged_port_start", encoding: .utf8)
        return getuid() == 0 && Installation.has("setpriv") && start?.hasPrefix("1024") == true
    }

    /// Where everybody may run it. Not by this process: one that it starts meanwhile would hold the file open for writing.
    private func copyServer(to path: String) async throws {
        let copy = try Program(["cp", Installation.server, path], in: scratch)
        #expect(try await copy.status() == 0)
    }

    @Test(
        "says that a low port is reserved, and ends with 77",
        .enabled(
            if: canLosePrivileges,
            "only root can try this, by becoming somebody else, where ports below 1024 are reserved"))
    func mayNotUseALowPort() async throws {
        let copy = try certificates.copy(in: scratch)
        let become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let program = scratch.path + "/conclave-server"
        try await copyServer(to: program)
        let owner = try Program(["chown", "-R", "65534:65534", scratch.path], in: scratch)
        #expect(try await owner.status() == 0)
        let command = [program] + Server.command(copy, data: scratch.path + "/data", port: 443).dropFirst()
        let (status, words) = try await Server.fail(become + command, in: scratch)
        #expect(status == 77, "\(words)")
        #expect(words.contains("port 443 is reserved for root") && words.contains("CAP_NET_BIND_SERVICE"))
    }

    @Test(
        "says that its folder cannot be made, and ends with 77",
        .enabled(if: canLosePrivileges, "only root can try this, by becoming somebody else"))
    func mayNotMakeItsFolder() async throws {
        let become = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
        let program = FileManager.default.temporaryDirectory.path + "/conclave-server-" + UUID().uuidString
        try await copyServer(to: program)
        defer { try? FileManager.default.removeItem(atPath: program) }
        let command = [program, "--certs", "/", "--data", "/conclave-data", "--port", "0"]
        let (status, words) = try await Server.fail(["env", "--chdir=/"] + become + command, in: scratch)
        #expect(status == 77, "\(words)")
        #expect(words.contains("/conclave-data") && words.contains("--data"))
    }
}
