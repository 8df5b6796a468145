import Foundation
import Testing

@testable import TLSMonitor

@Suite("Limits of alarms")
struct AlarmLimitTests {
    @Test("names are unique, and no name of a kind")
    func names() {
        let names = AlarmLimits.all.map(\.name) + Alarm.Kind.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        for limit in AlarmLimits.all { #expect(limit.range.contains(limit.standard), "\(limit.name)") }
    }

    @Test("every limit can be set to its bounds and not beyond", arguments: AlarmLimits.all.map(\.name))
    func ranges(name: String) throws {
        let limit = try #require(AlarmLimits.all.first { $0.name == name })
        var limits = AlarmLimits()
        for value in [limit.range.lowerBound, limit.range.upperBound] {
            try limits.set(name, "\(value)")
            #expect(limit.value(in: limits) == value)
        }
        for value in [
            "\(limit.range.lowerBound - 1)", "\(limit.range.upperBound + 1)", "", "many", "1e3",
            "9999999999999999999999",
        ] {
            #expect(throws: AlarmLimitError.self) { try limits.set(name, value) }
        }
        #expect(limit.value(in: limits) == limit.range.upperBound)
    }

    @Test("bytes may have units")
    func units() throws {
        var limits = AlarmLimits()
        try limits.set("rate-bytes", "2 MiB")
        #expect(limits.rateBytes == 2 << 20)
        try limits.set("rate-bytes", "512KiB")
        #expect(limits.rateBytes == 512 << 10)
        #expect(throws: AlarmLimitError.self) { try limits.set("scan-ports", "2 KiB") }
    }

    @Test("errors say what to do")
    func errors() throws {
        var limits = AlarmLimits()
        func words(_ name: String, _ value: String) -> String {
            do throws(AlarmLimitError) {
                try limits.set(name, value)
                return ""
            } catch { return "\(error)" }
        }
        #expect(words("scan-port", "3") == "there is no alarm or limit scan-port; did you mean scan-ports?")
        #expect(words("port_scn", "off") == "there is no alarm or limit port_scn; did you mean port_scan?")
        #expect(words("weather", "3").contains("docs/alarms.md"))
        #expect(words("scan-ports", "1") == "scan-ports=1 cannot be: a whole number from 2 to 300 is expected")
        #expect(words("port_scan", "maybe") == "port_scan=maybe cannot be: on or off is expected")
        #expect(limits == AlarmLimits())
    }

    @Test("kinds are switched off and on")
    func switches() throws {
        var limits = AlarmLimits()
        try limits.set("new_talker", "off")
        #expect(limits.off == [.newTalker])
        try limits.set("new_talker", "on")
        #expect(limits == AlarmLimits())
    }

    @Test("docs/alarms.md lists every kind and every limit")
    func isDocumented() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let page = root.appendingPathComponent("docs/alarms.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").map(String.init)
        for kind in Alarm.Kind.allCases {
            let row = "| `\(kind.rawValue)` | \(kind.meaning) | \(kind.remedy) |"
            #expect(lines.contains(row), "docs/alarms.md lacks: \(row)")
        }
        for group in AlarmLimits.groups {
            #expect(lines.contains("### " + group.title), "docs/alarms.md lacks: ### \(group.title)")
            for limit in group.limits {
                let row =
                    "| `\(limit.name)` | \(limit.text(limit.standard)) | \(limit.text(limit.range.lowerBound)) to "
                    + "\(limit.text(limit.range.upperBound)) | \(limit.unit.rawValue) | \(limit.meaning) |"
                #expect(lines.contains(row), "docs/alarms.md lacks: \(row)")
            }
        }
        let rows = lines.count { $0.hasPrefix("| `") }
        #expect(
            rows == AlarmLimits.all.count + Alarm.Kind.allCases.count, "docs/alarms.md has rows of what there is not")
    }
}
