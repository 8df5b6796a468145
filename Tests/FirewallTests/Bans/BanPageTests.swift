import Firewall
import Foundation
import Testing

@Suite("the page about bans")
struct BanPageTests {
    private static func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/firewall-bans.md"), encoding: .utf8)
    }

    @Test(
        "says how many points a report has",
        arguments: Report.Kind.allCases.filter { $0 != .alarm && $0 != .manual })
    func kinds(kind: Report.Kind) throws {
        #expect(try Self.page().contains("| `\(kind.rawValue)` | \(kind.weight) |"))
    }

    @Test("says how many points an alarm has", arguments: ["port_scan", "heartbleed", "alert_burst", "plaintext"])
    func alarms(name: String) throws {
        let lines = try Self.page().split(separator: "\n").filter {
            $0.hasPrefix("| alarm") && $0.contains("`\(name)`")
        }
        #expect(lines.count == 1)
        #expect(lines.first?.hasSuffix("| \(Report.weight(ofAlarm: name)) |") == true)
    }

    @Test("says what the standard limits are")
    func limits() throws {
        let limits = BanLimits(), page = try Self.page()
        #expect(limits.threshold == 10 && page.contains("**Ten points ban.**"))
        #expect(limits.halfLife == 60_000 && page.contains("each minute halves them"))
        #expect(limits.trustFactor == 2 && page.contains("twenty points are needed"))
        #expect(limits.first == 600_000 && page.contains("first ban lasts ten minutes"))
        #expect(limits.longest == 604_800_000 && page.contains("never more than 7 days"))
        #expect(limits.forgeable == 120_000 && page.contains("earns two minutes"))
        #expect(limits.forgiveness == 2_592_000_000 && page.contains("After 30 days without a ban"))
        #expect(limits.hosts == 65_536 && page.contains("65,536 bans"))
        #expect(limits.forgeableHosts == 16_384 && page.contains("16,384 hosts"))
    }
}
