import Glibc

/// Times of day where the program runs, to thousandths of a second.
struct Clock {
    /// A second and its text: records come in the same one again and again.
    private var second: Int64 = .min
    private var words = ""

    /// - Parameter time: nanoseconds since 1970.
    mutating func text(_ time: Int64) -> String {
        var (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest < 0 {
            seconds -= 1
            rest += 1_000_000_000
        }
        if seconds != second {
            second = seconds
            var point = time_t(seconds)
            var fields = tm()
            localtime_r(&point, &fields)
            words = [fields.tm_hour, fields.tm_min, fields.tm_sec].map { Self.digits(Int($0), 2) }.joined(
                separator: ":")
        }
        return words + "." + Self.digits(Int(rest / 1_000_000), 3)
    }

    private static func digits(_ value: Int, _ count: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

/// Days of the calendar, in UTC.
enum CivilDate {
    /// - Parameter time: seconds since 1970.
    /// - Returns: `2026-11-21`.
    static func text(_ time: Int64) -> String {
        var point = time_t(time)
        var fields = tm()
        guard gmtime_r(&point, &fields) != nil else { return "a day out of reach" }
        func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + "\(value)" }
        return "\(Int(fields.tm_year) + 1_900)-\(two(fields.tm_mon + 1))-\(two(fields.tm_mday))"
    }
}
