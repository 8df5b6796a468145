import Foundation
import Synchronization
import TLSMonitor

/// Connections between the `openssl` programs of this machine, through a relay that writes down what passes.
struct OpenSSLTalk: Sendable {
    var name: String
    var suite = "TLS_AES_256_GCM_SHA384"
    var serverKey = "p256"
    /// Nil for a client without a certificate.
    var clientKey: String?
    /// Whether the server asks for one.
    var asks = false
    var isResumed = false
    var hasEarlyData = false
    var tickets = 2
    var serverArguments: [String] = []
    var clientArguments: [String] = []
    var lines = ["hello there", "the heron lands at noon"]

    /// What passed, connection by connection, and the secrets.
    struct Outcome: Sendable {
        var name: String
        var talks: [[Chunk]]
        var secrets: [UInt8]
        /// Whether the client was given a certificate, and was asked for it, in the last connection.
        var sendsCertificate: Bool
    }

    struct Chunk: Sendable {
        var direction: FlowDirection
        var bytes: [UInt8]
    }

    enum Failure: Error { case noServer(String), noClient(String) }

    static let program: String? = ["/usr/bin/openssl", "/usr/local/bin/openssl", "/opt/homebrew/bin/openssl"].first {
        FileManager.default.isExecutableFile(atPath: $0)
    }

    func run(_ program: String, in folder: URL, certificates: URL) throws -> Outcome {
        let keys = folder.appendingPathComponent("keys").path
        let server = Process()
        server.executableURL = URL(fileURLWithPath: program)
        let count = hasEarlyData || isResumed ? "2" : "1"
        var arguments = ["s_server", "-accept", "127.0.0.1:0", "-naccept", count]
        arguments += ["-cert", certificates.appendingPathComponent("\(serverKey).pem").path]
        arguments += ["-key", certificates.appendingPathComponent("\(serverKey).key").path]
        arguments += ["-keylogfile", keys, "-ciphersuites", suite, "-num_tickets", "\(tickets)"]
        if asks { arguments += ["-verify", "1"] }
        // With early data it cannot answer by itself.
        arguments += hasEarlyData ? ["-early_data", "-no_anti_replay"] : ["-rev"]
        server.arguments = arguments + serverArguments
        let output = Pipe()
        // Open, and silent.
        server.standardInput = Pipe()
        server.standardOutput = output
        server.standardError = FileHandle.nullDevice
        try server.run()
        defer {
            server.terminate()
            server.waitUntilExit()
        }
        guard let port = Self.port(output.fileHandleForReading) else { throw Failure.noServer(name) }
        // Nobody reads on: what else it says goes nowhere.
        output.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
        defer { output.fileHandleForReading.readabilityHandler = nil }
        let session = folder.appendingPathComponent("session").path
        var talks = [try connect(program, port, certificates, ["-sess_out", session])]
        if isResumed { talks.append(try connect(program, port, certificates, ["-sess_in", session])) }
        if hasEarlyData {
            let early = folder.appendingPathComponent("early")
            try Data("this is early data\n".utf8).write(to: early)
            talks.append(
                try connect(program, port, certificates, ["-sess_in", session, "-early_data", early.path]))
        }
        return Outcome(
            name: name, talks: talks, secrets: [UInt8](try Data(contentsOf: URL(fileURLWithPath: keys))),
            sendsCertificate: asks && clientKey != nil && talks.count == 1)
    }

    /// `ACCEPT 127.0.0.1:45189`.
    private static func port(_ output: FileHandle) -> UInt16? {
        var text = ""
        while true {
            let data = output.availableData
            if data.isEmpty { return nil }
            text += String(decoding: data, as: UTF8.self)
            guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("ACCEPT ") }), text.hasSuffix("\n")
            else { continue }
            return line.split(separator: ":").last.flatMap { UInt16($0) }
        }
    }

    private func connect(
        _ program: String, _ port: UInt16, _ certificates: URL, _ more: [String]
    ) throws -> [Chunk] {
        let relay = try Relay(to: port)
        let client = Process()
        client.executableURL = URL(fileURLWithPath: program)
        var arguments = ["s_client", "-connect", "127.0.0.1:\(relay.port)", "-quiet", "-no_ign_eof"]
        arguments += ["-servername", "localhost"]
        if let clientKey {
            arguments += ["-cert", certificates.appendingPathComponent("\(clientKey).pem").path]
            arguments += ["-key", certificates.appendingPathComponent("\(clientKey).key").path]
        }
        client.arguments = arguments + more + clientArguments
        let input = Pipe()
        client.standardInput = input
        client.standardOutput = FileHandle.nullDevice
        client.standardError = FileHandle.nullDevice
        try client.run()
        let lines = lines
        let talk = relay.run { turn in
            // Each line when the last one was answered; then nothing more.
            if turn < lines.count {
                try? input.fileHandleForWriting.write(contentsOf: Data("\(lines[turn])\n".utf8))
            } else if turn == lines.count {
                try? input.fileHandleForWriting.close()
            }
        }
        try? input.fileHandleForWriting.close()
        client.waitUntilExit()
        guard !talk.isEmpty else { throw Failure.noClient(name) }
        return talk
    }

    /// One key and certificate of each kind that is asked for.
    static func makeCertificates(_ program: String, in folder: URL) throws {
        let kinds = [
            "p256": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
            "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "ed25519": ["-newkey", "ed25519"],
            "rsa": ["-newkey", "rsa:2048"],
        ]
        for (name, arguments) in kinds {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments =
                ["req", "-x509", "-nodes", "-subj", "/O=Conclave/CN=\(name).test", "-days", "30"] + arguments
                + ["-keyout", folder.appendingPathComponent("\(name).key").path]
                + ["-out", folder.appendingPathComponent("\(name).pem").path]
            process.standardError = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
        }
    }
}
