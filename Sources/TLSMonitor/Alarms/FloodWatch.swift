/// Counts, of each server's port, how many connections were begun and how many of those were completed.
struct FloodWatch: Sendable {
    private struct Entry: Sendable {
        /// Of the newest part of the time.
        var epoch: Int64
        var begun = SIMD8<UInt32>.zero
        var settled = SIMD8<UInt32>.zero
        var sources = DistinctCount()
        var lastSource: IPAddress
        var hasManySources = false
        var isSuspect = false
        var sighting = Sighting(packet: 0, time: 0)
    }

    private struct Suspect: Sendable {
        var target: Endpoint
        var due: Int64
    }

    /// A flood, with what speaks for it.
    struct Result {
        var target: Endpoint
        var begun: Int
        var open: Int
        var sources: Int
        /// If all have the same.
        var source: IPAddress?
        /// Of the last connection that was begun.
        var sighting: Sighting
    }

    private static let capacity = 2_048
    private static let mostSuspects = 64
    private static let parts: Int64 = 8

    private let patience: Int64
    private let part: Int64
    private let limit: Int
    private let percent: Int
    private let seed: UInt64
    private var table: RecentTable<Endpoint, Entry>
    private var suspects: [Suspect] = []

    init(_ limits: AlarmLimits, seed: UInt64) {
        patience = PacketTime.seconds(limits.answerSeconds)
        part = max(1, max(PacketTime.seconds(limits.floodSeconds), 2 * patience) / Self.parts)
        limit = limits.floodSyns
        percent = limits.floodPercent
        self.seed = seed
        let nobody = IPAddress(high: 0, low: 0)
        table = RecentTable(
            capacity: Self.capacity, seed: seed, lifetime: Self.parts * part, key: Endpoint(address: nobody, port: 0),
            value: Entry(epoch: 0, lastSource: nobody))
        suspects.reserveCapacity(Self.mostSuspects)
    }

    var byteCount: Int { table.byteCount }
    var window: Int64 { Self.parts * part }
    /// When the next suspicion is to be judged.
    private(set) var due = Int64.max

    mutating func begin(_ source: IPAddress, _ target: Endpoint, _ sighting: Sighting, at time: Int64) {
        let epoch = time / part
        let index = table.claim(target, at: time, Entry(epoch: epoch, lastSource: source)).index
        advance(index, to: epoch, source)
        table[index].begun[Int(table[index].epoch & 7)] &+= 1
        table[index].sources.add(source.network.mixed(with: seed))
        if source != table[index].lastSource { table[index].hasManySources = true }
        table[index].sighting = sighting
        let open = sums(index).open
        table.rank(index, UInt8(clamping: open))
        guard open >= limit, !table[index].isSuspect, suspects.count < Self.mostSuspects else { return }
        table[index].isSuspect = true
        let suspect = Suspect(target: target, due: time + patience)
        suspects.append(suspect)
        due = min(due, suspect.due)
    }

    /// A connection that was begun was completed, refused or given up.
    mutating func settle(_ target: Endpoint, begun: Int64) {
        guard let index = table.find(target) else { return }
        let epoch = begun / part
        guard (0..<Self.parts).contains(table[index].epoch - epoch) else { return }
        table[index].settled[Int(epoch & 7)] &+= 1
    }

    private mutating func advance(_ index: Int, to epoch: Int64, _ source: IPAddress) {
        let passed = epoch - table[index].epoch
        guard passed != 0 else { return }
        if passed >= Self.parts || passed <= -Self.parts {
            table[index] = Entry(epoch: epoch, lastSource: source, isSuspect: table[index].isSuspect)
            return
        }
        // What comes a little late counts for the present.
        guard passed > 0 else { return }
        for step in 1...passed {
            let place = Int((table[index].epoch + step) & 7)
            table[index].begun[place] = 0
            table[index].settled[place] = 0
        }
        table[index].epoch = epoch
    }

    private func sums(_ index: Int) -> (begun: Int, open: Int) {
        var (begun, open) = (0, 0)
        for place in 0..<8 {
            begun += Int(table[index].begun[place])
            open +=
                Int(table[index].begun[place])
                - min(
                    Int(table[index].begun[place]), Int(table[index].settled[place]))
        }
        return (begun, open)
    }

    /// Judges the suspicions that are due.
    /// - Parameter time: `nil` if nothing more will come.
    mutating func judge(at time: Int64?) -> [Result] {
        var results: [Result] = []
        var rest: [Suspect] = []
        for suspect in suspects {
            if let time, time < suspect.due, suspect.due - time <= patience {
                rest.append(suspect)
                continue
            }
            guard let index = table.find(suspect.target) else { continue }
            table[index].isSuspect = false
            let (begun, open) = sums(index)
            guard open >= limit, open * 100 >= begun * percent else { continue }
            let entry = table[index]
            results.append(
                Result(
                    target: suspect.target, begun: begun, open: open, sources: entry.sources.count,
                    source: entry.hasManySources ? nil : entry.lastSource, sighting: entry.sighting))
        }
        suspects = rest
        due = suspects.map(\.due).min() ?? .max
        return results
    }
}
