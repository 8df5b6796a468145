import Foundation
import TLSMonitor
import Testing

/// Measures the rules on captures of whoever asks: a folder of `*.pcap`, each with its `*.keys`, in `CONCLAVE_CALIBRATION`.
@Suite("rules of inference on captures with keys")
struct MeasuredTests {
    static let folder = ProcessInfo.processInfo.environment["CONCLAVE_CALIBRATION"]

    @Test("prints how often each rule is right", .enabled(if: folder != nil, "CONCLAVE_CALIBRATION names no folder"))
    func measures() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        let captures = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "pcap" }.sorted { $0.path < $1.path }
        try #require(!captures.isEmpty)
        var right: [String: (right: Int, of: Int, wrong: [String: Int])] = [:]
        for capture in captures {
            let packets = try ClassicCapture.packets(try Data(contentsOf: capture))
            let keys = KeyLog()
            keys.add(try Data(contentsOf: capture.deletingPathExtension().appendingPathExtension("keys")))
            let tally = GuessTally(packets, keys)
            for entry in tally.entries {
                let reason = entry.guess.map { "\($0.names.joined(separator: "+")) | \($0.reason)" } ?? "none"
                var row = right[reason] ?? (0, 0, [:])
                row.of += 1
                if entry.isRight {
                    row.right += 1
                } else {
                    row.wrong["\(entry.truth.joined(separator: "+"))", default: 0] += 1
                }
                right[reason] = row
                if ProcessInfo.processInfo.environment["CONCLAVE_CALIBRATION_ALL"] != nil {
                    print(
                        "R", capture.lastPathComponent, entry.flow, "\(entry.direction)", entry.number, entry.length,
                        entry.isRight, entry.truth.joined(separator: "+"), "|", reason)
                }
            }
            for client in tally.clients {
                let reason = client.guess.map { "\($0.names) | \($0.reason)" } ?? "client: none"
                var row = right[reason] ?? (0, 0, [:])
                row.of += 1
                if client.isRight { row.right += 1 } else { row.wrong["\(client.hasSent)", default: 0] += 1 }
                right[reason] = row
            }
            var meter = LeakMeter()
            for event in tally.blindEvents { meter.see(event) }
            print("L", capture.lastPathComponent, meter.report().words.joined(separator: "\nL   "))
            print(capture.lastPathComponent, "Brier", tally.brier, "calibration error", tally.calibrationError)
        }
        for (reason, row) in right.sorted(by: { $0.key < $1.key }) {
            print(
                row.right, row.of, reason,
                row.wrong.sorted { $0.value > $1.value }.prefix(4).map { "\($0.key) \($0.value)" })
        }
    }
}

/// Reads a capture as tcpdump writes it on the machine where it is read.
enum ClassicCapture {
    struct NotThat: Error {}

    static func packets(_ data: Data) throws -> [TestPacket] {
        let bytes = [UInt8](data)
        func number(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(bytes[at + $1]) << (8 * $1) } }
        guard bytes.count > 24, number(0) == 0xA1B2_C3D4 else { throw NotThat() }
        let link = LinkType(number: UInt32(number(20)))
        var packets: [TestPacket] = []
        var at = 24
        while at + 16 <= bytes.count {
            let (kept, whole) = (number(at + 8), number(at + 12))
            guard at + 16 + kept <= bytes.count else { break }
            packets.append(
                TestPacket(link: link, bytes: Array(bytes[(at + 16)..<(at + 16 + kept)]), originalLength: whole))
            at += 16 + kept
        }
        return packets
    }
}
