import Firewall
import Testing

@Suite("ports, times and lengths of time as text")
struct TextFormTests {
    @Test(
        "ports are read",
        arguments: [
            ("23", [23...23]), ("1", [1...1]), ("65535", [65535...65535]), ("135-139", [135...139]),
            ("80,443", [80...80, 443...443]),
            ("80, 443 , 8000 - 8099", [80...80, 443...443, 8000...8099]), ("1-65535", [1...65535]), ("7-7", [7...7]),
        ] as [(String, [ClosedRange<UInt16>])])
    func ports(text: String, expected: [ClosedRange<UInt16>]) throws {
        #expect(try PortText.parse(text) == expected)
        #expect(try PortText.parse(PortText.text(expected)) == expected)
    }

    @Test(
        "what is no port is refused",
        arguments: [
            "", " ", ",", "80,", ",80", "80,,443", "0", "65536", "-1", "+1", "080", "80-", "-80", "1-2-3", "http",
            "0-80", "80-65536", "8 0", "８０", "80;443", "1..2",
        ])
    func noPorts(text: String) {
        let error = #expect(throws: PortTextError.self) { try PortText.parse(text) }
        #expect(
            error?.description.hasSuffix(" is no port; write a number from 1 to 65535, or a range such as \"135-139\"")
                == true)
    }

    @Test("a range from high to low is turned, and a list has an end")
    func portLimits() {
        #expect(
            #expect(throws: PortTextError.self) { try PortText.parse("80,139-135") }?.description
                == "\"139-135\" goes from high to low; write \"135-139\"")
        let many = { (count: Int) in (1...count).map { "\($0)" }.joined(separator: ",") }
        #expect(throws: Never.self) { try PortText.parse(many(256)) }
        #expect(throws: PortTextError.self) { try PortText.parse(many(257)) }
        #expect(throws: PortTextError.self) { try PortText.parse(String(repeating: "1", count: 1_000_000)) }
    }

    @Test(
        "lengths of time are read and written",
        arguments: [
            ("90s", 90, "90s", "1 minute"), ("30m", 1_800, "30m", "30 minutes"), ("1h", 3_600, "1h", "1 hour"),
            ("7d", 604_800, "7d", "7 days"),
            ("2w", 1_209_600, "14d", "14 days"), ("1h30m", 5_400, "90m", "1 hour"), ("1d1s", 86_401, "86401s", "1 day"),
            ("0s", 0, "0s", "0 seconds"),
            ("1s", 1, "1s", "1 second"), ("60s", 60, "1m", "1 minute"), ("3650d", 315_360_000, "3650d", "3650 days"),
        ] as [(String, Int64, String, String)])
    func spans(text: String, seconds: Int64, written: String, words: String) throws {
        let span = try TimeSpan(parsing: text)
        #expect(span.seconds == seconds && span.description == written && span.words == words)
        #expect(try TimeSpan(parsing: written) == span)
    }

    @Test(
        "what is no length of time is refused",
        arguments: [
            "", "h", "1", "1x", "-1h", "+1h", "1.5h", "1 h", "30m1h", "1h1h", "1H", "h1", "1h30", "١h", "1h\0", "5mm",
        ])
    func noSpans(text: String) {
        let error = #expect(throws: TimeSpanError.self) { try TimeSpan(parsing: text) }
        #expect(
            error?.description.hasSuffix(" is no length of time; write a number and a unit, such as 30m, 1h or 7d")
                == true)
    }

    @Test(
        "more than ten years is too long, whatever its number",
        arguments: ["3651d", "3650d1s", "522w", "9223372036854775807s", "9223372036854775w"])
    func longSpans(text: String) {
        let error = #expect(throws: TimeSpanError.self) { try TimeSpan(parsing: text) }
        #expect(error?.description == "\"\(text)\" is more than ten years; write at most 3650d, or leave the end away")
    }

    @Test(
        "times are read and written",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-12-31T23:59:59Z", 31_535_999), ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-22T10:00:00Z", 1_795_341_600),
            ("2038-01-19T03:14:08Z", 2_147_483_648), ("2100-03-01T00:00:00Z", 4_107_542_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] as [(String, Int64)])
    func times(text: String, seconds: Int64) {
        #expect(UTCTime(text)?.seconds == seconds)
        #expect(UTCTime(seconds: seconds).description == text)
    }

    @Test(
        "what is no time in UTC is refused",
        arguments: [
            "", "2026-11-22", "2026-11-22T10:00Z", "2026-11-22T10:00:00", "2026-11-22T10:00:00+01:00",
            "2026-11-22T10:00:00z", "2026-11-22 10:00:00Z",
            "2026-11-22T10:00:00.5Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-11-00T00:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T10:60:00Z", "2026-11-22T10:00:60Z",
            "1969-12-31T23:59:59Z", "2026-11-22T10:00:00ZZ",
            "２026-11-22T10:00:00Z", "10000-01-01T00:00:00Z", "2026-1--22T10:00:00Z",
        ])
    func noTimes(text: String) { #expect(UTCTime(text) == nil) }

    @Test("every day up to 2400 follows the one before")
    func everyDay() {
        var (year, month, day) = (1970, 1, 1)
        for number in 0..<157_000 as Range<Int64> {
            let digits = { (value: Int, width: Int) in
                String(repeating: "0", count: width - "\(value)".count) + "\(value)"
            }
            let text = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T00:00:00Z"
            if number % 7 == 0 || day > 27 {
                #expect(UTCTime(seconds: number * 86_400).description == text)
                #expect(UTCTime(text)?.seconds == number * 86_400)
            }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            (day, month) = day < length ? (day + 1, month) : (1, month + 1)
            if month > 12 { (month, year) = (1, year + 1) }
        }
    }

    @Test(
        "the nearest name is found, and none where none is near",
        arguments: [
            ("ruels", "rules"), ("rule", "rules"), ("RULES", "rules"), ("whitlist", "whitelist"),
            ("blackist", "blacklist"), ("logs", "log"), ("lgo", "log"),
            ("colour", nil), ("", nil), ("xyz", nil), ("r", nil), (String(repeating: "x", count: 100_000), nil),
        ] as [(String, String?)])
    func nearest(word: String, expected: String?) {
        #expect(NearestName.name(to: word, among: ["rules", "whitelist", "blacklist", "log"]) == expected)
        #expect(NearestName.name(to: word, among: [String]()) == nil)
    }
}
