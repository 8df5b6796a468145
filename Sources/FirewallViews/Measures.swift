import Glibc

extension Int {
    /// With commas between thousands.
    var grouped: String {
        let digits = Array(String(magnitude))
        let parts = stride(from: digits.count, to: 0, by: -3).map { String(digits[Swift.max(0, $0 - 3)..<$0]) }
        return (self < 0 ? "-" : "") + parts.reversed().joined(separator: ",")
    }

    /// `1 rule`, `2 rules`.
    func of(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }

    /// `512 B`, `1.2 MiB`.
    var size: String {
        let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        guard magnitude >= 1_024 else { return "\(self) B" }
        var value = Double(self)
        var unit = -1
        while abs(value) >= 1_024, unit + 1 < units.count {
            value /= 1_024
            unit += 1
        }
        return (abs(value) < 100 ? value.tenths : String(Int(value.rounded()))) + " " + units[unit]
    }
}

extension Double {
    /// With one digit behind the point; `0` for what is no number.
    var tenths: String {
        guard isFinite, abs(self) < 1e15 else { return "0" }
        let tenths = Int((self * 10).rounded())
        return (tenths < 0 ? "-" : "") + "\(tenths.magnitude / 10).\(tenths.magnitude % 10)"
    }
}

/// Spans of time in words.
enum Span {
    /// `45 s`, `12 min`, `3 h`, `41 d`: the largest unit of which there are two, or `1 min` and `1 h`.
    static func words(seconds: Int64) -> String {
        switch seconds {
        case ..<0: "0 s"
        case ..<90: "\(seconds) s"
        case ..<5_400: "\((seconds + 30) / 60) min"
        case ..<172_800: "\((seconds + 1_800) / 3_600) h"
        default: "\(seconds / 86_400) d"
        }
    }

    /// From one time in milliseconds to a later one.
    static func words(from: Int64, to: Int64) -> String {
        let (difference, isTooLarge) = to.subtractingReportingOverflow(from)
        return isTooLarge ? "?" : words(seconds: difference / 1_000)
    }
}

extension ViewStyle {
    /// How long ago: `3 h`; into a pipe the time itself. Nothing: `never`.
    func age(_ time: Int64?) -> String {
        guard let time else { return isPlain ? "" : "never" }
        return isPlain ? moment(time) : Span.words(from: time, to: now)
    }

    /// How long it still takes: `3 h`; into a pipe the time itself. Nothing: `forever`.
    func rest(_ time: Int64?) -> String {
        guard let time else { return isPlain ? "" : "forever" }
        return isPlain ? moment(time) : Span.words(from: now, to: time)
    }

    /// `2026-11-20 23:50:39.071`; into a pipe `2026-11-20T23:50:39.071Z`.
    func moment(_ time: Int64) -> String {
        isPlain ? Moment(time, isUTC: true).standard : Moment(time, isUTC: isUTC).long
    }

    /// `11-20 23:50:39`.
    func shortMoment(_ time: Int64) -> String { Moment(time, isUTC: isUTC).short }

    /// `23:50:39`.
    func timeOfDay(_ time: Int64) -> String { Moment(time, isUTC: isUTC).timeOfDay }
}

/// A point of time on the clock and the calendar.
private struct Moment {
    private var fields = tm()
    private var milliseconds: Int64

    /// - Parameter time: milliseconds since 1970.
    init(_ time: Int64, isUTC: Bool) {
        // Years 0 to 9999; a machine's clock shows no others.
        let time = min(max(time, 0), 253_402_300_799_999)
        var seconds = time_t(time / 1_000)
        milliseconds = time % 1_000
        _ = isUTC ? gmtime_r(&seconds, &fields) : localtime_r(&seconds, &fields)
    }

    private func two(_ value: Int32) -> String { (value < 10 ? "0" : "") + "\(value)" }
    private var day: String { two(fields.tm_mon + 1) + "-" + two(fields.tm_mday) }
    private var date: String { "\(Int(fields.tm_year) + 1_900)-" + day }
    private var thousandths: String {
        let digits = String(milliseconds)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }

    var timeOfDay: String { [fields.tm_hour, fields.tm_min, fields.tm_sec].map(two).joined(separator: ":") }
    var short: String { day + " " + timeOfDay }
    var long: String { date + " " + timeOfDay + "." + thousandths }
    var standard: String { date + "T" + timeOfDay + "." + thousandths + "Z" }
}
