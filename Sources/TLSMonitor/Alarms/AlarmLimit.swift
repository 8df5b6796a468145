/// One of the ``AlarmLimits`` as the administrator sees it.
public struct AlarmLimit: Sendable {
    /// As it is written in options and files: `scan-ports`.
    public let name: String
    /// What it is, in a line.
    public let meaning: String
    public let unit: Unit
    public let range: ClosedRange<Int>
    private let place: any WritableKeyPath<AlarmLimits, Int> & Sendable

    public enum Unit: String, Hashable, Sendable {
        case count
        /// May be written with KiB or MiB.
        case bytes
        case seconds
        case days
        case percent
        case times
    }

    init(
        _ name: String, _ place: any WritableKeyPath<AlarmLimits, Int> & Sendable, unit: Unit = .count,
        in range: ClosedRange<Int> = 1...1_000_000, _ meaning: String
    ) {
        self.name = name
        self.place = place
        self.unit = unit
        self.range = range
        self.meaning = meaning
    }

    public var standard: Int { AlarmLimits()[keyPath: place] }

    public func value(in limits: AlarmLimits) -> Int { limits[keyPath: place] }

    func set(_ value: Int, in limits: inout AlarmLimits) { limits[keyPath: place] = value }

    /// What a person wrote as its value: a whole number; of bytes also with KiB or MiB behind it.
    /// - Returns: `nil` if it is none, or not in ``range``.
    public func value(_ text: some StringProtocol) -> Int? {
        var digits = text[...]
        var factor = 1
        if unit == .bytes, let suffix = Self.suffixes.first(where: { digits.hasSuffix($0.name) }) {
            factor = suffix.factor
            digits = digits.dropLast(suffix.name.count)
            if digits.last == " " { digits = digits.dropLast() }
        }
        guard !digits.isEmpty, digits.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(digits) else {
            return nil
        }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return !overflow && range.contains(value) ? value : nil
    }

    /// What is expected, for a person.
    public var expectation: String {
        let span = "from \(text(range.lowerBound)) to \(text(range.upperBound))"
        return switch unit {
        case .bytes: "a number of bytes \(span) is expected, such as 512 KiB or 16 MiB"
        case .seconds, .days, .percent: "a whole number of \(unit.rawValue) \(span) is expected"
        case .count, .times: "a whole number \(span) is expected"
        }
    }

    /// A value as people read it: bytes become `16 MiB` where that is exact.
    public func text(_ value: Int) -> String {
        guard unit == .bytes,
            let suffix = Self.suffixes.first(where: { value >= $0.factor && value.isMultiple(of: $0.factor) })
        else { return "\(value)" }
        return "\(value / suffix.factor) \(suffix.name)"
    }

    private static let suffixes = [(name: "MiB", factor: 1 << 20), (name: "KiB", factor: 1 << 10)]
}

/// Why an alarm's limit cannot be set.
public enum AlarmLimitError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownName(String, nearest: String?)
    case badValue(name: String, value: String, expectation: String)

    public var description: String {
        switch self {
        case .unknownName(let name, let nearest):
            "there is no alarm or limit \(name); "
                + (nearest.map { "did you mean \($0)?" } ?? "docs/alarms.md lists all of them")
        case .badValue(let name, let value, let expectation): "\(name)=\(value) cannot be: \(expectation)"
        }
    }
}
