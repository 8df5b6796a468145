/// Which messages of one device came: they are counted without gaps.
package struct SenderCounter: Hashable, Sendable {
    /// Up to here all have come, or were given up.
    package private(set) var last: UInt64
    /// Those that came before their turn.
    package private(set) var ahead: Set<UInt64> = []

    /// So many are remembered out of turn; a larger gap is given up.
    static let window: UInt64 = 1_024
    /// No number is above; sums of two do not overflow.
    static let maximum: UInt64 = 1 << 62

    package enum Verdict: Hashable, Sendable {
        case next
        /// It fills a gap.
        case late
        /// So many are missing before it.
        case gap(ClosedRange<UInt64>)
        /// It came before.
        case replay
    }

    /// Begins with the first message that was seen: what was before is not known.
    package init(first token: UInt64) {
        last = token
    }

    package init(last: UInt64, ahead: Set<UInt64>) {
        self.last = last
        self.ahead = ahead
    }

    package mutating func take(_ token: UInt64) -> Verdict {
        guard token > last, !ahead.contains(token) else { return .replay }
        if token == last + 1 {
            let fillsGap = !ahead.isEmpty
            last = token
            while ahead.remove(last + 1) != nil { last += 1 }
            return fillsGap ? .late : .next
        }
        if token - last > Self.window {
            // Nobody is asked for so many.
            last = token
            ahead = []
            return .gap((token - Self.window)...(token - 1))
        }
        let newest = ahead.max() ?? last
        ahead.insert(token)
        if token > newest + 1 { return .gap(newest + 1...token - 1) }
        return token > newest ? .next : .late
    }

    /// What has not come.
    package var missing: [UInt64] {
        guard let newest = ahead.max() else { return [] }
        return (last + 1..<newest).filter { !ahead.contains($0) }
    }

    /// What has not come will not come.
    package mutating func giveUp() {
        if let newest = ahead.max() { last = newest }
        ahead = []
    }
}
