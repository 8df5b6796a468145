import Foundation

/// Numbers as people read them.
enum Figures {
    /// `12,345`
    static func count(_ number: UInt64) -> String {
        let digits = Array(String(number))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// `12,345 entries`, `1 entry`
    static func count(_ number: UInt64, _ one: String, _ several: String) -> String {
        "\(count(number)) \(number == 1 ? one : several)"
    }

    /// `45.6 MiB`
    static func bytes(_ number: UInt64) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB"]
        var value = Double(number)
        var unit = 0
        while value >= 1_024, unit < units.count - 1 {
            value /= 1_024
            unit += 1
        }
        return unit == 0 ? "\(number) bytes" : String(format: value < 100 ? "%.1f %@" : "%.0f %@", value, units[unit])
    }

    /// `0.4 s`
    static func seconds(since begin: ContinuousClock.Instant) -> String {
        String(format: "%.1f s", begin.duration(to: .now) / .seconds(1))
    }

    /// `2026-11-21 14:53:12 UTC`
    static func time(milliseconds: UInt64) -> String {
        let stamp = Self.stamp(milliseconds: milliseconds)
        return stamp.replacing("T", with: " ").replacing("Z", with: " UTC")
    }

    /// `2026-11-21T14:53:12Z`
    static func stamp(milliseconds: UInt64) -> String {
        Date(timeIntervalSince1970: Double(milliseconds / 1_000)).formatted(.iso8601)
    }
}
