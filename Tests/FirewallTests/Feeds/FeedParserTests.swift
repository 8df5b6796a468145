import Testing

@testable import Firewall

/// Lists in the forms of their publishers, with addresses that nobody has (RFC 5737, RFC 3849).
enum Lists {
    static let feodoText = """
        ################################################################
        # Feodo Tracker Botnet C2 IP Blocklist                         #
        # Last updated: 2026-10-05 11:20:08 UTC                        #
        ################################################################
        #
        # DstIP
        192.0.2.7
        198.51.100.20
        # END 2 entries

        """
    static let feodoCSV = """
        # Last updated: 2026-10-05 11:20:08 UTC #
        "first_seen_utc","dst_ip","dst_port","c2_status","last_online","malware"
        "2026-01-04 13:23:11","192.0.2.7","443","online","2026-10-05","A ""quoted"", name"
        "2026-01-04 13:23:11","192.0.2.7","8443","offline","","B"
        "2026-02-04 00:00:00","203.0.113.9","443","offline","2026-03-01","B"
        # END 3 entries

        """
    static let feodoJSON = #"""
        [
            {
                "ip_address": "192.0.2.7", "port": 443, "status": "online", "hostname": null, "as_number": 64496,
                "as_name": "EXAMPLE \"NET\" {}[],", "country": "ZZ", "first_seen": "2026-01-04 13:23:11",
                "last_online": null, "malware": "A"
            },
            {"ip_address": "203.0.113.9", "port": 8443, "status": "offline", "hostname": "h.example", "malware": "B"}
        ]
        """#
    static let spamhausDrop = #"""
        {"cidr":"192.0.2.0/24","sblid":"SBL1","rir":"arin"}
        {"cidr":"198.51.100.0\/25","sblid":"SBL2","rir":"ripencc"}
        {"cidr":"2001:db8:1::/48","sblid":"SBL3","rir":"apnic"}
        {"type":"metadata","timestamp":1790000000,"size":200,"records":3,"copyright":"\u00a9 2026 The \ud83d\ude00 Project","terms":"https://www.example.org/terms"}

        """#
    static let plain = """
        # A list
        192.0.2.0/24   # remark
        198.51.100.7
        203.0.113.5 - 203.0.113.6\r
        2001:db8::/32 ; as others write it
        2001:db8:ffff::1
        """ + "\n"

    static func parse(
        _ text: String, _ format: FeedSource.Format, piece: Int = .max, limits: FeedLimits = FeedLimits()
    ) throws -> FeedContent {
        try parse(Array(text.utf8), format, piece: piece, limits: limits)
    }

    static func parse(
        _ bytes: [UInt8], _ format: FeedSource.Format, piece: Int = .max, limits: FeedLimits = FeedLimits()
    ) throws -> FeedContent {
        var parser = FeedParser(format, limits: limits)
        var rest = bytes[...]
        while !rest.isEmpty {
            try parser.consume(Array(rest.prefix(piece)))
            rest = rest.dropFirst(piece)
        }
        return try parser.finish()
    }

    static let all: [(FeedSource.Format, String)] = [
        (.feodoText, feodoText), (.feodoCSV, feodoCSV), (.feodoJSON, feodoJSON), (.spamhausDrop, spamhausDrop),
        (.plain, plain),
    ]

    static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
}

@Suite("feed parser")
struct FeedParserTests {
    @Test("reads Feodo Tracker's text")
    func readsFeodoText() throws {
        let content = try Lists.parse(Lists.feodoText, .feodoText)
        #expect(content.entries == 2)
        #expect(content.list.hosts4 == [0xC000_0207, 0xC633_6414])
        #expect(content.published == UTCTime("2026-10-05T11:20:08Z")?.seconds)
    }

    @Test("reads Feodo Tracker's table, in which an address comes once for each port")
    func readsFeodoCSV() throws {
        let content = try Lists.parse(Lists.feodoCSV, .feodoCSV)
        #expect(content.entries == 3)
        #expect(content.list.hosts4 == [0xC000_0207, 0xCB00_7109])
        #expect(content.published != nil)
    }

    @Test("reads Feodo Tracker's JSON")
    func readsFeodoJSON() throws {
        let content = try Lists.parse(Lists.feodoJSON, .feodoJSON)
        #expect(content.entries == 2)
        #expect(content.list.hosts4 == [0xC000_0207, 0xCB00_7109])
    }

    @Test("reads Spamhaus DROP with what its publisher wants to be kept")
    func readsSpamhausDrop() throws {
        let content = try Lists.parse(Lists.spamhausDrop, .spamhausDrop)
        #expect(content.list.ranges4 == [0xC000_0200...0xC000_02FF, 0xC633_6400...0xC633_647F])
        #expect(content.list.ranges6.count == 1)
        #expect(content.published == 1_790_000_000)
        #expect(content.copyright == "© 2026 The 😀 Project")
    }

    @Test("reads plain lists of addresses, networks and ranges")
    func readsPlain() throws {
        let content = try Lists.parse(Lists.plain, .plain)
        #expect(content.entries == 5)
        #expect(content.list.hosts4 == [0xC633_6407])
        #expect(content.list.ranges4 == [0xC000_0200...0xC000_02FF, 0xCB00_7105...0xCB00_7106])
        #expect(content.list.hosts6 == [], "the host lies in the network")
        #expect(content.list.ranges6.count == 1)
    }

    @Test("reads the same in pieces of any length", arguments: [1, 2, 3, 7, 64])
    func readsPieces(piece: Int) throws {
        for (format, text) in Lists.all {
            #expect(try Lists.parse(text, format, piece: piece) == Lists.parse(text, format), "\(format)")
        }
    }

    @Test("refuses a list that was cut off anywhere, unless only the end of the last line is gone")
    func refusesTruncation() throws {
        for (format, text) in Lists.all {
            let bytes = Array(text.utf8)
            let whole = try Lists.parse(text, format)
            for length in 0..<bytes.count {
                guard let content = try? Lists.parse(Array(bytes.prefix(length)), format) else { continue }
                // A plain list says nothing about its length, and the table's count is a remark: at an end of a line they look whole.
                let mayLookWhole = format == .plain || format == .feodoCSV
                #expect(
                    content == whole || mayLookWhole && bytes[length - 1] == UInt8(ascii: "\n"),
                    "\(format) at \(length)")
            }
        }
    }

    @Test("survives bytes that were changed at random, and never finds more entries than lines")
    func survivesNoise() {
        var generator = SplitMix(state: 7)
        for (format, text) in Lists.all {
            for _ in 0..<2_000 {
                var bytes = Array(text.utf8)
                for _ in 0...Int.random(in: 0..<3, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                guard let content = try? Lists.parse(bytes, format, piece: 17) else { continue }
                #expect(content.entries <= 6)
            }
        }
    }

    @Test("a list without entries is good where it says so itself")
    func acceptsNothing() throws {
        #expect(try Lists.parse("# x\n# END 0 entries\n", .feodoText).entries == 0)
        #expect(try Lists.parse("\"dst_ip\"\n", .feodoCSV).entries == 0)
        #expect(try Lists.parse("[]", .feodoJSON).entries == 0)
        #expect(try Lists.parse("{\"type\":\"metadata\",\"records\":0}\n", .spamhausDrop).entries == 0)
        #expect(try Lists.parse("# END 0 entries\n", .plain).entries == 0)
        for format in FeedSource.Format.allCases {
            #expect(throws: FeedError.self) { try Lists.parse("", format) }
            #expect(throws: FeedError.self) { try Lists.parse("# nothing\n", format) }
        }
    }

    @Test(
        "refuses lines that are not what the format says, and names the line",
        arguments: [
            (FeedSource.Format.feodoText, "# x\n192.0.2.256\n# END 1 entries\n", 2),
            (.feodoText, "192.0.2.1\n# END 2 entries\n", 2),
            (.feodoText, "192.0.2.1\n# END 1 entries\n192.0.2.2\n", 3),
            (.feodoText, "192.0.2.1,443\n# END 1 entries\n", 1),
            (.feodoText, "# END x entries\n", 1),
            (.plain, "192.0.2.01\n", 1), (.plain, "192.0.2\n", 1), (.plain, "192.0.2.0/33\n", 1),
            (.plain, "192.0.2.0/\n", 1), (.plain, "192.0.2.0/024\n", 1), (.plain, "192.0.2.1/24\n", 1),
            (.plain, "2001:db8::1/32\n", 1), (.plain, "2001:db8::/129\n", 1), (.plain, "2001:db8::%eth0\n", 1),
            (.plain, "::ffff:192.0.2.0/120\n", 1), (.plain, "192.0.2.9-192.0.2.1\n", 1),
            (.plain, "192.0.2.9-2001:db8::1\n", 1), (.plain, "ok.example\n", 1), (.plain, "192.0.2.1\0\n", 1),
            (.plain, "192.0.2.1 192.0.2.2\n", 1), (.plain, "-192.0.2.1\n", 1), (.plain, "/8\n", 1),
            (.plain, "192.0.2.1\n# END 2 entries\n", 2),
            (.feodoCSV, "dst_ip\n", 1), (.feodoCSV, "\"ip\"\n", 1), (.feodoCSV, "\"dst_ip\"\n\"192.0.2.1\",\"2\"\n", 2),
            (.feodoCSV, "\"dst_ip\"\n\"192.0.2.1\n", 2), (.feodoCSV, "\"dst_ip\",\n", 1),
            (.feodoCSV, "\"dst_ip\"\n\"192.0.2.1\"\n# END 3 entries\n", 3),
            (.feodoJSON, "{}", 1), (.feodoJSON, "[{}]", 1), (.feodoJSON, "[{\"ip_address\":1}]", 1),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\"},]", 1), (.feodoJSON, "[\n{\"ip_address\":\"x\"}]", 2),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\",\"a\":{}}]", 1), (.feodoJSON, "[] []", 1),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\",\"ip_address\":\"192.0.2.2\"}]", 1),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\",\"port\":01}]", 1),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\" \"port\":1}]", 1), (.feodoJSON, "[null]", 1),
            (.feodoJSON, "[{\"ip_address\":\"192.0.2.1\"}{\"ip_address\":\"192.0.2.1\"}]", 1),
            (.spamhausDrop, "{\"cidr\":\"192.0.2.0/24\"}\n{\"type\":\"metadata\",\"records\":2}\n", 2),
            (.spamhausDrop, "{\"cidr\":\"192.0.2.0/24\"}\n{\"type\":\"metadata\"}\n", 2),
            (.spamhausDrop, "{\"sblid\":\"SBL1\"}\n", 1), (.spamhausDrop, "[]\n", 1),
            (.spamhausDrop, "192.0.2.0/24 ; SBL1\n", 1),
            (.spamhausDrop, "{\"type\":\"metadata\",\"records\":0}\n{\"cidr\":\"192.0.2.0/24\"}\n", 2),
            (.spamhausDrop, "{\"cidr\":\"192.0.2.0\\x24\"}\n", 1),
            (.spamhausDrop, "{\"type\":\"metadata\",\"records\":-0}\n", 1),
        ])
    func refusesMalformed(format: FeedSource.Format, text: String, line: Int) throws {
        let error = try #require(throws: FeedError.self) { try Lists.parse(text, format) }
        #expect(error.line == line, "\(error)")
        #expect(error.remedy.hasSuffix("."))
    }

    @Test("says that a web page came, or something compressed", arguments: FeedSource.Format.allCases)
    func recognisesOther(format: FeedSource.Format) throws {
        for page in ["<!DOCTYPE html>\n<html>", "\n  <html>", "\u{FEFF}<?xml"] {
            let error = try #require(throws: FeedError.self) { try Lists.parse(page, format) }
            #expect(error.reason.contains("web page"))
        }
        let error = try #require(throws: FeedError.self) { try Lists.parse([0x1F, 0x8B, 8, 0], format) }
        #expect(error.reason.contains("gzip"))
    }

    @Test("shows nothing of a list that a terminal would obey")
    func quotesHarmlessly() throws {
        let error = try #require(throws: FeedError.self) { try Lists.parse("\u{1B}[2J\u{7}x\n", .plain) }
        #expect(error.description.utf8.allSatisfy { $0 >= 32 && $0 < 127 })
    }

    @Test("bounds bytes, entries and lines")
    func bounds() throws {
        let limits = FeedLimits(bytes: 40, entries: 2)
        #expect(try Lists.parse("192.0.2.1\n192.0.2.2\n", .plain, limits: limits).entries == 2)
        #expect(throws: FeedError.self) {
            try Lists.parse("192.0.2.1\n192.0.2.2\n192.0.2.3\n", .plain, limits: limits)
        }
        #expect(throws: FeedError.self) {
            try Lists.parse(String(repeating: "#", count: 41) + "\n", .plain, limits: limits)
        }
        let long = String(repeating: " ", count: FeedParser.longestLine + 1)
        for piece in [100, .max] {
            #expect(throws: FeedError.self) { try Lists.parse("#" + long + "\n", .plain, piece: piece) }
            #expect(throws: FeedError.self) { try Lists.parse("[{" + long, .feodoJSON, piece: piece) }
        }
        #expect(FeedLimits(bytes: .max, entries: .max) == FeedLimits(bytes: FeedLimits.largest, entries: 2_000_000))
    }

    @Test("keeps apart what is too wide, so that it does not swallow the others")
    func keepsWideApart() throws {
        let text = "0.0.0.0/0\n128.0.0.0/7\n::/0\n2000::/18\n9.0.0.0/8\n2001:c000::/19\n192.0.2.1\n1.0.0.0-2.0.0.0\n"
        let content = try Lists.parse(text, .plain)
        #expect(content.tooWide == ["0.0.0.0/0", "128.0.0.0/7", "::/0", "2000::/18", "1.0.0.0-2.0.0.0"])
        #expect(content.list.hosts4.count == 1)
        #expect(content.list.ranges4 == [0x0900_0000...0x09FF_FFFF])
        #expect(content.list.ranges6.count == 1)
    }

    /// A generator that says the same every time.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}
