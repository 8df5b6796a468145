/// Both ends of a connection, the smaller one first.
struct FlowKey: Hashable {
    let low: Endpoint
    let high: Endpoint

    init(_ segment: TCPSegment) { self.init(segment.source, segment.destination) }

    init(_ one: Endpoint, _ other: Endpoint) { (low, high) = one < other ? (one, other) : (other, one) }

    /// Few words, since every packet is looked up; the hash is seeded, so that nobody chooses addresses that collide.
    func hash(into hasher: inout Hasher) {
        hasher.combine(UInt64(low.port) << 16 | UInt64(high.port))
        if low.address.isV4, high.address.isV4 {
            hasher.combine(low.address.low << 32 | high.address.low & 0xFFFF_FFFF)
        } else {
            hasher.combine(low.address.high)
            hasher.combine(low.address.low)
            hasher.combine(high.address.high)
            hasher.combine(high.address.low)
        }
    }
}
