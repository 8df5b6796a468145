import Foundation
import PacketCapture
import TLSMonitor
import Testing

/// Record by record against what tshark 4.0 saw in the same captures.
@Suite("Captures of others", .enabled(if: Vectors.mayRun, "there are no captures in ../shared/vectors/tls"))
struct VectorTests {
    private struct Record: Hashable {
        var packet: Int
        var type: Int
        var version: Int
        var length: Int
    }

    @Test("the captures are there") func present() {
        #expect(!Vectors.captures.isEmpty, "\(Vectors.reason)")
    }

    private func observe(_ url: URL) throws -> (records: [RecordEvent], report: TrafficReport) {
        let monitor = TrafficMonitor(reportsRecords: true)
        let file = try CaptureFile(path: url.path)
        while try file.next({ monitor.receive($0, $1) }) {}
        let report = monitor.finish(CaptureFacts(drops: file.drops, endsEarly: file.endsEarly))
        var records: [RecordEvent] = []
        for case .record(let record) in monitor.takeEvents() { records.append(record) }
        return (records, report)
    }

    private func truth(_ url: URL) throws -> [Record] {
        let text = try String(contentsOfFile: url.path + ".records.jsonl", encoding: .utf8)
        return try text.split(separator: "\n").map { line in
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let version = try #require(object["ver"] as? String)
            return Record(
                packet: try #require(object["frame"] as? Int), type: try #require(object["outer"] as? Int),
                version: try #require(Int(version.dropFirst(2), radix: 16)),
                length: try #require(object["len"] as? Int))
        }
    }

    @Test("show the same records as tshark shows, in the same order", arguments: Vectors.captures)
    func records(url: URL) throws {
        let (records, report) = try observe(url)
        #expect(report.ledger.total == report.payloadBytes)
        let expected = try truth(url)
        // What goes before TLS in the clear refutes.
        if Self.tunnels.contains(url.lastPathComponent) { #expect(report.verdict == .refuted) }
        // tshark does not tell of a record that is not whole.
        let whole = records.filter { $0.seen == $0.length }.map {
            Record(
                packet: $0.sighting.packet, type: Int($0.contentType.rawValue), version: Int($0.version.rawValue),
                length: $0.length)
        }
        #expect(whole.map(\.length) == expected.map(\.length))
        #expect(whole.map(\.type) == expected.map(\.type))
        #expect(whole.map(\.version) == expected.map(\.version))
        #expect(whole.map(\.packet) == expected.map(\.packet))
        // What is not whole is the last in its direction.
        for record in records where record.seen < record.length {
            #expect(
                !records.contains {
                    $0.flow == record.flow && $0.direction == record.direction && $0.number > record.number
                })
        }
    }

    /// Where tshark and the fingerprints' author look into tunnels, there is no hello to be seen here.
    private static let tunnels = ["https-connect.pcap", "socks4-https.pcap"]

    @Test(
        "have the fingerprints JA3 and JA3S that tshark gives them",
        arguments: Vectors.captures.filter { !tunnels.contains($0.lastPathComponent) })
    func ja3(url: URL) throws {
        let (records, _) = try observe(url)
        var expected: [String] = []
        for line in try String(contentsOfFile: url.path + ".records.jsonl", encoding: .utf8).split(separator: "\n") {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            for name in ["ja3", "ja3s"] { if let value = object[name] as? String { expected.append(value) } }
        }
        #expect(records.compactMap { $0.clientHello?.ja3 ?? $0.serverHello?.ja3s } == expected)
    }

    @Test(
        "have the fingerprints JA4 that their author gives them",
        arguments: Vectors.captures.filter {
            !tunnels.contains($0.lastPathComponent)
                && FileManager.default.fileExists(atPath: $0.path + ".ja4.json")
        })
    func ja4(url: URL) throws {
        let monitor = TrafficMonitor(reportsRecords: true)
        let file = try CaptureFile(path: url.path)
        while try file.next({ monitor.receive($0, $1) }) {}
        _ = monitor.finish(CaptureFacts(drops: file.drops, endsEarly: file.endsEarly))
        var ports: [Int: String] = [:]
        var found: Set<String> = []
        for event in monitor.takeEvents() {
            if case .opened(let flow) = event { ports[flow.number] = flow.client.description }
            if case .record(let record) = event, let hello = record.clientHello, let client = ports[record.flow] {
                found.insert("\(client.split(separator: ":").last ?? "") \(hello.ja4) \(hello.ja4Text)")
            }
        }
        let data = try Data(contentsOf: URL(fileURLWithPath: url.path + ".ja4.json"))
        let rows = try #require(try JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        var count = 0
        for row in rows {
            guard let port = row["srcport"] as? String else { continue }
            for number in 1...9 {
                guard let ja4 = row["JA4.\(number)"] as? String, ja4.hasPrefix("t"),
                    let text = row["JA4_r.\(number)"] as? String
                else { continue }
                #expect(found.contains("\(port) \(ja4) \(text)"))
                count += 1
            }
        }
        #expect(count > 0)
    }

    static let verdicts: [String: Verdict] = [
        "tls1.3_aes128.pcap": .proven, "tls1.3_aes256gcm.pcap": .proven, "tls1.3_keyupdates_aes256.pcap": .proven,
        "tls1.2_aes256.pcap": .inconclusive, "badcurveball.pcap": .inconclusive, "ipv6.pcapng": .inconclusive,
        "tls12.pcap": .inconclusive, "chrome-cloudflare-quic-with-secrets.pcapng": .inconclusive,
        "browsers-x509.pcapng": .inconclusive, "tls-handshake.pcapng": .inconclusive, "latest.pcapng": .refuted,
        "https-connect.pcap": .refuted, "socks4-https.pcap": .refuted,
    ]

    @Test("get their verdicts", arguments: Vectors.captures)
    func verdict(url: URL) throws {
        let expected = try #require(Self.verdicts[url.lastPathComponent], "a capture that is new here")
        #expect(try observe(url).report.verdict == expected)
    }

    @Test("never trap, whatever is changed in them", arguments: Vectors.captures)
    func mutations(url: URL) throws {
        let whole = Array(try Data(contentsOf: url))
        var state: UInt64 = 12_345
        func random(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % max(1, limit)
        }
        for _ in 0..<Effort.rounds(whole.count > 50_000 ? 4 : 25) {
            var bytes = whole
            for _ in 0...random(6) {
                switch random(5) {
                case 0: bytes.removeSubrange(random(bytes.count)...)
                case 1: bytes.remove(at: random(bytes.count))
                default:
                    bytes[random(random(3) == 0 ? bytes.count : min(bytes.count, 400))] =
                        [0, 1, 0x7F, 0x80, 0xFF][random(5)]
                }
                if bytes.count < 8 { bytes = whole }
            }
            let file = try TemporaryFile(bytes)
            let monitor = TrafficMonitor(markers: [Marker("example")].compactMap { $0 }, reportsRecords: true)
            do {
                let capture = try CaptureFile(path: file.path)
                while try capture.next({ monitor.receive($0, $1) }) {}
            } catch {
                // A damaged file may be refused, in words.
                #expect(!"\(error)".isEmpty)
            }
            let report = monitor.finish()
            #expect(report.ledger.total == report.payloadBytes)
        }
    }
}
