import Foundation
import PacketCapture
import TLSMonitor
import Testing

/// Record by record against what tshark 4.0 found inside, with the same keys.
@Suite(
    "Captures of others, with their keys",
    .enabled(if: Vectors.mayRun, "there are no captures in ../shared/vectors/tls"))
struct KeyVectorTests {
    static let captures = Vectors.captures.filter { $0.lastPathComponent.hasPrefix("tls1.") }

    private func observe(
        _ url: URL, keys: Bool = true, changing: (Int, inout [UInt8]) -> Void = { _, _ in }
    ) throws -> (records: [RecordEvent], report: TrafficReport) {
        let keyLog = KeyLog()
        if keys { keyLog.add(try Data(contentsOf: Vectors.folder.appendingPathComponent("ssldump.keylog"))) }
        let monitor = TrafficMonitor(reportsRecords: true, keyLog: keyLog)
        let file = try CaptureFile(path: url.path, keyLog: keyLog)
        while try file.next({ packet, bytes in
            var copy = Array(bytes)
            changing(packet.number, &copy)
            copy.withUnsafeBytes { monitor.receive(packet, $0) }
        }) {}
        let report = monitor.finish(CaptureFacts(drops: file.drops, endsEarly: file.endsEarly))
        var records: [RecordEvent] = []
        for case .record(let record) in monitor.takeEvents() { records.append(record) }
        return (records, report)
    }

    @Test("show what tshark shows inside, and every record is its sender's", arguments: captures)
    func inside(url: URL) throws {
        let (records, report) = try observe(url)
        #expect(report.unopened == 0)
        #expect(report.opened == records.count { $0.kind == .protected })
        #expect(report.opened > 0)
        var expected: [(type: Int, messages: [Int])] = []
        for line in try String(contentsOfFile: url.path + ".records.jsonl", encoding: .utf8).split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let outer = try #require(object["outer"] as? Int)
            expected.append((object["inner"] as? Int ?? outer, object["hs"] as? [Int] ?? []))
        }
        try #require(records.count == expected.count)
        let names = [
            4: "NewSessionTicket", 8: "EncryptedExtensions", 11: "Certificate", 13: "CertificateRequest",
            15: "CertificateVerify", 20: "Finished", 24: "KeyUpdate",
        ]
        for (record, truth) in zip(records, expected) where record.kind == .protected {
            guard case .authentic(let content) = record.inner else {
                Issue.record("record \(record.number) is not opened")
                continue
            }
            #expect(Int(content.type) == truth.type)
            #expect(content.messages.map(\.description) == truth.messages.map { names[$0] ?? "?" })
        }
    }

    @Test("show nothing inside without keys", arguments: captures)
    func without(url: URL) throws {
        let (records, report) = try observe(url, keys: false)
        #expect(records.allSatisfy { $0.inner == nil })
        #expect(report.opened + report.unopened == 0)
    }

    @Test("show a flipped bit, and go on behind it", arguments: captures)
    func flipped(url: URL) throws {
        let (whole, _) = try observe(url)
        let place = try #require(whole.last { $0.kind == .protected && $0.length > 21 && $0.seen == $0.length })
        let (records, report) = try observe(url) { number, bytes in
            if number == place.sighting.packet { bytes[bytes.count - 1] ^= 1 }
        }
        #expect(report.unopened == 1)
        #expect(report.opened == whole.count { $0.kind == .protected } - 1)
        // What follows in its direction shows what it was.
        let isLast = !whole.contains {
            $0.kind == .protected && $0.direction == place.direction && $0.number > place.number
        }
        let failures = report.findings.filter { if case .keys = $0.topic { true } else { false } }
        #expect(failures.map(\.topic) == [.keys(isLast ? .unknown : .altered)])
        #expect(failures.map(\.offset) == [place.offset])
        #expect(records.count == whole.count)
        #expect(report.verdict != .proven)
    }

    @Test("secrets inside of a capture file open it")
    func embedded() throws {
        let url = Vectors.folder.appendingPathComponent("chrome-cloudflare-quic-with-secrets.pcapng")
        let keyLog = KeyLog()
        let file = try CaptureFile(path: url.path, keyLog: keyLog)
        while try file.next({ _, _ in }) {}
        #expect(keyLog.count > 0)
    }
}
