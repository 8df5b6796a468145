package import TLSMonitor

/// Keeps of a monitor's events what the page shows beside the report, whatever the length of the capture.
package struct TimelineCollector: Sendable {
    /// By the number of the connection.
    package private(set) var timelines: [Int: FlowTimeline] = [:]
    package private(set) var alarms: [Alarm] = []
    /// Also those that are not kept.
    package private(set) var alarmCount = 0
    /// The first and the last time at which anything was seen of a connection, in nanoseconds since 1970.
    package private(set) var span: ClosedRange<Int64>?
    /// Connections with records of which there is no room for a picture.
    package private(set) var unpictured = 0

    private var meter = LeakMeter()
    /// When something was last seen.
    private var latest: Int64 = 0

    private let mostFlows: Int
    /// In the picture of one; the more there are, the fewer.
    private var mostMarks: Int
    /// In all pictures together.
    private static let mostMarksInAll = 40_000
    private static let mostAlarms = 200
    private var skipped: Set<Int> = []
    /// Those that refute, which are pictured before others.
    private var weighty: Set<Int> = []

    /// - Parameters:
    ///   - mostFlows: that are pictured.
    ///   - mostMarks: in the picture of one.
    package init(mostFlows: Int = 200, mostMarks: Int = 400) {
        self.mostFlows = mostFlows
        self.mostMarks = mostMarks
    }

    package mutating func take(_ events: [MonitorEvent]) {
        for event in events { take(event) }
    }

    /// What sizes and times give away.
    package var leaks: LeakReport { meter.report() }

    package mutating func take(_ event: MonitorEvent) {
        meter.see(event)
        switch event {
        case .opened(let flow): see(flow.start.time)
        case .record(let record): take(record)
        case .established: break
        case .finding(let finding): take(finding)
        case .alarm(let alarm):
            alarmCount += 1
            if alarms.count < Self.mostAlarms { alarms.append(alarm) }
        case .closed(let flow):
            see(flow.start.time)
            see(flow.last.time)
            skipped.remove(flow.number)
        }
    }

    private mutating func see(_ time: Int64) {
        latest = time
        span = span.map { min($0.lowerBound, time)...max($0.upperBound, time) } ?? time...time
    }

    private mutating func take(_ record: RecordEvent) {
        latest = record.sighting.time
        guard hasRoom(for: record.flow) else { return }
        timelines[record.flow]?.take(record)
    }

    /// Whether it is pictured, from now on if not before.
    private mutating func hasRoom(for flow: Int) -> Bool {
        if timelines[flow] != nil { return true }
        guard timelines.count < mostFlows else {
            if skipped.insert(flow).inserted { unpictured += 1 }
            return false
        }
        timelines[flow] = FlowTimeline(begin: latest, limit: mostMarks)
        if timelines.count * mostMarks > Self.mostMarksInAll {
            mostMarks /= 2
            for flow in Array(timelines.keys) { timelines[flow]?.confine(to: mostMarks) }
        }
        return true
    }

    /// What refutes is a mark of its own, as it may be no record. A connection that refutes is pictured, from here on if need be,
    /// instead of one that does not.
    private mutating func take(_ finding: Finding) {
        guard finding.weight == .violation, let flow = finding.flow else { return }
        if weighty.count < mostFlows, weighty.insert(flow).inserted { makeRoom(for: flow) }
        guard hasRoom(for: flow) else { return }
        timelines[flow]?.take(finding, at: latest)
    }

    private mutating func makeRoom(for flow: Int) {
        guard timelines[flow] == nil, timelines.count >= mostFlows,
            let other = timelines.keys.filter({ !weighty.contains($0) }).max()
        else { return }
        timelines[other] = nil
        skipped.insert(other)
        if skipped.remove(flow) == nil { unpictured += 1 }
    }
}
