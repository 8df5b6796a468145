extension AlarmLimits {
    /// Every limit, in groups, in the order in which people are shown them.
    public static var all: [AlarmLimit] { groups.flatMap(\.limits) }

    /// A part of the table, and what it is about.
    public struct Group: Sendable {
        public let title: String
        public let limits: [AlarmLimit]
    }

    public static let groups: [Group] = [
        Group(title: "All alarms", limits: everything), Group(title: "Port scans", limits: scans),
        Group(title: "SYN floods and alerts", limits: floods), Group(title: "Bursts", limits: bursts),
        Group(title: "Certificates and talkers", limits: rest),
    ]

    private static let everything: [AlarmLimit] = [
        AlarmLimit(
            "repeat-seconds", \.repeatSeconds, unit: .seconds, in: 1...86_400,
            "the same kind about the same source and target is raised once in that time; repeats are counted"),
        AlarmLimit(
            "state-repeat-seconds", \.stateRepeatSeconds, unit: .seconds, in: 1...31_536_000,
            "the same for what a server is: its version, suite, group and certificate"),
        AlarmLimit("alarms-per-kind", \.alarmsPerKind, "alarms of one kind in `repeat-seconds`; more are counted only"),
        AlarmLimit(
            "answer-seconds", \.answerSeconds, unit: .seconds, in: 1...600,
            "an opened connection that is not completed by then counts as a try in vain"),
    ]

    private static let scans: [AlarmLimit] = [
        AlarmLimit(
            "scan-seconds", \.scanSeconds, unit: .seconds, in: 2...86_400, "the time over which tries are counted"),
        AlarmLimit("scan-ports", \.scanPorts, in: 2...300, "ports of one host that one source tries in vain"),
        AlarmLimit("scan-hosts", \.scanHosts, in: 2...300, "hosts whose same port one source tries in vain"),
        AlarmLimit(
            "scan-targets", \.scanTargets, in: 2...300,
            "different ports and hosts together that one source tries in vain"),
    ]

    private static let floods: [AlarmLimit] = [
        AlarmLimit(
            "flood-seconds", \.floodSeconds, unit: .seconds, in: 1...3_600,
            "the time over which begun connections are counted"),
        AlarmLimit("flood-syns", \.floodSyns, "connections to one server's port that were begun and not completed"),
        AlarmLimit(
            "flood-percent", \.floodPercent, unit: .percent, in: 1...100,
            "the part of all that were begun that these must be, too"),
        AlarmLimit(
            "alert-seconds", \.alertSeconds, unit: .seconds, in: 1...86_400, "the time over which alerts are counted"),
        AlarmLimit("alerts", \.alerts, "fatal alerts in connections of one source"),
    ]

    private static let bursts: [AlarmLimit] = [
        AlarmLimit(
            "rate-seconds", \.rateSeconds, unit: .seconds, in: 1...3_600,
            "the interval in which an address's bytes are counted"),
        AlarmLimit("rate-warmup", \.rateWarmup, "intervals before a burst can be told from what is usual"),
        AlarmLimit(
            "rate-times", \.rateTimes, unit: .times, in: 2...1_000_000, "as many times the usual bytes are a burst"),
        AlarmLimit("rate-bytes", \.rateBytes, unit: .bytes, in: 1...(1 << 40), "fewer bytes are no burst"),
        AlarmLimit("size-warmup", \.sizeWarmup, "records of a client before a burst can be told from what is usual"),
        AlarmLimit(
            "size-times", \.sizeTimes, unit: .times, in: 2...16_640, "as many times the usual size is a large record"),
        AlarmLimit("size-bytes", \.sizeBytes, unit: .bytes, in: 1...16_640, "smaller records are never large"),
        AlarmLimit("size-records", \.sizeRecords, "large records in a row that are a burst"),
    ]

    private static let rest: [AlarmLimit] = [
        AlarmLimit(
            "certificate-days", \.certificateDays, unit: .days, in: 0...36_500,
            "a certificate that expires within so many days is told"),
        AlarmLimit(
            "learn-seconds", \.learnSeconds, unit: .seconds, in: 0...31_536_000,
            "who comes to the chat port within so many seconds from the first packet is known"),
    ]

    /// Sets one limit, or switches a kind on or off: `scan-ports`, `30`; `self_signed`, `off`.
    /// - Throws: ``AlarmLimitError``, and nothing is changed.
    public mutating func set(_ name: String, _ value: String) throws(AlarmLimitError) {
        if let kind = Alarm.Kind(rawValue: name) {
            switch value {
            case "off": off.insert(kind)
            case "on": off.remove(kind)
            default: throw .badValue(name: name, value: value, expectation: "on or off is expected")
            }
            return
        }
        guard let limit = Self.all.first(where: { $0.name == name }) else {
            throw .unknownName(name, nearest: Self.nearest(to: name))
        }
        guard let number = limit.value(value) else {
            throw .badValue(name: name, value: value, expectation: limit.expectation)
        }
        limit.set(number, in: &self)
    }

    /// The name that takes the fewest edits, if those are few enough for a slip of the finger.
    private static func nearest(to typed: String) -> String? {
        let typed = Array(typed.utf8.prefix(64))
        let names = all.map(\.name) + Alarm.Kind.allCases.map(\.rawValue)
        let ranked = names.map { ($0, distance(typed, Array($0.utf8))) }
        guard let best = ranked.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }), best.1 <= max(1, typed.count / 3) else {
            return nil
        }
        return best.0
    }

    /// Insertions, deletions and replacements that lead from one word to the other (Levenshtein).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var next = [row + 1]
            for (column, other) in right.enumerated() {
                next.append(min(last[column + 1] + 1, next[column] + 1, last[column] + (byte == other ? 0 : 1)))
            }
            last = next
        }
        return last.last ?? left.count
    }
}
