import Firewall
import Foundation
import JSONText
import Testing

@Suite("the page about the rules file, and the file of a new installation")
struct RulesPageTests {
    private func text(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private func page() throws -> String { try text("docs/firewall-rules.md") }

    /// The rows of tables that begin with a name in backticks: the names and the cells.
    private func rows() throws -> [[String]] {
        try page().split(separator: "\n").filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test("a new installation begins with the standard policy")
    func standard() throws {
        #expect(try text("Config/conclave-firewall.json") == Policy.standard.json)
    }

    @Test("every example on the page is read, and means nothing odd")
    func examples() throws {
        let blocks = try page().components(separatedBy: "```json\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }
        #expect(blocks.count == 3)
        for block in blocks {
            let policy = try Policy(parsing: block, name: "the example")
            #expect(policy.lint.map(\.description) == [] && !policy.rules.isEmpty)
        }
    }

    @Test("every key that the program writes has its row, and no row is of another")
    func keys() throws {
        func names(_ value: JSON) -> [String] {
            switch value {
            case .object(let fields): fields.all.flatMap { [$0.name] + names($0.value) }
            case .array(let values): values.flatMap { names($0) }
            default: []
            }
        }
        let host = IPPrefix(IPAddress(ipv4: 1))
        var policy = Policy.standard
        policy.rules = [
            FirewallRule(
                id: 1, name: "x", action: .block, ports: [1...1], sources: [host], destinations: [host],
                interface: "eth0",
                note: "n")
        ]
        policy.blacklist = [ListEntry(host, until: 0, note: "n")]
        let written = Set(names(policy.jsonValue)).subtracting(["feeds"])
        let warnings = Set(PolicyWarning.Kind.allCases.map(\.rawValue))
        let listed = try Set(rows().map { $0[0].replacing("`", with: "") })
        #expect(listed == written.union(warnings))
    }

    @Test("ranges and defaults are those of the code")
    func ranges() throws {
        let rows = try rows()
        func row(_ key: String) -> [String] { rows.first { $0[0] == "`\(key)`" } ?? [] }
        func digits(_ number: Int) -> String {
            number.formatted(.number.locale(Locale(identifier: "en_US")).grouping(.automatic))
        }
        let log = LogPolicy()
        let rate = RateLimit()
        let cases: [(String, ClosedRange<Int>, Int)] = [
            ("connections", PolicyLimits.connections, rate.connections),
            ("ipv6Prefix", PolicyLimits.ipv6Prefix, rate.ipv6Prefix),
            ("globalPerSecond", PolicyLimits.globalPerSecond, rate.globalPerSecond),
            ("blockedPerSecond", PolicyLimits.blockedPerSecond, log.blockedPerSecond),
            ("allowedOneIn", PolicyLimits.allowedSample, log.allowedSample),
            ("retainDays", PolicyLimits.retainDays, log.retainDays),
            ("maximumMiB", PolicyLimits.maximumMiB, log.maximumMiB),
            ("blockedGroup", PolicyLimits.logGroups, Int(log.blockedGroup)),
            ("allowedGroup", PolicyLimits.logGroups, Int(log.allowedGroup)),
            ("confirmSeconds", PolicyLimits.confirmSeconds, SafetyPolicy().confirmSeconds),
        ]
        for (key, range, standard) in cases {
            #expect(
                row(key).dropFirst().prefix(2) == [
                    "\(digits(range.lowerBound)) to \(digits(range.upperBound))", digits(standard),
                ], "\(key)")
        }
        let seconds = rows.filter { $0[0] == "`seconds`" }.map { Array($0[1...2]) }
        #expect(seconds == [["1 to 86,400", "10"], ["1 to 3,600", "30"]])
        #expect(
            PolicyLimits.rateSeconds == 1...86_400 && PolicyLimits.statisticsSeconds == 1...3_600 && rate.seconds == 10)
        #expect(
            row("id")[1].contains(digits(PolicyLimits.ids.upperBound))
                && row("rules")[1].contains(digits(PolicyLimits.rules)))
        #expect(
            row("whitelist")[1].contains(digits(PolicyLimits.entries))
                && row("ports")[1].contains(digits(PolicyLimits.ports)))
        #expect(
            row("source")[1].contains(digits(PolicyLimits.prefixes))
                && row("note")[1].contains(digits(PolicyLimits.noteCharacters)))
        #expect(row("name")[1].contains(digits(PolicyLimits.nameCharacters)))
        let feed = FeedSource(name: "a", url: "", format: .plain)
        #expect(row("interval")[2] == "`\"\(TimeSpan(seconds: Int64(feed.interval)))\"`")
        #expect(row("maximumAge")[2].hasPrefix("`\"\(TimeSpan(seconds: Int64(feed.maximumAge)))\"`"))
        let ends = [PolicyLimits.feedInterval.lowerBound, PolicyLimits.feedInterval.upperBound].map {
            TimeSpan(seconds: Int64($0)).description
        }
        #expect(row("interval")[1] == "`\"\(ends[0])\"` to `\"\(ends[1])\"`")
        for format in FeedSource.Format.allCases { #expect(row("format")[1].contains("`\"\(format.rawValue)\"`")) }
        for transport in FirewallRule.TransportProtocol.allCases {
            #expect(row("protocol")[1].contains("`\"\(transport.rawValue)\"`"))
        }
    }

    @Test("the errors on the page are those of the program")
    func errors() throws {
        let page = try page()
        let rules =
            "[{\"id\": 1, \"name\": \"a\", \"action\": \"block\"},\n{\"id\": 2, \"name\": \"b\", \"action\": \"block\", \"ports\": [\"70000\"]}]"
        for text in [
            "\n\n\n\n\n{\"version\": 1, \"rules\": \(rules)}",
            "\n\n\n\n\n\n\n\n{\"version\": 1, \"whitelist\": [\"192.0.2.7/24\"]}",
            "\n\n\n\n\n\n\n\n\n\n\n{\"version\": 1, \"ruels\": []}",
            String(repeating: "\n", count: 13) + "{\"version\": 1,\n  }",
        ] {
            let error = #expect(throws: PolicyError.self) { try Policy(parsing: text, name: "policy.json") }
            #expect(page.contains("\n\(try #require(error))\n"))
        }
    }

    @Test("the five postures are named")
    func postures() throws {
        let page = try page()
        for posture in Posture.allCases { #expect(page.contains("| \(posture.rawValue) | \(posture) |")) }
    }
}
