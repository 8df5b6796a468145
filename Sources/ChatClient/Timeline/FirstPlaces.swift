/// Where something stands first, for things that as a rule stand at one place.
struct FirstPlaces<Key: Hashable & Sendable>: Sendable {
    private var first: [Key: UInt64] = [:]
    private var others: [Key: Set<UInt64>] = [:]

    subscript(key: Key) -> UInt64? { first[key] }

    mutating func insert(_ place: UInt64, of key: Key) {
        guard let known = first[key] else {
            first[key] = place
            return
        }
        guard known != place else { return }
        first[key] = min(known, place)
        others[key, default: []].insert(max(known, place))
    }

    mutating func remove(_ place: UInt64, of key: Key) {
        if first[key] == place {
            first[key] = others[key]?.min()
            if let next = first[key] { others[key]?.remove(next) }
        } else {
            others[key]?.remove(place)
        }
        if others[key]?.isEmpty == true { others[key] = nil }
    }
}
