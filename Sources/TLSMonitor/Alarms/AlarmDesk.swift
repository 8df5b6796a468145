/// What a detector has to say, before it is known whether it is said.
struct AlarmCase {
    var kind: Alarm.Kind
    var severity: Alarm.Severity
    var sighting: Sighting
    var flow: Int?
    var source: IPAddress?
    var target: Endpoint?
    var isForgeable = false
    /// Tells cases apart that have the same kind, source and target.
    var subject: UInt64 = 0
    var window: Int64 = 0
}

/// Raises alarms: each one once in a time, and of each kind so many, however much happens.
struct AlarmDesk: Sendable {
    private struct Entry: Sendable {
        var raised: Int64
        /// Times that it happened since then.
        var unsaid = 0
    }

    private struct Quota: Sendable {
        var start: Int64 = 0
        var count = 0
        /// Alarms that were not raised for it.
        var withheld = 0
    }

    private static let capacity = 8_192

    private let off: Set<Alarm.Kind>
    private let window: Int64
    private let stateWindow: Int64
    private let perKind: Int
    private var entries: RecentTable<UInt64, Entry>
    private var quotas = [Quota](repeating: Quota(), count: Alarm.Kind.allCases.count)
    private var raised: [Alarm] = []

    init(_ limits: AlarmLimits, seed: UInt64) {
        off = limits.off
        window = PacketTime.seconds(limits.repeatSeconds)
        stateWindow = max(window, PacketTime.seconds(limits.stateRepeatSeconds))
        perKind = limits.alarmsPerKind
        entries = RecentTable(
            capacity: Self.capacity, seed: seed, lifetime: stateWindow, key: 0, value: Entry(raised: 0))
    }

    var byteCount: Int { entries.byteCount }

    func isOn(_ kind: Alarm.Kind) -> Bool { !off.contains(kind) }

    /// - Parameters:
    ///   - evidence, words: are asked for only if the alarm is raised.
    mutating func raise(
        _ it: AlarmCase, evidence: @autoclosure () -> [Alarm.Evidence] = [], _ words: @autoclosure () -> String
    ) {
        guard isOn(it.kind) else { return }
        let time = PacketTime.safe(it.sighting.time)
        let number = Self.number(it)
        let (index, isNew) = entries.claim(number, at: time, Entry(raised: time))
        if !isNew, !PacketTime.isOver(entries[index].raised, time, it.kind.isState ? stateWindow : window) {
            entries[index].unsaid &+= 1
            return
        }
        guard let withheld = admit(it.kind, time) else {
            if isNew { entries.remove(index) } else { entries[index].unsaid &+= 1 }
            return
        }
        let count = isNew ? 1 : entries[index].unsaid + 1
        entries[index] = Entry(raised: time)
        var numbers = evidence()
        if withheld > 0 { numbers.append(Alarm.Evidence("withheld", withheld)) }
        let again = count > 1 ? " (\(count) times since the last alarm)" : ""
        raised.append(
            Alarm(
                kind: it.kind, severity: it.severity, time: it.sighting.time, packet: it.sighting.packet,
                words: words() + again, flow: it.flow, source: it.source, target: it.target,
                isForgeable: it.isForgeable, id: Self.text(number), count: count, evidence: numbers,
                windowNanoseconds: it.window))
    }

    /// - Returns: how many of the kind were withheld before, if this one may be raised.
    private mutating func admit(_ kind: Alarm.Kind, _ time: Int64) -> Int? {
        guard let place = Alarm.Kind.allCases.firstIndex(of: kind) else { return nil }
        if PacketTime.isOver(quotas[place].start, time, window) {
            quotas[place] = Quota(start: time, withheld: quotas[place].withheld)
        }
        guard quotas[place].count < perKind else {
            quotas[place].withheld &+= 1
            return nil
        }
        quotas[place].count += 1
        defer { quotas[place].withheld = 0 }
        return quotas[place].withheld
    }

    mutating func take() -> [Alarm] {
        guard !raised.isEmpty else { return [] }
        defer { raised.removeAll(keepingCapacity: true) }
        return raised
    }

    /// FNV-1a of what makes an alarm the same as another, without a seed: it is the same in every run.
    private static func number(_ it: AlarmCase) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ value: UInt64) {
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                hash = (hash ^ (value >> shift & 0xFF)) &* 0x100_0000_01B3
            }
        }
        for byte in it.kind.rawValue.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        if let source = it.source {
            add(source.high)
            add(source.low)
        }
        if let target = it.target {
            add(target.address.high)
            add(target.address.low)
            add(UInt64(target.port) | 1 << 32)
        }
        add(it.subject)
        return hash
    }

    private static func text(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
