import Testing

@testable import FirewallViews

@Suite("Tables that fit")
struct ViewTableTests {
    private func table(_ columns: Int?) -> ViewTable {
        var table = ViewTable(
            [
                .init(title: "ID", isRight: true), .init(title: "BYTES", isRight: true, rank: 1),
                .init(title: "CARD", isOptional: true), .init(title: "NAME", least: 6),
            ], style: ViewStyle(columns: columns, hasColours: false, now: 0))
        table.add(["1", "1,204", "", "Block Telnet"])
        table.add(["12", "7", "", "部屋へのアクセス"])
        return table
    }

    @Test("are as wide as their cells where there is room, wide characters counted twice")
    func wide() {
        #expect(
            table(80).lines() == [
                "ID  BYTES  NAME",
                " 1  1,204  Block Telnet",
                "12      7  部屋へのアクセス",
            ])
    }

    @Test("cut what may be cut")
    func cut() {
        #expect(
            table(20).lines() == [
                "ID  BYTES  NAME",
                " 1  1,204  Block Te…",
                "12      7  部屋への…",
            ])
    }

    @Test("leave columns out before anything else becomes unreadable")
    func dropped() { #expect(table(14).lines() == ["ID  NAME", " 1  Block Tel…", "12  部屋への…"]) }

    @Test("never cut what may not be cut")
    func least() { #expect(table(3).lines() == ["ID  NAME", " 1  Block…", "12  部屋…"]) }

    @Test("without a terminal are fields with tabs, empty ones too")
    func plain() {
        #expect(
            table(nil).lines() == [
                "ID\tBYTES\tCARD\tNAME", "1\t1,204\t\tBlock Telnet", "12\t7\t\t部屋へのアクセス",
            ])
    }

    @Test("keep their columns where they are when more lines come")
    func sticky() {
        var table = ViewTable(
            [.init(title: "A"), .init(title: "B")], style: ViewStyle(columns: 80, hasColours: false, now: 0))
        table.add(["long one", "x"])
        #expect(table.nextLines() == ["long one  x"])
        table.add(["s", "y"])
        #expect(table.nextLines() == ["s         y"])
        #expect(table.nextLines() == [])
    }

    @Test("are never wider than the terminal, down to what may not be cut", arguments: 16...40)
    func fits(_ columns: Int) {
        for line in table(columns).lines() { #expect(width(line) <= columns) }
    }

    private func width(_ line: String) -> Int { line.unicodeScalars.reduce(0) { $0 + ($1.value >= 0x3000 ? 2 : 1) } }
}

@Suite("Text that somebody else wrote")
struct SafeTextTests {
    @Test("cannot act on a terminal")
    func escapes() {
        #expect(SafeText.of("a\u{1B}[2Jb\r\n\t\u{7F}\u{9B}") == #"a\x1b[2Jb\x0d\x0a\x09\x7f\x9b"#)
        #expect(SafeText.of("x\u{202E}y\u{2066}\u{FEFF}\u{2028}") == #"x\u{202e}y\u{2066}\u{feff}\u{2028}"#)
    }

    @Test("that is harmless stays", arguments: ["Büro 3 – “A”", "部屋", "👩‍💻", "e\u{301}"])
    func keeps(_ text: String) { #expect(SafeText.of(text) == text) }

    @Test("is cut when it is long")
    func cut() { #expect(SafeText.of("abcdef", most: 3) == "abc…") }
}

@Suite("Numbers and times in words")
struct MeasureTests {
    @Test("sizes")
    func sizes() {
        #expect(
            [0, 1_023, 1_024, 1_300_000, 150 << 20, .max].map(\.size) == [
                "0 B", "1023 B", "1.0 KiB", "1.2 MiB", "150 MiB", "8.0 EiB",
            ])
    }

    @Test("spans")
    func spans() {
        #expect(
            [-5, 0, 89, 90, 5_399, 5_400, 172_799, 172_800, 3_600_000].map { Span.words(seconds: $0) }
                == ["0 s", "0 s", "89 s", "2 min", "90 min", "2 h", "48 h", "2 d", "41 d"])
        #expect(Span.words(from: .min, to: .max) == "?")
    }

    @Test("numbers")
    func numbers() {
        #expect(
            [0, 999, 1_000, -1_234_567, .min].map(\.grouped) == [
                "0", "999", "1,000", "-1,234,567", "-9,223,372,036,854,775,808",
            ])
        #expect([0.04, 0.05, 1e300, .nan, -2.55].map(\.tenths) == ["0.0", "0.1", "0", "0", "-2.6"])
    }

    @Test("times, whatever the number")
    func times() {
        let style = ViewStyle(columns: 80, hasColours: false, now: 0, isUTC: true)
        #expect(style.moment(1_763_682_639_071) == "2025-11-20 23:50:39.071")
        #expect(style.moment(.min) == "1970-01-01 00:00:00.000")
        #expect(style.moment(.max) == "9999-12-31 23:59:59.999")
        #expect(
            ViewStyle(columns: nil, hasColours: false, now: 0).moment(1_763_682_639_071) == "2025-11-20T23:50:39.071Z")
    }
}
