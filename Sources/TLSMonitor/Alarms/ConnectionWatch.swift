/// Follows TCP connections for the alarms, so many at once, each in little memory.
struct ConnectionWatch: Sendable {
    /// What a segment was about.
    struct News {
        var steps: ConnectionSteps
        var client: Endpoint
        var server: Endpoint
        var isFromClient: Bool
        var isProven = false
        var begun: Int64 = 0
        var flow = 0
    }

    /// A connection that was begun, and may come to nothing.
    private struct Waiting: Sendable {
        var pair: EndpointPair
        var begun: Int64
    }

    private static let capacity = 32_768
    private static let queueCapacity = 8_192
    private static let lifetime = 600 * PacketTime.second

    private let patience: Int64
    private var table: RecentTable<EndpointPair, TrackedConnection>
    private var queue: [Waiting]
    private var (head, waiting) = (0, 0)

    init(_ limits: AlarmLimits, seed: UInt64) {
        patience = PacketTime.seconds(limits.answerSeconds)
        let nobody = Endpoint(address: IPAddress(high: 0, low: 0), port: 0)
        let pair = EndpointPair(nobody, nobody)
        table = RecentTable(
            capacity: Self.capacity, seed: seed, lifetime: Self.lifetime, key: pair,
            value: TrackedConnection(begun: 0, isClientLow: false))
        queue = [Waiting](repeating: Waiting(pair: pair, begun: 0), count: Self.queueCapacity)
    }

    var byteCount: Int { table.byteCount + queue.count * MemoryLayout<Waiting>.stride }

    /// When the longest waiting connection should have been answered.
    var due: Int64 { waiting > 0 ? queue[head].begun + patience : .max }

    mutating func see(_ segment: TCPSegment, length: Int, at time: Int64) -> News {
        let pair = EndpointPair(segment.source, segment.destination)
        let size = UInt32(truncatingIfNeeded: length)
        if segment.flags.contains(.syn) {
            return segment.flags.contains(.ack) ? answer(segment, pair, time) : begin(segment, pair, size, time)
        }
        guard let index = table.find(pair) else { return stray(segment, pair, size, time) }
        table.use(index, at: time)
        let isFromClient = pair.isFirstLow == table[index].isClientLow
        let steps =
            segment.flags.contains(.rst)
            ? table[index].reset(segment, isFromClient: isFromClient)
            : table[index].receive(segment, length: size, isFromClient: isFromClient)
        if steps.contains(.completed) { table.rank(index, table[index].isProven ? 2 : 1) }
        return news(steps, index, segment, isFromClient)
    }

    private func news(
        _ steps: ConnectionSteps, _ index: Int, _ segment: TCPSegment, _ isFromClient: Bool
    ) -> News {
        News(
            steps: steps, client: isFromClient ? segment.source : segment.destination,
            server: isFromClient ? segment.destination : segment.source, isFromClient: isFromClient,
            isProven: table[index].isProven, begun: table[index].begun, flow: table[index].flow)
    }

    private mutating func begin(_ segment: TCPSegment, _ pair: EndpointPair, _ length: UInt32, _ time: Int64) -> News {
        let fresh = TrackedConnection(begun: time, isClientLow: pair.isFirstLow)
        let (index, isNew) = table.claim(pair, at: time, fresh)
        let isAgain =
            !isNew && table[index].hasSyn && table[index].isClientLow == pair.isFirstLow
            && table[index].client.origin == segment.sequence &+ 1
        if isAgain { return news([], index, segment, true) }
        if !isNew { table.rank(index, 0) }
        table[index] = fresh
        table[index].synchronise(segment.sequence, length: length)
        wait(Waiting(pair: pair, begun: time))
        return news(.begun, index, segment, true)
    }

    private mutating func answer(_ segment: TCPSegment, _ pair: EndpointPair, _ time: Int64) -> News {
        let (index, isNew) = table.claim(
            pair, at: time, TrackedConnection(begun: time, isClientLow: !pair.isFirstLow))
        let isServer = pair.isFirstLow != table[index].isClientLow
        let isTrue = isNew || (table[index].hasSyn && table[index].client.origin == segment.acknowledgement)
        if isServer, isTrue, !table[index].hasSynAck { table[index].answer(segment.sequence) }
        return news([], index, segment, !isServer)
    }

    /// A segment of no connection that is known.
    private mutating func stray(_ segment: TCPSegment, _ pair: EndpointPair, _ length: UInt32, _ time: Int64) -> News {
        // As whoever follows the streams does: the higher port is the client's.
        let isFromClient = segment.source.port >= segment.destination.port
        if length > 0, !segment.flags.contains(.rst) {
            let fresh = TrackedConnection(begun: time, isClientLow: pair.isFirstLow == isFromClient)
            let (index, _) = table.claim(pair, at: time, fresh)
            _ = table[index].receive(segment, length: length, isFromClient: isFromClient)
            return news([], index, segment, isFromClient)
        }
        // Without ACK only a SYN or a RST may come: nothing at all, FIN, or FIN with PSH and URG are probes.
        let isOdd = length == 0 && segment.flags.isDisjoint(with: [.ack, .rst, .syn])
        return News(
            steps: isOdd ? .odd : [], client: segment.source, server: segment.destination, isFromClient: true)
    }

    private mutating func wait(_ one: Waiting) {
        if waiting == queue.count {
            // Under a flood the oldest is not judged.
            head = (head + 1) % queue.count
            waiting -= 1
        }
        queue[(head + waiting) % queue.count] = one
        waiting += 1
    }

    /// The next connection that was not completed in time.
    /// - Parameter time: `nil` if nothing more will come.
    mutating func nextUnanswered(at time: Int64?) -> (client: Endpoint, server: Endpoint)? {
        while waiting > 0 {
            let one = queue[head]
            if let time, !PacketTime.isOver(one.begun, time, patience) { return nil }
            head = (head + 1) % queue.count
            waiting -= 1
            guard let index = table.find(one.pair), table[index].begun == one.begun, !table[index].isCompleted,
                !table[index].isInVain
            else { continue }
            table[index].isInVain = true
            return table[index].isClientLow ? (one.pair.low, one.pair.high) : (one.pair.high, one.pair.low)
        }
        return nil
    }

    /// The connection between two ends, as far as it is known.
    func connection(_ client: Endpoint, _ server: Endpoint) -> TrackedConnection? {
        table.find(EndpointPair(client, server)).map { table[$0] }
    }

    /// The connection got its number.
    mutating func number(_ client: Endpoint, _ server: Endpoint, _ flow: Int) {
        guard let index = table.find(EndpointPair(client, server)) else { return }
        table[index].flow = flow
    }
}
