/// Counts, of each source, where it tries in vain.
struct ScanWatch: Sendable {
    /// What is counted of a source.
    enum Way: UInt8, Sendable, CaseIterable {
        /// Ports of one host.
        case ports
        /// Hosts with one port.
        case hosts
        /// Ports and hosts.
        case targets
    }

    private struct Key: TableKey {
        var source: IPAddress
        var host: IPAddress
        var port: UInt16
        var way: Way

        func mixed(with seed: UInt64) -> UInt64 {
            fold(source.mixed(with: seed) ^ UInt64(port) << 8 ^ UInt64(way.rawValue), host.mixed(with: ~seed) | 1)
        }
    }

    private struct Entry: Sendable {
        var start: Int64
        var recent = DistinctCount()
        var before = DistinctCount()
        /// Of them, those by who owns the address for sure.
        var provenRecent = DistinctCount()
        var provenBefore = DistinctCount()
    }

    /// A source that is over a limit.
    struct Result {
        var way: Way
        var count: Int
        var proven: Int
    }

    private static let capacity = 4_096

    private let half: Int64
    private let seed: UInt64
    private let limits: [Int]
    private var table: RecentTable<Key, Entry>

    init(_ limits: AlarmLimits, seed: UInt64) {
        half = max(1, PacketTime.seconds(limits.scanSeconds) / 2)
        self.seed = seed
        self.limits = [limits.scanPorts, limits.scanHosts, limits.scanTargets]
        let nobody = IPAddress(high: 0, low: 0)
        table = RecentTable(
            capacity: Self.capacity, seed: seed, lifetime: 2 * half,
            key: Key(source: nobody, host: nobody, port: 0, way: .ports), value: Entry(start: 0))
    }

    var byteCount: Int { table.byteCount }

    /// - Returns: the first way in which the source is over its limit.
    mutating func see(_ source: IPAddress, _ target: Endpoint, isProven: Bool, at time: Int64) -> Result? {
        let nobody = IPAddress(high: 0, low: 0)
        let network = source.network
        var result: Result?
        for way in Way.allCases {
            let key =
                switch way {
                case .ports: Key(source: network, host: target.address, port: 0, way: way)
                case .hosts: Key(source: network, host: nobody, port: target.port, way: way)
                case .targets: Key(source: network, host: nobody, port: 0, way: way)
                }
            let number =
                switch way {
                case .ports: UInt64(target.port).mixed(with: seed)
                case .hosts: target.address.mixed(with: seed)
                case .targets: target.mixed(with: seed)
                }
            let (count, proven) = add(number, to: key, isProven, time)
            if result == nil, count >= limits[Int(way.rawValue)] {
                result = Result(way: way, count: count, proven: proven)
            }
        }
        return result
    }

    private mutating func add(_ number: UInt64, to key: Key, _ isProven: Bool, _ time: Int64) -> (Int, Int) {
        let index = table.claim(key, at: time, Entry(start: time)).index
        if PacketTime.isOver(table[index].start, time, half) {
            let isOld = PacketTime.isOver(table[index].start, time, 2 * half)
            let entry = table[index]
            table[index] = Entry(start: time)
            if !isOld { (table[index].before, table[index].provenBefore) = (entry.recent, entry.provenRecent) }
        }
        table[index].recent.add(number)
        if isProven { table[index].provenRecent.add(number) }
        let count = table[index].recent.count(with: table[index].before)
        table.rank(index, UInt8(min(count - 1, 255)))
        return (count, table[index].provenRecent.count(with: table[index].provenBefore))
    }

    func limit(_ way: Way) -> Int { limits[Int(way.rawValue)] }
}
