extension Duration {
    /// A number of seconds in the largest unit that fits: "3 days", "1 hour".
    package static func words(_ seconds: Int64) -> String {
        let units: [(Int64, String)] = [(86_400, "day"), (3_600, "hour"), (60, "minute")]
        let (size, name) = units.first { seconds >= $0.0 } ?? (1, "second")
        let count = max(1, seconds / size)
        return "\(count) \(name)\(count == 1 ? "" : "s")"
    }
}
