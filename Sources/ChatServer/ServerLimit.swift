/// One of the ``ServerLimits`` as the administrator sees it.
package struct ServerLimit: Sendable {
    /// As it is written in options and files: `messages-per-second`.
    package let name: String
    /// What it is, in a line.
    package let meaning: String
    package let unit: Unit
    package let range: ClosedRange<Int>
    private let read: @Sendable (ServerLimits) -> Int
    private let write: @Sendable (inout ServerLimits, Int) -> Void

    package enum Unit: Hashable, Sendable {
        case count
        /// May be written with KiB, MiB, GiB or TiB.
        case bytes
        case seconds
        case days
        case percent
    }

    init(
        _ name: String, _ place: any WritableKeyPath<ServerLimits, Int> & Sendable, unit: Unit = .count,
        in range: ClosedRange<Int>? = nil, _ meaning: String
    ) {
        self.name = name
        self.unit = unit
        self.range = range ?? 1...(unit == .bytes ? 1 << 40 : Self.most)
        self.meaning = meaning
        read = { $0[keyPath: place] }
        write = { $0[keyPath: place] = $1 }
    }

    init(
        _ name: String, _ place: any WritableKeyPath<ServerLimits, UInt64> & Sendable, unit: Unit = .count,
        in range: ClosedRange<Int>? = nil, _ meaning: String
    ) {
        self.name = name
        self.unit = unit
        self.range = range ?? 1...(unit == .bytes ? 1 << 40 : Self.most)
        self.meaning = meaning
        read = { Int(clamping: $0[keyPath: place]) }
        write = { $0[keyPath: place] = UInt64(clamping: $1) }
    }

    /// No limit is higher: with it nothing that is computed overflows, and it is as good as none.
    package static let most = 1 << 40

    package func value(in limits: ServerLimits) -> Int { read(limits) }

    package var standard: Int { read(ServerLimits()) }

    /// What a person wrote as its value: a whole number; of bytes also with KiB, MiB, GiB or TiB behind it.
    /// - Returns: `nil` if it is none, or not in ``range``.
    package func value(_ text: some StringProtocol) -> Int? {
        var digits = text[...]
        var factor = 1
        if unit == .bytes, let suffix = Self.suffixes.first(where: { digits.hasSuffix($0.name) }) {
            factor = suffix.factor
            digits = digits.dropLast(suffix.name.count)
            if digits.last == " " { digits = digits.dropLast() }
        }
        guard digits.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(digits) else { return nil }
        let (value, overflow) = number.multipliedReportingOverflow(by: factor)
        return !overflow && range.contains(value) ? value : nil
    }

    /// Sets it in `limits`.
    /// - Returns: `false` if `value` is not in ``range``; they stay as they were then.
    package func set(_ value: Int, in limits: inout ServerLimits) -> Bool {
        guard range.contains(value) else { return false }
        write(&limits, value)
        return true
    }

    /// What is expected, for a person.
    package var expectation: String {
        let span = "from \(text(range.lowerBound)) to \(text(range.upperBound))"
        return switch unit {
        case .bytes: "a number of bytes \(span) is expected, such as 512 KiB or 64 MiB"
        case .seconds: "a whole number of seconds \(span) is expected"
        case .days: "a whole number of days \(span) is expected"
        case .percent: "a whole number of percent \(span) is expected"
        case .count: "a whole number \(span) is expected"
        }
    }

    /// A value as people read it: `1000000` stays so, bytes become `64 MiB` where that is exact.
    package func text(_ value: Int) -> String {
        guard unit == .bytes,
            let suffix = Self.suffixes.first(where: { value >= $0.factor && value.isMultiple(of: $0.factor) })
        else { return "\(value)" }
        return "\(value / suffix.factor) \(suffix.name)"
    }

    private static let suffixes = [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)]
        .map { (name: $0.0, factor: $0.1) }
}
