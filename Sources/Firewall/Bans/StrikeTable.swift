/// Points of hosts, which fade: after each half-life they are half as many.
///
/// Bounded. When it is full the quarter with the fewest points goes, of equals the oldest: whoever fills it with many addresses that did little drives out
/// others that did little, and never one who is close to a ban.
struct StrikeTable: Hashable, Sendable {
    private struct Strike: Hashable, Sendable {
        /// Thousandths of a point, at ``time``.
        var points: Int32
        var time: Int64
    }

    private let capacity: Int
    private let halfLife: Int64
    private var strikes: [BanTarget: Strike] = [:]

    init(capacity: Int, halfLife: Int64) {
        self.capacity = max(4, capacity)
        self.halfLife = max(1, halfLife)
    }

    var count: Int { strikes.count }

    /// Thousandths of a point that are left.
    func points(of target: BanTarget, at time: Int64) -> Int {
        strikes[target].map { left(of: $0, at: time) } ?? 0
    }

    /// - Parameter weight: points.
    /// - Returns: thousandths of a point, these included.
    mutating func add(_ weight: Int, to target: BanTarget, at time: Int64) -> Int {
        if strikes[target] == nil, strikes.count >= capacity { makeRoom(at: time) }
        let points = min(points(of: target, at: time) + weight * 1_000, 1_000_000)
        strikes[target] = Strike(points: Int32(points), time: time)
        return points
    }

    mutating func forget(_ target: BanTarget) { strikes[target] = nil }
    mutating func forget(where isForgotten: (BanTarget) -> Bool) { strikes = strikes.filter { !isForgotten($0.key) } }

    /// Between two half-lives the points fall evenly.
    private func left(of strike: Strike, at time: Int64) -> Int {
        let age = max(0, time.minus(strike.time))
        let halvings = age / halfLife
        guard halvings < 31 else { return 0 }
        let points = Int(strike.points) >> Int(halvings)
        return points - Int(Int64(points) * (age % halfLife) / (2 * halfLife))
    }

    private mutating func makeRoom(at time: Int64) {
        strikes = strikes.filter { left(of: $0.value, at: time) >= 100 }
        let kept = capacity - capacity / 4
        guard strikes.count > kept else { return }
        let weakest = strikes.map { (target: $0.key, points: left(of: $0.value, at: time), time: $0.value.time) }
            .sorted { $0.points == $1.points ? $0.time < $1.time : $0.points < $1.points }
        for strike in weakest.prefix(strikes.count - kept) { strikes[strike.target] = nil }
    }
}
