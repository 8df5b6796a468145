import Chat

/// What a device has already sent, by its own numbers: a request that is repeated, since its answer was lost, is answered
/// like the first time and does nothing.
struct TokenBook: Sendable {
    /// Where in the log something stands.
    struct Place: Hashable, Sendable {
        var sequence: UInt64
        var time: Timestamp
    }

    private var places: [UInt64: Place] = [:]
    /// The numbers, in the order in which they came; those in front are forgotten first.
    private var order: [UInt64] = []
    private var forgotten = 0
    /// Up to here a number may have been used and forgotten, of those with the highest bit clear and of those with it set: they are
    /// two rows of numbers.
    var floors: (low: UInt64, high: UInt64) = (0, 0)

    /// Whether a number may have been used and forgotten.
    func isForgotten(_ token: UInt64) -> Bool {
        token >> 63 == 0 ? token <= floors.low : token <= floors.high
    }

    var count: Int { places.count }

    subscript(token: UInt64) -> Place? { places[token] }

    /// - Returns: what was forgotten for it.
    @discardableResult
    mutating func note(_ token: UInt64, _ place: Place, limit: Int) -> [(token: UInt64, place: Place)] {
        var gone: [(token: UInt64, place: Place)] = []
        places[token] = place
        order.append(token)
        while places.count > limit {
            let oldest = order[forgotten]
            if let place = places.removeValue(forKey: oldest) { gone.append((oldest, place)) }
            if oldest >> 63 == 0 {
                floors.low = max(floors.low, oldest)
            } else {
                floors.high = max(floors.high, oldest)
            }
            forgotten += 1
        }
        if forgotten > 1_024 {
            order.removeFirst(forgotten)
            forgotten = 0
        }
        return gone
    }
}
