import ChatServer
import Foundation
import Testing

@Suite("the table of limits")
struct LimitTableTests {
    private func limit(_ name: String) throws -> ServerLimit {
        try #require(ServerLimits.all.first { $0.name == name })
    }

    /// `messagesPerSecond` as it is written in options.
    private func optionName(_ property: String) -> String {
        property.reduce(into: "") { $0 += $1.isUppercase ? "-" + $1.lowercased() : String($1) }
    }

    @Test("has every limit once, by its own name")
    func isComplete() {
        let properties = Mirror(reflecting: ServerLimits()).children.compactMap(\.label).map(optionName)
        let names = ServerLimits.all.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(names) == Set(properties), "a limit is missing in ServerLimits.groups, or has another name there")
    }

    @Test("each limit can be set, to both ends of its range and no further, and changes nothing else")
    func sets() {
        for limit in ServerLimits.all {
            #expect(limit.range.contains(limit.standard), "\(limit.name)")
            for value in [limit.range.lowerBound, limit.range.upperBound] {
                var limits = ServerLimits()
                #expect(limit.set(value, in: &limits) && limit.value(in: limits) == value, "\(limit.name)")
                for other in ServerLimits.all where other.name != limit.name {
                    #expect(other.value(in: limits) == other.standard, "\(limit.name) and \(other.name)")
                }
            }
            var limits = ServerLimits()
            #expect(!limit.set(limit.range.upperBound + 1, in: &limits) && limits == ServerLimits())
            #expect(!limit.set(limit.range.lowerBound - 1, in: &limits) && limits == ServerLimits())
        }
    }

    @Test(
        "takes bytes with units, and shows them so where that is exact",
        arguments: [
            ("1024", 1_024, "1 KiB"), ("1025", 1_025, "1025"), ("512KiB", 512 << 10, "512 KiB"),
            ("3 MiB", 3 << 20, "3 MiB"), ("1GiB", 1 << 30, "1 GiB"), ("1 TiB", 1 << 40, "1 TiB"),
        ])
    func takesBytes(text: String, value: Int, shown: String) throws {
        let limit = try limit("byte-burst")
        #expect(limit.value(text) == value)
        #expect(limit.text(value) == shown)
    }

    @Test(
        "takes nothing else as bytes",
        arguments: [
            "", "0", "-1", "+5000", "1e6", "1.5 MiB", "MiB", " MiB", "5 kB", "5  MiB", "2 TiB", "１０２４",
            "99999999999999999999", "9999999999999 GiB", "5 MiB ", "0x500000",
        ])
    func refusesBytes(text: String) throws {
        #expect(try limit("byte-burst").value(text) == nil)
    }

    @Test("takes whole numbers where no bytes are meant", arguments: ["1", "200", "1000000000000"])
    func takesNumbers(text: String) throws {
        #expect(try limit("messages-per-second").value(text) == Int(text))
    }

    @Test("takes no units where no bytes are meant, and nothing beyond the range", arguments: ["1 KiB", "0", "-1", ""])
    func refusesNumbers(text: String) throws {
        #expect(try limit("messages-per-second").value(text) == nil)
    }

    @Test("is what docs/limits.md says")
    func isDocumented() throws {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/limits.md")
        let lines = try String(contentsOf: page, encoding: .utf8).split(separator: "\n").map(String.init)
        for group in ServerLimits.groups {
            #expect(lines.contains("### " + group.title))
            for limit in group.limits {
                let row = "| `\(limit.name)` | \(limit.text(limit.standard)) | \(limit.meaning) |"
                #expect(lines.contains(row), "docs/limits.md lacks: \(row)")
            }
        }
        let rows = lines.filter { $0.hasPrefix("| `") }
        #expect(rows.count == ServerLimits.all.count, "docs/limits.md has rows of limits that there are not")
    }
}
