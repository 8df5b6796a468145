/// Watches what passes, and raises alarms.
///
/// Time is what the packets say, so that a file and a live capture raise the same. All that it remembers lies in tables of fixed size
/// (``byteCount``), whatever comes; ``AlarmLimits`` says when an alarm is raised.
public struct AlarmWatch: Sendable {
    let limits: AlarmLimits
    let seed: UInt64
    var desk: AlarmDesk
    var connections: ConnectionWatch
    var scans: ScanWatch
    var floods: FloodWatch
    var rates: RateWatch
    var flows: RecentTable<UInt64, WatchedFlow>
    /// Addresses that were seen on the chat port.
    var talkers: RecentTable<IPAddress, Bool>
    /// Fatal alerts of each address.
    var alerts: RecentTable<IPAddress, AlertCount>
    /// Certificates by which names were answered.
    var certificates: RecentTable<UInt64, UInt64>
    /// Of the first packet.
    var start: Int64?
    var last = Sighting(packet: 0, time: 0)

    struct AlertCount: Sendable {
        var all: PeriodCount
        /// Of them, those of connections that nobody else could have begun.
        var proven: PeriodCount
        /// Of them, those that only sizes tell of.
        var inferred: PeriodCount
    }

    /// - Parameter seed: decides which keys share a place in the tables. For a live capture take a random one, so that nobody can choose
    ///   addresses that displace each other.
    public init(_ limits: AlarmLimits = AlarmLimits(), seed: UInt64 = 0) {
        self.limits = limits
        self.seed = seed
        let nobody = IPAddress(high: 0, low: 0)
        let nowhere = Endpoint(address: nobody, port: 0)
        let hour = 3_600 * PacketTime.second
        desk = AlarmDesk(limits, seed: seed)
        connections = ConnectionWatch(limits, seed: seed)
        scans = ScanWatch(limits, seed: seed)
        floods = FloodWatch(limits, seed: seed)
        rates = RateWatch(limits, seed: seed)
        flows = RecentTable(
            capacity: 16_384, seed: seed, lifetime: hour, key: 0, value: WatchedFlow(client: nowhere, server: nowhere))
        talkers = RecentTable(capacity: 65_536, seed: seed, lifetime: 24 * 365 * hour, key: nobody, value: false)
        let none = PeriodCount(at: 0)
        alerts = RecentTable(
            capacity: 4_096, seed: seed, lifetime: hour, key: nobody,
            value: AlertCount(all: none, proven: none, inferred: none))
        certificates = RecentTable(capacity: 4_096, seed: seed, lifetime: 24 * 30 * hour, key: 0, value: 0)
        for address in limits.knownTalkers { _ = talkers.claim(address.network, at: 0, true) }
    }

    /// Bytes of all its tables.
    var byteCount: Int {
        desk.byteCount + connections.byteCount + scans.byteCount + floods.byteCount + rates.byteCount + flows.byteCount
            + talkers.byteCount + alerts.byteCount + certificates.byteCount
    }

    /// Every TCP segment, before it is put in its stream.
    mutating func see(_ segment: TCPSegment, _ sighting: Sighting) {
        let time = PacketTime.safe(sighting.time)
        last = sighting
        if start == nil { start = time }
        if time >= connections.due || time >= floods.due { settle(at: time) }
        let length = segment.payload.count + segment.missing
        let news = connections.see(segment, length: length, at: time)
        if length > 0, let burst = rates.see(segment.source.address, length, at: time) {
            tell(burst, segment, news, sighting)
        }
        if !news.steps.isEmpty { take(news, segment, sighting, time) }
    }

    private mutating func take(
        _ news: ConnectionWatch.News, _ segment: TCPSegment, _ sighting: Sighting, _ time: Int64
    ) {
        let steps = news.steps
        if steps.contains(.begun) { floods.begin(news.client.address, news.server, sighting, at: time) }
        if !steps.isDisjoint(with: [.completed, .refused]) || (steps.contains(.inVain) && !news.isProven) {
            floods.settle(news.server, begun: news.begun)
        }
        if steps.contains(.completed) { greet(news, sighting, time) }
        if !steps.isDisjoint(with: [.refused, .inVain, .odd]) {
            count(news.client.address, news.server, isProven: news.isProven, sighting)
        }
        if !steps.isDisjoint(with: [.resetAhead, .resetAgain, .continues]) { suspect(news, sighting) }
        if steps.contains(.clientEnded) { end(news, .clientToServer, segment, sighting) }
        if steps.contains(.serverEnded) { end(news, .serverToClient, segment, sighting) }
    }

    /// Judges what should have been done by now.
    private mutating func settle(at time: Int64?) {
        while let one = connections.nextUnanswered(at: time) {
            count(one.client.address, one.server, isProven: false, last)
        }
        for flood in floods.judge(at: time) { tell(flood) }
    }

    /// Nothing more will come.
    mutating func finish() { settle(at: nil) }

    /// What was raised since this was last called.
    mutating func take() -> [Alarm] { desk.take() }
}
