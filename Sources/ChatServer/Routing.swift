import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// Which devices get a room's entries, and from where on.
struct Routing: Sendable {
    struct Route: Hashable, Sendable {
        /// The entry by which it came in, the first that it may read.
        var since: UInt64
        /// Its place in the group's tree, as the committer said.
        var leaf: UInt32
    }

    private(set) var routes: [PeerIdentity: Route] = [:]
    /// What those who are out may still read: up to the entry by which they went.
    private var former: [PeerIdentity: ClosedRange<UInt64>] = [:]
    /// Whose way has changed and is to be stored.
    private var changed: Set<PeerIdentity> = []

    subscript(device: PeerIdentity) -> Route? { routes[device] }

    var isEmpty: Bool { routes.isEmpty }
    /// What it takes in memory, about.
    var bytes: Int { (routes.count + former.count) * 160 }
    var devices: some Sequence<PeerIdentity> { routes.keys }

    /// The entries that a device may read; `nil` if none.
    func readable(by device: PeerIdentity, head: UInt64) -> ClosedRange<UInt64>? {
        if let route = routes[device] { return min(route.since, head)...head }
        return former[device]
    }

    mutating func add(_ device: PeerIdentity, _ route: Route) {
        routes[device] = route
        former[device] = nil
        changed.insert(device)
    }

    /// - Parameters:
    ///   - until: the last entry that it may read.
    ///   - limit: how many who have gone are remembered; those who went first are forgotten.
    mutating func remove(_ device: PeerIdentity, until: UInt64, remembering limit: Int) {
        guard let route = routes.removeValue(forKey: device) else { return }
        former[device] = min(route.since, until)...until
        changed.insert(device)
        guard former.count > limit, let oldest = former.min(by: { $0.value.upperBound < $1.value.upperBound }) else {
            return
        }
        former[oldest.key] = nil
        changed.insert(oldest.key)
    }

    // MARK: Storing

    /// Of each device whose way has changed since the last time: what is to be stored, or `nil` if it is forgotten.
    mutating func takeChanges() -> [(device: PeerIdentity, value: ByteBuffer?)] {
        guard !changed.isEmpty else { return [] }
        defer { changed = [] }
        return changed.sorted().map { device in
            if let route = routes[device] {
                return (
                    device,
                    StoreRecord.value {
                        $0.write(1 as UInt8)
                        route.write(to: &$0)
                    }
                )
            }
            guard let range = former[device] else { return (device, nil) }
            return (
                device,
                StoreRecord.value {
                    $0.write(2 as UInt8)
                    $0.write(range.lowerBound)
                    $0.write(range.upperBound)
                }
            )
        }
    }

    mutating func restore(_ device: PeerIdentity, from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: routes[device] = try Route(from: &reader)
        case 2:
            let lower = try reader.uint64()
            let upper = try reader.uint64()
            guard lower <= upper else { throw .invalidValue(offset: start, "a range that ends before it begins") }
            former[device] = lower...upper
        default: throw .invalidValue(offset: start, "an unknown kind of route")
        }
    }
}

extension Routing.Route {
    func write(to buffer: inout ByteBuffer) {
        buffer.write(since)
        buffer.write(leaf)
    }

    init(from reader: inout SyntaxReader) throws(SyntaxError) {
        since = try reader.uint64()
        leaf = try reader.uint32()
    }
}
