import Firewall
import Testing

@Suite("reading the rules file")
struct PolicyReadingTests {
    static let full = """
        {
          "version": 1,
          "defaultPolicy": "block",
          "rules": [
            {"id": 7, "name": "Web", "action": "allow", "protocol": "tcp", "ports": ["80", 443, "8000-8099"],
             "direction": "in", "source": ["192.0.2.0/24", "2001:db8::/32"], "destination": "198.51.100.7",
             "interface": "eth0", "enabled": false, "note": "until the move"},
            {"id": 3, "name": "Pings", "action": "block", "protocol": "icmp", "direction": "both", "interface": "*"},
            {"id": 4, "name": "DNS", "action": "block", "ports": 53, "direction": "out"}
          ],
          "whitelist": ["192.0.2.7", {"addr": "2001:db8:1::/48"}],
          "blacklist": [{"addr": "203.0.113.0/24", "until": "2026-12-31T18:00:00Z", "note": "abuse"},
                        {"addr": "203.0.114.9", "until": null}],
          "rateLimit": {"connections": 20, "seconds": 5, "ipv6Prefix": 56, "globalPerSecond": 100},
          "threatIntel": {"feeds": [
            {"name": "mine", "url": "http://127.0.0.1:8080/list", "format": "plain", "direction": "in",
             "interval": "30m", "maximumAge": "2d", "enabled": false},
            {"name": "other", "url": "https://lists.example/drop.json?x=1", "format": "spamhaus-drop", "interval": "2w"},
            {"name": "c2", "url": "https://[2001:db8::1]:8443/", "format": "feodo-csv", "interval": "1h30m"}
          ]},
          "log": {"blockedPerSecond": 0, "allowedOneIn": 1, "retainDays": 7, "maximumMiB": 64, "blockedGroup": 0, "allowedGroup": 65535},
          "safety": {"confirmSeconds": 5, "protect": true},
          "statistics": {"seconds": 3600}
        }
        """

    private func prefix(_ text: String) throws -> IPPrefix { try IPPrefix(parsing: text) }

    @Test("every key is read")
    func readsAll() throws {
        // A week is the longest interval.
        let policy = try Policy(parsing: Self.full.replacing("2w", with: "1w"), name: "policy.json")
        #expect(policy.defaultAction == .block)
        let web = FirewallRule(
            id: 7, name: "Web", action: .allow, transport: .tcp, ports: [80...80, 443...443, 8000...8099],
            sources: [try prefix("192.0.2.0/24"), try prefix("2001:db8::/32")],
            destinations: [try prefix("198.51.100.7")],
            interface: "eth0", isEnabled: false, note: "until the move")
        let pings = FirewallRule(id: 3, name: "Pings", action: .block, transport: .icmp, direction: .both)
        let dns = FirewallRule(id: 4, name: "DNS", action: .block, ports: [53...53], direction: .out)
        #expect(policy.rules == [web, pings, dns])
        #expect(policy.whitelist == [ListEntry(try prefix("192.0.2.7")), ListEntry(try prefix("2001:db8:1::/48"))])
        #expect(
            policy.blacklist == [
                ListEntry(try prefix("203.0.113.0/24"), until: 1_798_740_000, note: "abuse"),
                ListEntry(try prefix("203.0.114.9")),
            ])
        let rate = try #require(policy.rateLimit)
        #expect(rate.connections == 20 && rate.seconds == 5 && rate.ipv6Prefix == 56 && rate.globalPerSecond == 100)
        #expect(
            policy.feeds == [
                FeedSource(
                    name: "mine", url: "http://127.0.0.1:8080/list", format: .plain, direction: .in, interval: 1_800,
                    maximumAge: 172_800, isEnabled: false),
                FeedSource(
                    name: "other", url: "https://lists.example/drop.json?x=1", format: .spamhausDrop, interval: 604_800),
                FeedSource(name: "c2", url: "https://[2001:db8::1]:8443/", format: .feodoCSV, interval: 5_400),
            ])
        #expect(policy.log.blockedPerSecond == 0 && policy.log.allowedSample == 1 && policy.log.retainDays == 7)
        #expect(policy.log.maximumMiB == 64 && policy.log.blockedGroup == 0 && policy.log.allowedGroup == 65_535)
        #expect(policy.safety.confirmSeconds == 5 && policy.safety.isProtected && policy.statisticsSeconds == 3_600)
    }

    @Test("what is absent has its default; only the version has to be there")
    func defaults() throws {
        #expect(try Policy(parsing: #"{"version": 1}"#, name: "policy.json") == Policy())
        let empty =
            #"{"version":1,"rules":[],"whitelist":[],"rateLimit":{},"threatIntel":{},"log":{},"safety":{},"statistics":{}}"#
        #expect(try Policy(parsing: empty, name: "policy.json") == Policy())
        #expect(try Policy(parsing: #"{"version":1,"rateLimit":null}"#, name: "policy.json").rateLimit == nil)
        let rule = try Policy(
            parsing: #"{"version":1,"rules":[{"id":1,"name":"x","action":"block"}]}"#, name: "policy.json")
        #expect(rule.rules == [FirewallRule(id: 1, name: "x", action: .block)])
    }

    @Test("numbers are read up to their ends and refused beyond", arguments: RangeCase.all)
    func ranges(test: RangeCase) throws {
        for number in [test.range.lowerBound, test.range.upperBound] {
            #expect(throws: Never.self) { try Policy(parsing: test.text(number), name: "policy.json") }
        }
        for number in [test.range.lowerBound - 1, test.range.upperBound + 1] {
            let error = #expect(throws: PolicyError.self) {
                try Policy(parsing: test.text(number), name: "policy.json")
            }
            #expect(
                error?.description
                    == "policy.json:2: \(test.field): \(number) is not possible; write a whole number from \(test.range.lowerBound) to \(test.range.upperBound)"
            )
        }
        for other in ["1.5", "1e1", "\"10\"", "true", "null", "[10]", "99999999999999999999999"] {
            let error = #expect(throws: PolicyError.self) { try Policy(parsing: test.text(other), name: "policy.json") }
            #expect(error?.line == 2 && error?.field == test.field)
        }
    }

    struct RangeCase: Sendable, CustomTestStringConvertible {
        let field: String
        let range: ClosedRange<Int>
        var testDescription: String { field }

        /// A file in which the second line has the number.
        func text(_ number: some CustomStringConvertible) -> String {
            if field == "rules[0].id" {
                return "{\"version\": 1, \"rules\": [{\"name\": \"x\", \"action\": \"block\",\n\"id\": \(number)}]}"
            }
            let parts = field.split(separator: ".")
            return "{\"version\": 1, \"\(parts[0])\": {\n\"\(parts[1])\": \(number)}}"
        }

        static let all = [
            RangeCase(field: "rules[0].id", range: 1...999_999),
            RangeCase(field: "rateLimit.connections", range: 1...1_000_000),
            RangeCase(field: "rateLimit.seconds", range: 1...86_400),
            RangeCase(field: "rateLimit.ipv6Prefix", range: 32...128),
            RangeCase(field: "rateLimit.globalPerSecond", range: 1...1_000_000),
            RangeCase(field: "log.blockedPerSecond", range: 0...10_000),
            RangeCase(field: "log.allowedOneIn", range: 0...1_000_000),
            RangeCase(field: "log.retainDays", range: 1...3_650),
            RangeCase(field: "log.maximumMiB", range: 8...65_536),
            RangeCase(field: "log.blockedGroup", range: 0...65_535),
            RangeCase(field: "log.allowedGroup", range: 0...65_535),
            RangeCase(field: "safety.confirmSeconds", range: 5...3_600),
            RangeCase(field: "statistics.seconds", range: 1...3_600),
        ]
    }

    @Test("counts are allowed up to the limit and refused above")
    func counts() throws {
        func refused(_ text: String) -> String? {
            do throws(PolicyError) {
                _ = try Policy(parsing: text, name: "p")
                return nil
            } catch {
                return error.description
            }
        }
        func file(_ key: String, _ values: some Sequence<String>) -> String {
            "{\"version\": 1,\n\"\(key)\": [\(values.joined(separator: ","))]}"
        }
        let rules = (1...4_097).map { "{\"id\":\($0),\"name\":\"x\",\"action\":\"block\"}" }
        #expect(refused(file("rules", rules.dropLast())) == nil)
        #expect(refused(file("rules", rules)) == "p:2: rules: there are 4097 entries; write at most 4096")
        let hosts = (0...65_536).map { "\"\(IPAddress(ipv4: 0x0A00_0000 + UInt32($0)))\"" }
        #expect(refused(file("blacklist", hosts.dropLast())) == nil)
        #expect(refused(file("whitelist", hosts)) == "p:2: whitelist: there are 65537 entries; write at most 65536")
        let feeds = (0...32).map { "{\"name\":\"f\($0)\",\"url\":\"https://x\",\"format\":\"plain\"}" }
        let feedFile = { (feeds: [String]) in
            "{\"version\": 1, \"threatIntel\":\n{\"feeds\": [\(feeds.joined(separator: ","))]}}"
        }
        #expect(refused(feedFile(feeds.dropLast())) == nil)
        #expect(refused(feedFile(feeds)) == "p:2: threatIntel.feeds: there are 33 entries; write at most 32")
        for (key, values) in [
            ("ports", (1...257).map { "\($0)" }), ("source", Array(hosts.prefix(257))),
            ("destination", Array(hosts.prefix(257))),
        ] {
            let rule = { (values: [String]) in
                file(
                    "rules",
                    ["{\"id\":1,\"name\":\"x\",\"action\":\"block\",\n\"\(key)\":[\(values.joined(separator: ","))]}"])
            }
            #expect(refused(rule(values.dropLast())) == nil)
            #expect(refused(rule(values)) == "p:3: rules[0].\(key): there are 257 entries; write at most 256")
        }
        let long = "{\"version\": 1}" + String(repeating: " ", count: PolicyLimits.fileBytes)
        #expect(refused(long) == "p:1: column 1: the text has more than 8388608 bytes; make it shorter")
        #expect(refused(String(long.prefix(PolicyLimits.fileBytes))) == nil)
    }
}
