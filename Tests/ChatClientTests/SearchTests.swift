import Chat
import ChatClient
import Testing

@Suite("searching the history")
struct SearchTests {
    private func found(_ query: String, _ log: [StoredMessage], page: Int = 100) throws -> [String] {
        var search = HistorySearch(try #require(HistoryQuery(query)))
        var hits: [HistorySearch.Hit] = []
        for end in stride(from: log.count, to: 0, by: -page) {
            hits += search.look(in: Array(log[max(0, end - page)..<end]))
        }
        hits += search.finish()
        return hits.map { "\($0.sequence) \($0.text)" }
    }

    private func text(_ string: String) throws -> MessageText { try MessageText(string) }

    @Test(
        "words are found without case and accents, all of them, in any order",
        arguments: [
            ("plan", true), ("PLAN", true), ("launch plan", true), ("plan launch", true), ("cafe", true),
            ("CAFÉ", true),
            ("ＰＬＡＮ", true), ("日本", true), ("шарик", true), ("from:bob", true), ("plan FROM:@Bob", true),
            ("plan from:carol", false),
            ("plan tomorrow", false), ("plans", false),
        ])
    func words(query: String, isFound: Bool) throws {
        let log = [try Sample.text(1, "bob/phone", "The Launch Plan at the Café, 日本 Шарик")]
        #expect(try found(query, log).isEmpty != isFound)
    }

    @Test(
        "what is nothing to look for is refused",
        arguments: [
            "", "  ", "from:", "from:a/b x", "from:a from:b x", String(repeating: "x", count: 513),
            String(repeating: "x ", count: 17), "\u{301}",
        ])
    func refused(query: String) {
        #expect(HistoryQuery(query) == nil)
    }

    @Test("the newest comes first, whatever the size of the pages", arguments: [1, 2, 3, 100])
    func pages(size: Int) throws {
        let log = [
            try Sample.text(1, "bob/phone", "x one"), try Sample.text(2, "carol/pc", "two"),
            try Sample.text(3, "bob/phone", "x three"), try Sample.entry(4, "carol/pc", .action(text("x four"))),
            try Sample.entry(5, "carol/pc", .reply(target: 1, text("x five"))),
        ]
        #expect(try found("x", log, page: size) == ["5 x five", "4 x four", "3 x three", "1 x one"])
        #expect(try found("x from:bob", log, page: size) == ["3 x three", "1 x one"])
    }

    @Test("texts are found as they stand now; only their author changes them", arguments: [1, 3, 100])
    func changes(size: Int) throws {
        let log = [
            try Sample.text(1, "bob/phone", "old"), try Sample.text(2, "bob/phone", "old too"),
            try Sample.text(3, "bob/phone", "old and kept"),
            try Sample.entry(4, "bob/tablet", .edit(target: 1, text("middle"))),
            try Sample.entry(5, "bob/phone", .edit(target: 1, text("new"))),
            try Sample.entry(6, "bob/phone", .delete(target: 2)), try Sample.entry(7, "carol/pc", .delete(target: 3)),
            try Sample.entry(8, "carol/pc", .edit(target: 3, text("new"))),
            try Sample.entry(9, "bob/phone", content: .deleted),
        ]
        #expect(try found("old", log, page: size) == ["3 old and kept"])
        #expect(try found("middle", log, page: size) == [])
        #expect(try found("new", log, page: size) == ["1 new"])
    }

    @Test("what was said again is found once", arguments: [1, 100])
    func saidAgain(size: Int) throws {
        let time = Timestamp(milliseconds: 1)
        let again = try Sample.entry(5, "bob/phone", .again(token: 1, time: time, .text(text("x"))), token: 5)
        let lost = try Sample.entry(1, "bob/phone", content: .unreadable(.damaged))
        #expect(try found("x", [lost, again], page: size) == ["1 x"])
        #expect(try found("x", [try Sample.text(1, "bob/phone", "x"), again], page: size) == ["1 x"])
        #expect(try found("x", [again], page: size) == ["5 x"])
        #expect(try found("y", [lost, again], page: size) == [])
        #expect(try found("x", [lost, again, try Sample.entry(6, "bob/phone", .delete(target: 1))], page: size) == [])
    }

    @Test("no more than 16 MiB of changes are held, and searching goes on")
    func bounded() throws {
        let long = try text("x" + String(repeating: "y", count: 59_000))
        var log = [try Sample.text(1, "bob/phone", "x first")]
        for place in UInt64(2)...400 {
            log.append(try Sample.entry(place, "bob/phone", .edit(target: 1_000 + place, long)))
        }
        log.append(try Sample.text(500, "bob/phone", "x last"))
        #expect(try found("x", log) == ["500 x last", "1 x first"])
    }
}

@Suite("exporting the history")
struct ExportTests {
    private func log() throws -> [StoredMessage] {
        let text = try MessageText("say \"hi\"\n\u{1B}[2J\u{202E}\\ 日本 👍 \u{E0001}")
        let bob = try Sample.device("bob/phone")
        return [
            try Sample.entry(1, "bob/phone", content: .nothing, token: 0, notices: [.joined(bob, by: nil)]),
            try Sample.entry(2, "bob/phone", .text(text)),
            try Sample.entry(3, "bob/phone", .edit(target: 2, MessageText("new"))),
            try Sample.entry(4, "bob/phone", .reaction(target: 2, Sample.emoji("👍"), isAdded: true)),
            try Sample.entry(5, "bob/phone", .typing), try Sample.entry(6, "bob/phone", content: .unreadable(.damaged)),
        ]
    }

    @Test("JSON lines hold the text as it is, and nothing that acts on a terminal")
    func json() throws {
        let lines = try log().flatMap { HistoryExport(.json, room: "#lab").lines(of: $0) }
        let head = { (place: Int) in
            "{\"room\":\"#lab\",\"seq\":\(place),\"time\":\"2023-11-14T22:13:20.00\(place)Z\",\"from\":\"bob/phone\","
        }
        #expect(
            lines == [
                head(1) + "\"kind\":\"notice\",\"text\":\"bob/phone joined\"}",
                head(2)
                    + #""kind":"text","text":"say \"hi\"\n\u001b[2J\u202e\\ 日本 👍 \udb40\udc01"}"#,
                head(3) + "\"kind\":\"edit\",\"of\":2,\"text\":\"new\"}",
                head(4) + "\"kind\":\"react\",\"to\":2,\"emoji\":\"👍\"}",
                head(6) + "\"kind\":\"unreadable\",\"reason\":\"damaged: its sender can send it again\"}",
            ])
    }

    @Test("plain text is one safe line for each entry")
    func plain() throws {
        let lines = try log().flatMap { HistoryExport(.text, room: "#lab").lines(of: $0) }
        #expect(
            lines == [
                "2023-11-14T22:13:20.001Z 1 -- bob/phone joined",
                "2023-11-14T22:13:20.002Z 2 <bob> say \"hi\"⏎\u{FFFD}[2J\u{FFFD}\\ 日本 👍 \u{FFFD}",
                "2023-11-14T22:13:20.003Z 3 -- bob changed 2 to: new",
                "2023-11-14T22:13:20.004Z 4 -- bob reacted with 👍 to 2",
                "2023-11-14T22:13:20.006Z 6 <bob> [damaged: its sender can send it again]",
            ])
    }

    @Test(
        "times are those of the calendar",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_709_251_199_000, "2024-02-29T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (.max, "9999-12-31T23:59:59.999Z"),
        ] as [(UInt64, String)])
    func times(milliseconds: UInt64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
    }
}
