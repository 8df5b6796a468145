import ChatMonitor
import ChatWire
import Foundation
import NIOCore
import TLSMonitor
import Testing

@Suite("Captures that are opened") struct CaptureTests {
    /// A whole session; `more` is what else is said.
    private func capture(_ more: (inout EncryptedCapture) throws -> Void = { _ in }) throws -> EncryptedCapture {
        let material = try Material.usual.get()
        var capture = try EncryptedCapture()
        try capture.say(.serverToClient, [4, 0, 0, 3, 9, 9, 9], type: 22)
        for frame in try material.serverFrames().dropLast() {
            try capture.say(.serverToClient, try Inspection.bytes(frame))
        }
        var client: [UInt8] = []
        for frame in try material.clientFrames() { client += try Inspection.bytes(frame) }
        try capture.say(.clientToServer, client)
        try more(&capture)
        try capture.close()
        return capture
    }

    private func observe(
        _ capture: EncryptedCapture, keys: Set<Int> = [0, 1, 2, 3], canaries: [String] = [], without packet: Int? = nil
    ) -> TrafficReport {
        let keyLog = KeyLog()
        keyLog.add(capture.keyLog(only: keys).utf8)
        let markers = canaries.compactMap { Marker($0) }
        let monitor = TrafficMonitor(
            markers: markers, keyLog: keyLog, inspector: ConclaveInspector(canaries: markers))
        for (index, bytes) in capture.packets.enumerated() where index != packet {
            bytes.withUnsafeBytes {
                monitor.receive(
                    CapturedPacket(number: index + 1, time: Int64(index), link: .raw, originalLength: bytes.count), $0)
            }
        }
        return monitor.finish()
    }

    private static let words = Array("Meet me at noon, behind the old mill, and tell nobody of it.".utf8)

    @Test("a whole session is proven, on the wire and inside")
    func proven() throws {
        let report = observe(try capture(), canaries: ["something that nobody else"])
        let inside = try #require(report.inside)
        #expect(report.verdict == .proven, "\(report.findings.map(\.words))")
        #expect(inside.verdict == .proven, "\(inside.told)")
        #expect(report.wholeVerdict == .proven)
        #expect(inside.bytes("tls") > 40)
        #expect(inside.count("private_application") == 2)
    }

    @Test("text where MLS belongs refutes, though the wire shows ciphertext alone")
    func refuted() throws {
        let room = try Material.usual.get().room
        let report = observe(
            try capture {
                try $0.say(
                    .clientToServer,
                    try Inspection.bytes(
                        .send(RequestID(1), room, token: 9, payload: ByteBuffer(bytes: Self.words))))
            })
        #expect(report.verdict == .proven)
        #expect(report.inside?.verdict == .refuted)
        #expect(report.wholeVerdict == .refuted)
        let finding = try #require(report.inside?.findings.first)
        #expect(finding.direction == .clientToServer && finding.packet != nil && finding.offset != nil)
    }

    @Test("a canary inside refutes, and is not on the wire")
    func canary() throws {
        let capture = try capture {
            try $0.say(
                .serverToClient, try Inspection.bytes(.closing(Failure(.refused, "behind the old mill"))), record: 20)
        }
        let report = observe(capture, canaries: ["behind the old mill"])
        #expect(report.verdict == .proven)
        #expect(report.inside?.says("can be read inside of TLS") == true)
        #expect(observe(capture, canaries: ["behind the new mill"]).wholeVerdict == .proven)
    }

    @Test(
        "a connection that is not opened leaves a doubt",
        arguments: [[], [0, 1], [0, 2], [1, 3], [2, 3]] as [Set<Int>])
    func keys(labels: Set<Int>) throws {
        let report = observe(try capture(), keys: labels)
        #expect(report.inside?.verdict == .inconclusive)
        #expect(report.wholeVerdict == .inconclusive)
    }

    @Test("a packet that is missing leaves a doubt")
    func gap() throws {
        let whole = try capture()
        for packet in stride(from: 6, to: whole.packets.count - 3, by: 3) {
            let report = observe(whole, without: packet)
            #expect(report.inside?.verdict == .inconclusive, "without \(packet): \(report.inside?.told ?? "")")
        }
    }

    // MARK: The program

    private static let program: String = {
        let bundle = URL(
            fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("tlsmon").path
    }()

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, errors)
        try process.run()
        // Both are far smaller than a pipe's buffer.
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, complaint)
    }

    @Test("tlsmon prove --inner conclave says it, in words and in JSON, and exits with it")
    func program() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("conclave-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (file, keys) = (folder.appendingPathComponent("talk.pcap"), folder.appendingPathComponent("keys.txt"))
        let capture = try capture()
        try Data(capture.file).write(to: file)
        try Data(capture.keyLog().utf8).write(to: keys)

        let proven = try run([
            "prove", file.path, "--keylog", keys.path, "--inner", "conclave", "--canary", "meet at noon",
        ])
        #expect(proven.status == 0, "\(proven.output)\(proven.errors)")
        #expect(proven.output.contains("INSIDE PROVEN  "))
        #expect(proven.output.contains("8 PrivateMessages (application 2, commit 2, proposal 4), 1 Welcome"))
        let json = try run(["prove", file.path, "--keylog", keys.path, "--inner", "conclave", "--json"])
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["verdict"] as? String == "proven" && object["wire_verdict"] as? String == "proven")
        let inside = try #require(object["inside"] as? [String: Any])
        #expect(inside["private_commit"] as? Int == 2)
        #expect((inside["ledger"] as? [String: Int])?["unaccounted"] == 0)

        // The server's own words are in the clear inside.
        let refuted = try run([
            "prove", file.path, "--keylog", keys.path, "--inner", "conclave", "--canary", "another commit was first",
        ])
        #expect(refuted.status == 1)
        #expect(refuted.output.contains("INSIDE REFUTED"))
        let sealed = try run(["prove", file.path, "--inner", "conclave"])
        #expect(sealed.status == 2)
        #expect(sealed.output.contains("INSIDE INCONCLUSIVE"))
        #expect(try run(["prove", file.path]).status == 0)
        let usage = try run(["prove", file.path, "--canary", "meet at noon"])
        #expect(usage.status == 3)
        #expect(usage.errors.contains("--canary looks inside of TLS and needs --inner conclave"))
        #expect(try run(["prove", file.path, "--inner", "gopher"]).status == 3)
    }
}
