/// The connections that are followed, in bounded memory: those that were silent the longest give way to new ones.
struct FlowTable {
    /// Connections that are followed at once, and about how many bytes they may hold together.
    private let limit: Int
    private let byteLimit: Int
    private var flows: [FlowKey: FlowObserver] = [:]
    /// Connections by age, each with the packet that was its last when it was put here.
    private var line = Queue<(key: FlowKey, packet: Int)>()
    /// Connections that ended, which are still followed for a while, for what comes late.
    private var ended = Queue<FlowKey>()
    private var bytes = 0
    /// The one that spoke last: the next packet is often its.
    private var latest: (key: FlowKey, flow: FlowObserver)?

    private static let lingering = 1_024

    init(limit: Int, byteLimit: Int) {
        self.limit = max(1, limit)
        self.byteLimit = byteLimit
    }

    var count: Int { flows.count }

    /// All, in the order in which they began.
    var inOrder: [FlowObserver] { flows.values.sorted { $0.number < $1.number } }

    mutating func flow(_ key: FlowKey) -> FlowObserver? {
        if let latest, latest.key == key { return latest.flow }
        guard let flow = flows[key] else { return nil }
        latest = (key, flow)
        return flow
    }

    mutating func insert(_ flow: FlowObserver, _ key: FlowKey) {
        flows[key] = flow
        if line.count > 2 * flows.count + 1_024 { tidy() }
        line.append((key, flow.last.packet))
        bytes += flow.heldBytes
        latest = (key, flow)
    }

    /// Drops the places of those that are gone.
    private mutating func tidy() {
        var rest = Queue<(key: FlowKey, packet: Int)>()
        while let place = line.popFirst() {
            if flows[place.key] != nil { rest.append(place) }
        }
        line = rest
    }

    mutating func remove(_ key: FlowKey) {
        guard let flow = flows.removeValue(forKey: key) else { return }
        bytes -= flow.heldBytes
        latest = nil
    }

    /// - Parameter change: by how many bytes a connection grew.
    mutating func grow(by change: Int) { bytes += change }

    /// A connection that ended.
    /// - Returns: one that ended earlier and is to be closed now.
    mutating func linger(_ key: FlowKey) -> FlowKey? {
        ended.append(key)
        guard ended.count > Self.lingering, let oldest = ended.popFirst() else { return nil }
        return flows[oldest]?.hasEnded == true ? oldest : nil
    }

    /// The connection that has to give way now, if one has to: one that was silent for long, though not always the longest.
    mutating func surplus() -> (FlowKey, FlowObserver)? {
        guard flows.count > limit || bytes > byteLimit, flows.count > 1 else { return nil }
        var turns = Self.mostTurns
        while let (key, packet) = line.popFirst() {
            turns -= 1
            guard let flow = flows[key] else { continue }
            let isLatest = latest?.key == key
            if !isLatest, flow.last.packet == packet || turns <= 0 { return (key, flow) }
            // It has spoken since: it gets another turn.
            line.append((key, flow.last.packet))
        }
        return nil
    }

    /// Connections that are looked at before one gives way.
    private static let mostTurns = 64
}
