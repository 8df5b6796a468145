import TLSMonitor
import TLSWire

/// What the live view knows of the capture: its connections, and what happened last. All of it is bounded.
struct LiveFlows: Sendable {
    private(set) var flows: [Int: LiveFlow] = [:]
    /// Latest events, the newest last.
    private(set) var latest: [Happening] = []
    var records = 0
    var alarms = 0
    var violations = 0
    var opened = 0

    struct Happening: Hashable, Sendable {
        var time: Int64
        var flow: Int?
        var words: String
        var style: Style
    }

    /// Connections that are shown.
    static let mostFlows = 1_000
    private static let mostHappenings = 200

    var openCount: Int { flows.values.count { !$0.hasEnded } }

    mutating func take(_ event: MonitorEvent) {
        switch event {
        case .opened(let flow):
            opened += 1
            makeRoom()
            flows[flow.number] = LiveFlow(flow)
        case .record(let record): take(record)
        case .established(let flow, let time):
            flows[flow]?.establish(after: time)
            if let known = flows[flow] { tell(known.last, flow, Self.established(known), .good) }
        case .finding(let finding): take(finding)
        case .alarm(let alarm):
            alarms += 1
            let words = "\(alarm.severity.rawValue) alarm \(alarm.kind.rawValue): \(alarm.words)"
            if let flow = alarm.flow { flows[flow]?.warn(words, isViolation: false) }
            tell(alarm.time, alarm.flow, words, alarm.severity == .low ? .open : .bad)
        case .closed(let flow): flows[flow.number]?.close(flow)
        }
    }

    mutating func end(_ flow: Int, _ ending: FlowEnding) {
        flows[flow]?.end(ending)
    }

    private mutating func take(_ record: RecordEvent) {
        records += 1
        if flows[record.flow] == nil {
            makeRoom()
            flows[record.flow] = LiveFlow(record)
        }
        flows[record.flow]?.take(record)
        switch record.kind {
        case .handshake where !record.words.isEmpty:
            let facts = EventLines.facts(record).joined(separator: " · ")
            let arrow = record.direction == .clientToServer ? ">" : "<"
            tell(
                record.sighting.time, record.flow, "\(arrow) \(record.words.joined(separator: " + "))  \(facts)", .clear
            )
        case .alert: tell(record.sighting.time, record.flow, "alert \(record.words.joined(separator: " "))", .open)
        default: break
        }
    }

    private mutating func take(_ finding: Finding) {
        guard finding.weight != .note else { return }
        let isViolation = finding.weight == .violation
        if isViolation { violations += 1 }
        if isViolation, let flow = finding.flow { flows[flow]?.warn(finding.words, isViolation: true) }
        let time = finding.flow.flatMap { flows[$0]?.last } ?? latest.last?.time ?? 0
        tell(time, finding.flow, finding.words, isViolation ? .bad : .dim)
    }

    private static func established(_ flow: LiveFlow) -> String {
        let after = flow.setup.map { " after \(EventLines.milliseconds($0))" } ?? ""
        let what = [flow.version?.description, flow.suite?.description, flow.group?.description].compactMap { $0 }
        return "established\(after)  \(what.joined(separator: " · "))"
    }

    private mutating func tell(_ time: Int64, _ flow: Int?, _ words: String, _ style: Style) {
        latest.append(Happening(time: time, flow: flow, words: words, style: style))
        if latest.count > 2 * Self.mostHappenings { latest.removeFirst(latest.count - Self.mostHappenings) }
    }

    /// The connection that ended first goes, or else the one that is silent for longest. A tenth at once, so that a flood does not sort
    /// for each of its connections.
    private mutating func makeRoom() {
        guard flows.count >= Self.mostFlows else { return }
        let oldest = flows.values.sorted {
            ($1.hasEnded ? 1 : 0, $0.last, $0.number) < ($0.hasEnded ? 1 : 0, $1.last, $1.number)
        }
        for flow in oldest.prefix(Self.mostFlows / 10) { flows[flow.number] = nil }
    }

    mutating func tick(_ seconds: Double) {
        for number in flows.keys { flows[number]?.tick(seconds) }
    }

    mutating func removeEnded() {
        flows = flows.filter { !$0.value.hasEnded }
    }
}
