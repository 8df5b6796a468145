/// Watches captured packets, follows every TCP connection in them, and says in the end whether only handshakes and ciphertext were
/// on the wire.
public final class TrafficMonitor {
    /// Connections that are followed at once.
    public static let mostFlows = 16_384
    /// Bytes that may wait, in all connections together, for segments that are missing.
    static let pendingLimit = 32 << 20
    /// Ended connections that are still followed, for what comes late.
    private static let lingering = 1_024
    /// Summaries and findings that are kept.
    private static let mostKept = 10_000

    private let markers: [Marker]
    private let keyLog: KeyLog?
    private let reportsRecords: Bool
    private let inspector: (any InnerInspector)?
    private let flowLimit: Int
    private let pendingLimit: Int
    private var flows: [FlowKey: FlowObserver] = [:]
    private var ended: [FlowKey] = []
    private var flowCount = 0
    private var events: [MonitorEvent] = []

    private var summaries: [FlowSummary] = []
    private var findings: [Finding] = []
    private var hasViolation = false
    private var hasDoubt = false
    private var ledger = ByteLedger()
    private var payloadBytes = 0
    private var establishedCount = 0
    private var (opened, unopened) = (0, 0)
    private var packets = 0
    private var otherTraffic: [OtherTraffic: Int] = [:]
    private var unfollowed = 0
    private var pendingBytes = 0
    private var sample: [UInt8] = []

    /// Both ends, the smaller one first.
    private struct FlowKey: Hashable {
        var low: Endpoint
        var high: Endpoint

        init(_ segment: TCPSegment) {
            low = min(segment.source, segment.destination)
            high = max(segment.source, segment.destination)
        }
    }

    /// - Parameters:
    ///   - markers: texts that must not be on the wire.
    ///   - reportsRecords: whether every encrypted record is an event, too.
    ///   - keyLog: secrets of the sessions, to open what they open.
    ///   - inspector: judges what they open.
    public convenience init(
        markers: [Marker] = [], reportsRecords: Bool = false, keyLog: KeyLog? = nil,
        inspector: (any InnerInspector)? = nil
    ) {
        self.init(
            markers: markers, reportsRecords: reportsRecords, keyLog: keyLog, inspector: inspector,
            flowLimit: Self.mostFlows)
    }

    init(
        markers: [Marker] = [], reportsRecords: Bool = false, keyLog: KeyLog? = nil,
        inspector: (any InnerInspector)? = nil, flowLimit: Int, pendingLimit: Int = TrafficMonitor.pendingLimit
    ) {
        self.keyLog = keyLog
        self.inspector = inspector
        self.pendingLimit = pendingLimit
        self.flowLimit = flowLimit
        self.markers = markers
        self.reportsRecords = reportsRecords
    }

    /// What happened since this was last called.
    public func takeEvents() -> [MonitorEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    // MARK: Packets

    /// - Parameter bytes: what was captured of the packet.
    public func receive(_ packet: CapturedPacket, _ bytes: UnsafeRawBufferPointer) {
        packets += 1
        switch PacketDecoder.decode(bytes, link: packet.link, originalLength: packet.originalLength) {
        case .other(let kind): otherTraffic[kind, default: 0] += 1
        case .tcp(let segment):
            receive(
                segment, UnsafeRawBufferPointer(rebasing: bytes[segment.payload]),
                Sighting(packet: packet.number, time: packet.time))
        }
    }

    private func receive(_ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting) {
        let key = FlowKey(segment)
        if let known = flows[key], known.isOther(segment) { close(key, known) }
        guard let flow = flows[key] ?? open(key, segment, payload, sighting) else { return }
        let wasEnded = flow.hasEnded
        let waited = flow.pendingBytes
        flow.receive(
            segment, payload, sighting,
            memory: RecentBytes.capacity(for: flows.count))
        pendingBytes += flow.pendingBytes - waited
        if pendingBytes > pendingLimit {
            pendingBytes -= flow.pendingBytes
            flow.release()
        }
        if sample.count < 256, !payload.isEmpty { sample += payload.prefix(256) }
        if flow.hasEnded, !wasEnded { linger(key) }
        if !flow.events.isEmpty { events += flow.takeEvents() }
    }

    private func open(
        _ key: FlowKey, _ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting
    ) -> FlowObserver? {
        let isOpening = segment.flags.contains(.syn)
        // Without data and without a beginning there is nothing to follow.
        guard isOpening || !payload.isEmpty || segment.missing > 0 else { return nil }
        guard flows.count < flowLimit else {
            unfollowed += payload.count + segment.missing
            return nil
        }
        let isFromClient =
            isOpening ? !segment.flags.contains(.ack) : segment.source.port >= segment.destination.port
        flowCount += 1
        let flow = FlowObserver(
            number: flowCount, client: isFromClient ? segment.source : segment.destination,
            server: isFromClient ? segment.destination : segment.source, isWhole: isOpening, start: sighting,
            markers: markers, reportsRecords: reportsRecords, keyLog: keyLog, inspector: inspector)
        flows[key] = flow
        return flow
    }

    private func linger(_ key: FlowKey) {
        ended.append(key)
        guard ended.count > Self.lingering else { return }
        let oldest = ended.removeFirst()
        if let flow = flows[oldest], flow.hasEnded { close(oldest, flow) }
    }

    private func close(_ key: FlowKey, _ flow: FlowObserver) {
        pendingBytes -= flow.pendingBytes
        flow.finish()
        events += flow.takeEvents()
        flows[key] = nil
        let summary = flow.summary
        guard summary.bytes.contains(where: { $0 > 0 }) || !flow.findings.isEmpty else {
            // A connection without data says nothing.
            return
        }
        ledger += summary.ledger
        payloadBytes += summary.bytes.reduce(0, +)
        if summary.isEstablished, summary.version == .tls13 { establishedCount += 1 }
        opened += summary.opened
        unopened += summary.unopened
        if summaries.count < Self.mostKept { summaries.append(summary) }
        for finding in flow.findings { keep(finding) }
    }

    private func keep(_ finding: Finding) {
        hasViolation = hasViolation || finding.weight == .violation
        hasDoubt = hasDoubt || finding.weight == .doubt
        // What refutes is kept, however much is doubtful.
        if findings.count < Self.mostKept {
            findings.append(finding)
        } else if finding.weight == .violation, let place = findings.lastIndex(where: { $0.weight != .violation }) {
            findings[place] = finding
        }
    }

    // MARK: The end

    /// Nothing more will come.
    public func finish(_ facts: CaptureFacts = CaptureFacts()) -> TrafficReport {
        for (key, flow) in flows.sorted(by: { $0.value.number < $1.value.number }) { close(key, flow) }
        judge(facts)
        let control = MarkerSearch.control(markers, sample: sample)
        if control.found < control.of {
            keep(
                Finding(
                    weight: .doubt,
                    words: "the search for markers does not find what is there (an error in this program)"))
        }
        let weights: [Finding.Weight] = [.violation, .doubt, .note]
        let sorted = weights.flatMap { weight in findings.filter { $0.weight == weight } }
        return TrafficReport(
            verdict: hasViolation ? .refuted : hasDoubt ? .inconclusive : .proven,
            findings: sorted, ledger: ledger, payloadBytes: payloadBytes, packets: packets,
            flows: summaries.sorted { $0.number < $1.number }, flowCount: summaries.count,
            establishedCount: establishedCount, opened: opened, unopened: unopened, otherTraffic: otherTraffic,
            markers: markers.map(\.text),
            control: control, inside: inspector?.finish())
    }

    private func judge(_ facts: CaptureFacts) {
        if establishedCount == 0 {
            keep(
                Finding(
                    weight: .doubt,
                    words: "there is no TLS 1.3 connection in the capture in which both sides have spoken under keys"))
        }
        if facts.drops > 0 {
            keep(
                Finding(
                    weight: .doubt, words: "\(facts.drops) packets were lost in capturing: capture with a larger buffer"
                ))
        }
        if facts.endsEarly {
            keep(Finding(weight: .doubt, words: "the capture file ends in the middle of a packet"))
        }
        if unfollowed > 0 {
            keep(
                Finding(
                    weight: .doubt,
                    words: "more than \(flowLimit) connections at once: \(unfollowed) bytes were not followed"))
        }
        for kind in OtherTraffic.allCases {
            guard let count = otherTraffic[kind] else { continue }
            keep(Finding(weight: kind.weight, words: "\(count) packets: \(kind)"))
        }
    }
}

extension OtherTraffic: CustomStringConvertible {
    /// What cannot hold a conversation over TCP leaves no doubt.
    var weight: Finding.Weight {
        switch self {
        case .notIP, .otherProtocol: .note
        case .udp, .unopened, .fragment, .malformed, .truncated, .unknownLink: .doubt
        }
    }

    public var description: String {
        switch self {
        case .udp: "UDP, which may carry anything; leave it out with a filter such as tcp port 7443"
        case .fragment: "fragments of IP packets, which are not put together here"
        case .otherProtocol: "neither TCP nor UDP (ICMP and the like)"
        case .unopened:
            "tunnels or other protocols that are not opened here; leave them out with a filter such as tcp port 7443"
        case .notIP: "not IP (ARP and the like)"
        case .malformed: "headers that contradict themselves"
        case .truncated: "cut off in their headers: capture with a larger snapshot length"
        case .unknownLink: "of a link type that is not read here"
        }
    }
}
