import Foundation
import Synchronization
import TLSMonitor
import Testing

/// What the rules say of real connections whose keys are known. The rules' own figures were measured on others: `docs/inference.md`.
@Suite("inference against the keys of real connections", .serialized)
struct CalibrationTests {
    static let hasProgram = OpenSSLTalk.program != nil
    static let missing: Comment = "there is no openssl on this machine to make connections with: skipped"

    /// Connections of every kind that openssl makes.
    static let usual: [OpenSSLTalk] = [
        OpenSSLTalk(name: "plain"),
        OpenSSLTalk(name: "AES-128, RSA", suite: "TLS_AES_128_GCM_SHA256", serverKey: "rsa"),
        OpenSSLTalk(name: "ChaCha20, Ed25519", suite: "TLS_CHACHA20_POLY1305_SHA256", serverKey: "ed25519"),
        OpenSSLTalk(name: "P-384, name and protocol", serverKey: "p384", clientArguments: ["-alpn", "conclave/1"]),
        OpenSSLTalk(name: "mutual, ECDSA", clientKey: "p256", asks: true),
        OpenSSLTalk(
            name: "mutual, RSA", suite: "TLS_AES_128_GCM_SHA256", serverKey: "rsa", clientKey: "rsa", asks: true),
        OpenSSLTalk(name: "mutual, Ed25519", suite: "TLS_CHACHA20_POLY1305_SHA256", clientKey: "ed25519", asks: true),
        OpenSSLTalk(name: "asked, none given", asks: true),
        OpenSSLTalk(name: "given, not asked", clientKey: "p256"),
        OpenSSLTalk(name: "no tickets", tickets: 0), OpenSSLTalk(name: "one ticket", tickets: 1),
        OpenSSLTalk(name: "resumed", isResumed: true),
        OpenSSLTalk(name: "resumed, mutual", clientKey: "p384", asks: true, isResumed: true),
        OpenSSLTalk(name: "early data", hasEarlyData: true),
        OpenSSLTalk(name: "retry", clientKey: "p256", asks: true, serverArguments: ["-groups", "P-384"]),
        OpenSSLTalk(name: "TLS 1.2", clientKey: "p256", asks: true, clientArguments: ["-tls1_2"]),
    ]

    /// The same with padding, on one side or on both.
    static let padded: [OpenSSLTalk] = [64, 256, 512, 1_024].flatMap { size in
        let padding = ["-record_padding", "\(size)"]
        return [
            OpenSSLTalk(name: "server pads to \(size)", serverArguments: padding),
            OpenSSLTalk(
                name: "both pad to \(size), mutual", clientKey: "p256", asks: true, serverArguments: padding,
                clientArguments: padding),
            OpenSSLTalk(name: "both pad to \(size)", serverArguments: padding, clientArguments: padding),
        ]
    }

    static func tallies(of talks: [OpenSSLTalk]) throws -> [(outcome: OpenSSLTalk.Outcome, tally: GuessTally)] {
        let program = try #require(OpenSSLTalk.program)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("inference-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try OpenSSLTalk.makeCertificates(program, in: folder)
        let results = Mutex<[Int: Result<OpenSSLTalk.Outcome, any Error>]>([:])
        let group = DispatchGroup()
        for (index, talk) in talks.enumerated() {
            let own = folder.appendingPathComponent("\(index)")
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            group.enter()
            Thread.detachNewThread {
                let result = Result { try talk.run(program, in: own, certificates: folder) }
                results.withLock { $0[index] = result }
                group.leave()
            }
        }
        group.wait()
        return try talks.indices.map { index in
            let outcome = try #require(results.withLock { $0[index] }).get()
            let keys = KeyLog()
            keys.add(outcome.secrets)
            var packets: [TestPacket] = []
            for (number, chunks) in outcome.talks.enumerated() {
                packets += Connection.whole(
                    Talk(turns: chunks.map { Talk.Turn(direction: $0.direction, bytes: $0.bytes) }),
                    port: UInt16(50_000 + number))
            }
            return (outcome, GuessTally(packets, keys))
        }
    }

    @Test("is as often right as it says, and mostly right where it is sure", .enabled(if: hasProgram, missing))
    func calibrated() throws {
        let results = try Self.tallies(of: Self.usual)
        var all = results[0].tally
        for result in results.dropFirst() {
            #expect(!result.tally.entries.isEmpty, "\(result.outcome.name): the keys opened nothing")
            all.entries += result.tally.entries
            all.clients += result.tally.clients
        }
        let sure = all.guessed.filter { ($0.guess?.confidence ?? 0) >= 0.9 }
        #expect(sure.count >= 100)
        let accuracy = Double(sure.count(where: \.isRight)) / Double(max(1, sure.count))
        #expect(accuracy >= 0.9, "\(sure.filter { !$0.isRight })")
        #expect(all.brier < 0.08)
        #expect(all.calibrationError < 0.1)
        #expect(all.guessed.count * 10 >= all.entries.count * 8)
        print(
            "inference: \(all.entries.count) records, \(all.guessed.count) guesses, \(sure.count) sure, right of the sure "
                + "\(accuracy), Brier \(all.brier), calibration error \(all.calibrationError)")
    }

    @Test("tells of every connection whether the client sent a certificate", .enabled(if: hasProgram, missing))
    func clients() throws {
        for (outcome, tally) in try Self.tallies(of: Self.usual) where outcome.name != "TLS 1.2" {
            let client = try #require(tally.clients.last, "\(outcome.name)")
            #expect(client.hasSent == outcome.sendsCertificate, "\(outcome.name): the keys")
            #expect(tally.clients.allSatisfy { $0.isRight && ($0.guess?.confidence ?? 0) >= 0.9 }, "\(outcome.name)")
        }
    }

    @Test("is not sure of what it gets wrong where records are padded", .enabled(if: hasProgram, missing))
    func padded() throws {
        var entries: [GuessTally.Entry] = []
        for (outcome, tally) in try Self.tallies(of: Self.padded) {
            entries += tally.entries
            #expect(
                tally.clients.allSatisfy { $0.isRight || ($0.guess?.confidence ?? 0) < 0.6 },
                "\(outcome.name): the client's certificate")
        }
        let wrong = entries.filter { !$0.isRight && ($0.guess?.confidence ?? 0) >= 0.9 }
        #expect(wrong.isEmpty, "\(wrong)")
        let handshake = entries.filter { $0.direction == .serverToClient && $0.truth != ["application data"] }
        let mean = handshake.reduce(0) { $0 + ($1.guess?.confidence ?? 0) } / Double(max(1, handshake.count))
        #expect(handshake.count > 50 && mean < 0.7, "mean confidence \(mean)")
    }
}
