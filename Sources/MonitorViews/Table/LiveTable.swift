package import TLSMonitor
import Terminal

/// The full-screen view of what passes: events, keys and the time go in, rows of the screen come out.
package struct LiveTable: Sendable {
    /// What is shown.
    enum Page: Hashable, Sendable {
        case flows
        /// One of them, so many rows up from its newest record.
        case flow(Int, back: Int)
        case help
    }

    package enum Order: String, CaseIterable, Sendable {
        case start
        case bytes
        case records
        case rate
        case alarms
    }

    /// What the shell must do.
    package enum Request: Hashable, Sendable {
        case quit
        case suspend
        /// Draw every row again.
        case redraw
    }

    /// What the capture itself says.
    package struct Status: Hashable, Sendable {
        package var interface: String
        package var filter: String
        package var packets = 0
        /// Packets that were lost, by the place where.
        package var drops: [Drops] = []

        package struct Drops: Hashable, Sendable {
            package var place: String
            package var count: Int

            package init(place: String, count: Int) {
                self.place = place
                self.count = count
            }
        }

        package init(interface: String, filter: String) {
            self.interface = interface
            self.filter = filter
        }
    }

    package var status: Status
    private(set) var flows = LiveFlows()
    /// What was there when the screen was frozen.
    private(set) var frozen: (flows: LiveFlows, status: Status, rate: Double)?
    private(set) var packetRate = 0.0
    private var countedPackets = 0
    private var seconds: Double?
    private(set) var elapsed = 0.0
    var page = Page.flows
    var order = Order.start
    var isReversed = false
    /// The connection that is selected.
    var selected: Int?
    /// What a connection must have in it, in lower case.
    var filter = ""
    /// What is being typed as the filter.
    var typing: String?
    /// The first row of the list that is shown, and how many there is room for.
    var top = 0
    var pageSize = 10

    package init(_ status: Status) {
        self.status = status
    }

    var shown: LiveFlows { frozen?.flows ?? flows }
    var shownStatus: Status { frozen?.status ?? status }
    var shownRate: Double { frozen?.rate ?? packetRate }
    var isPaused: Bool { frozen != nil }

    package mutating func take(_ events: [MonitorEvent]) {
        for event in events { flows.take(event) }
    }

    /// Connections that ended, though something may still come.
    package mutating func end(_ endings: [(flow: Int, ending: FlowEnding)]) {
        for (flow, ending) in endings { flows.end(flow, ending) }
    }

    /// - Parameter now: seconds of a clock that never goes back.
    package mutating func tick(_ now: Double) {
        guard let before = seconds else {
            seconds = now
            return
        }
        let passed = now - before
        guard passed >= 0.5 else { return }
        seconds = now
        elapsed += passed
        let rate = Double(status.packets - countedPackets) / passed
        countedPackets = status.packets
        packetRate += (rate - packetRate) * min(1, passed / 2)
        if packetRate < 0.05 { packetRate = 0 }
        flows.tick(passed)
    }

    /// Connections as they are listed.
    var listed: [LiveFlow] {
        let found = shown.flows.values.filter { $0.matches(filter) }
        let sorted = found.sorted { left, right in
            let (a, b) = (key(left), key(right))
            return a == b ? left.number > right.number : a > b
        }
        return isReversed ? sorted.reversed() : sorted
    }

    /// The largest goes first.
    private func key(_ flow: LiveFlow) -> Double {
        switch order {
        case .start: Double(flow.number)
        case .bytes: Double(flow.bytes)
        case .records: Double(flow.records)
        case .rate: flow.rate
        case .alarms: Double(flow.violations * 1_000 + flow.alarms)
        }
    }

    mutating func pause() {
        frozen = isPaused ? nil : (flows, status, packetRate)
    }

    mutating func clearEnded() {
        flows.removeEnded()
        if isPaused { frozen?.flows.removeEnded() }
        top = 0
    }
}
