import Firewall

/// How often our table is made anew: at once, unless somebody undoes it every time.
struct HealingPace {
    private static let burst = 5
    private static let window: Int64 = 60_000
    private var times: [Int64] = []

    mutating func allows(_ now: BanTime) -> Bool {
        times.removeAll { now.steady - $0 >= Self.window }
        guard times.count < Self.burst else { return false }
        times.append(now.steady)
        return true
    }
}
