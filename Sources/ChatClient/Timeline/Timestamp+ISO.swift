package import Chat

extension Timestamp {
    /// `2026-11-21T11:50:40.123Z` (ISO 8601, UTC). What lies beyond the year 9999 is its last moment.
    package var iso8601: String {
        let milliseconds = min(self.milliseconds, 253_402_300_799_999)
        let seconds = milliseconds / 1000
        let (year, month, day) = Self.date(daysSince1970: Int(seconds / 86_400))
        let second = Int(seconds % 86_400)
        return "\(Self.digits(year, 4))-\(Self.digits(month, 2))-\(Self.digits(day, 2))T"
            + "\(Self.digits(second / 3600, 2)):\(Self.digits(second / 60 % 60, 2)):\(Self.digits(second % 60, 2))"
            + ".\(Self.digits(Int(milliseconds % 1000), 3))Z"
    }

    /// The Gregorian date, counted in eras of 400 years that begin in March.
    private static func date(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func digits(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
