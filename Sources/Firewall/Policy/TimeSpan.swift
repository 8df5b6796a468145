/// A length of time as people write it: `90s`, `30m`, `1h`, `7d`, `2w`, or several parts, the largest first: `1h30m`.
package struct TimeSpan: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Ten years.
    package static let longest: Int64 = 3_650 * 86_400

    private static let units: [(letter: Character, seconds: Int64, name: String)] = [
        ("w", 604_800, "week"), ("d", 86_400, "day"), ("h", 3_600, "hour"), ("m", 60, "minute"), ("s", 1, "second"),
    ]

    /// `0...` ``longest``
    package let seconds: Int64

    /// A number out of range becomes the nearest in range.
    package init(seconds: Int64) { self.seconds = max(0, min(seconds, Self.longest)) }

    /// - Throws: ``TimeSpanError`` for anything else, and for more than ten years. 0 is a time span.
    package init(parsing text: some StringProtocol) throws(TimeSpanError) {
        guard text.utf8.count <= 20 else { throw TimeSpanError(text) }
        var (total, digits) = (Int64(0), "")
        var allowed = Self.units[...]
        for character in text {
            if character.isASCII, character.isNumber {
                digits.append(character)
                continue
            }
            guard let index = allowed.firstIndex(where: { $0.letter == character }), let count = Int64(digits) else {
                throw TimeSpanError(text)
            }
            let (part, isTooMuch) = count.multipliedReportingOverflow(by: Self.units[index].seconds)
            guard !isTooMuch, part <= Self.longest, total + part <= Self.longest else {
                throw TimeSpanError(text, isTooLong: true)
            }
            total += part
            digits = ""
            allowed = Self.units[(index + 1)...]
        }
        guard digits.isEmpty, !text.isEmpty else { throw TimeSpanError(text) }
        seconds = total
    }

    /// As it can be read again: `90m`, in the largest unit that divides it; weeks as days.
    package var description: String {
        let unit = Self.units.dropFirst().first { seconds.isMultiple(of: $0.seconds) && seconds > 0 } ?? ("s", 1, "")
        return "\(seconds / unit.seconds)\(unit.letter)"
    }

    /// In words, and the largest unit that it has one of: `3 days`, `1 hour`.
    package var words: String {
        let unit = Self.units.dropFirst().first { seconds >= $0.seconds } ?? ("s", 1, "second")
        let count = seconds / unit.seconds
        return "\(count) \(unit.name)\(count == 1 ? "" : "s")"
    }

    package static func < (left: TimeSpan, right: TimeSpan) -> Bool { left.seconds < right.seconds }
}

/// A text that is no ``TimeSpan``.
package struct TimeSpanError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was written, quoted and shortened.
    package let text: String
    private let isTooLong: Bool

    init(_ text: some StringProtocol, isTooLong: Bool = false) {
        self.text = Quoted.text(text)
        self.isTooLong = isTooLong
    }

    package var fault: String { isTooLong ? "\(text) is more than ten years" : "\(text) is no length of time" }
    package var remedy: String {
        isTooLong ? "write at most 3650d, or leave the end away" : "write a number and a unit, such as 30m, 1h or 7d"
    }
    package var description: String { "\(fault); \(remedy)" }
}
