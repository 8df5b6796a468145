/// Watches captured packets, follows every TCP connection in them, and says in the end whether only handshakes and ciphertext were
/// on the wire.
public final class TrafficMonitor {
    /// Connections that are followed at once.
    public static let mostFlows = 32_768
    /// Bytes that all of them may hold together.
    static let flowBytes = 16 << 20
    /// Connections without data that are remembered.
    static let mostBeginnings = 65_536
    /// Bytes that may wait, in all connections together, for segments that are missing.
    static let pendingLimit = 32 << 20
    /// Summaries and findings that are kept; the first summaries whole, later ones without their hellos.
    private static let mostKept = 5_000
    private static let mostWhole = 500
    /// About how many bytes their hellos may hold together.
    private static let wholeBytes = 4 << 20

    private let markers: [Marker]
    private var decompression: (any Decompression)?
    private var compressed: CompressedSearch?
    private let keyLog: KeyLog?
    private let reports: Reports
    private let inspector: (any InnerInspector)?
    private var alarms: AlarmWatch?
    private let pendingLimit: Int
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    private var flows: FlowTable
    private var beginnings = FlowBeginnings(limit: TrafficMonitor.mostBeginnings)
    private var flowCount = 0
    private var closedCount = 0
    private var events: [MonitorEvent] = []
    private var endings: [(flow: Int, ending: FlowEnding)] = []

    private var summaries: [FlowSummary] = []
    private var helloBytes = 0
    private var findings: [Finding] = []
    /// Places among them that do not refute.
    private var lesser: [Int] = []
    private var hasViolation = false
    private var hasDoubt = false
    private var ledger = ByteLedger()
    private var payloadBytes = 0
    private var establishedCount = 0
    private var (opened, unopened) = (0, 0)
    private var packets = 0
    private var otherTraffic: [OtherTraffic: Int] = [:]
    private var reader = PacketReader()
    private var pendingBytes = 0
    private var sample: [UInt8] = []

    /// - Parameters:
    ///   - markers: texts that must not be on the wire.
    ///   - reportsRecords: whether every encrypted record is an event, too.
    ///   - keyLog: secrets of the sessions, to open what they open.
    ///   - inspector: judges what they open.
    ///   - alarms: raises alarms; nil for none.
    public convenience init(
        markers: [Marker] = [], reportsRecords: Bool = false, keyLog: KeyLog? = nil,
        inspector: (any InnerInspector)? = nil, alarms: AlarmWatch? = nil
    ) {
        self.init(
            markers: markers, reportsRecords: reportsRecords, keyLog: keyLog, inspector: inspector, alarms: alarms,
            flowLimit: Self.mostFlows)
    }

    init(
        markers: [Marker] = [], reportsRecords: Bool = false, keyLog: KeyLog? = nil,
        inspector: (any InnerInspector)? = nil, alarms: AlarmWatch? = nil, flowLimit: Int,
        pendingLimit: Int = TrafficMonitor.pendingLimit
    ) {
        self.alarms = alarms
        self.keyLog = keyLog
        self.inspector = inspector
        self.pendingLimit = pendingLimit
        flows = FlowTable(limit: flowLimit, byteLimit: Self.flowBytes)
        self.markers = markers
        // Alarms look at every record.
        reports = reportsRecords || alarms != nil ? .records : .nothing
    }

    /// Looks for the markers inside of what is compressed, too. To be called before the first packet.
    package func lookInside(with decompression: any Decompression) {
        guard !markers.isEmpty else { return }
        self.decompression = decompression
        compressed = CompressedSearch(markers, decompression)
    }

    /// Packets that came so far.
    public var packetCount: Int { packets }

    /// Connections that ended since this was last called. They are still followed for a while, for what comes late: `closed` is told when
    /// that is over.
    public func takeEndings() -> [(flow: Int, ending: FlowEnding)] {
        defer { endings.removeAll(keepingCapacity: true) }
        return endings
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
        let found = PacketDecoder.decode(bytes, link: packet.link, originalLength: packet.originalLength)
        let sighting = Sighting(packet: packet.number, time: packet.time)
        switch found {
        case .other(let kind): otherTraffic[kind, default: 0] += 1
        case .tcp(let segment): receive(segment, UnsafeRawBufferPointer(rebasing: bytes[segment.payload]), sighting)
        case .fragment, .tunnel:
            reader.read(found, bytes, time: packet.time) { found in
                switch found {
                case .other(let kind, let count): otherTraffic[kind, default: 0] += count
                case .segment(let segment, let bytes):
                    receive(segment, UnsafeRawBufferPointer(rebasing: bytes[segment.payload]), sighting)
                }
            }
        }
    }

    /// Whether packets in packets are opened: GRE, VXLAN and the like. Otherwise they are counted as not opened.
    public var opensTunnels: Bool {
        get { reader.opensTunnels }
        set { reader.opensTunnels = newValue }
    }

    private func receive(_ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting) {
        if segment.hasTrailer { otherTraffic[.trailer, default: 0] += 1 }
        if alarms != nil { alarms?.see(segment, sighting) }
        let key = FlowKey(segment)
        var known = flows.flow(key)
        if let flow = known, flow.isOther(segment) {
            close(key, flow)
            known = nil
        }
        if let flow = known ?? open(key, segment, payload, sighting) {
            receive(segment, payload, sighting, key, flow)
        }
        if alarms != nil { raise() }
    }

    private func receive(
        _ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting, _ key: FlowKey,
        _ flow: FlowObserver
    ) {
        let wasEnded = flow.hasEnded
        let (waited, held) = (flow.pendingBytes, flow.heldBytes)
        flow.receive(segment, payload, sighting, memory: RecentBytes.capacity(for: flows.count))
        pendingBytes += flow.pendingBytes - waited
        if pendingBytes > pendingLimit {
            pendingBytes -= flow.pendingBytes
            flow.release()
        }
        flows.grow(by: flow.heldBytes - held)
        if sample.count < 256, !payload.isEmpty { sample += payload.prefix(256) }
        if !flow.events.isEmpty { tell(flow) }
        if !wasEnded, flow.hasEnded, reports != .nothing, endings.count < Self.mostKept {
            endings.append((flow.number, flow.isReset ? .reset : .closed))
        }
        if !wasEnded, flow.hasEnded, let oldest = flows.linger(key), let flow = flows.flow(oldest) {
            close(oldest, flow)
        }
        while let (key, flow) = flows.surplus() { close(key, flow) }
    }

    /// What the flow has to say goes to whoever asks, and to the alarms.
    private func tell(_ flow: FlowObserver) {
        let new = flow.takeEvents()
        if alarms != nil { for event in new { alarms?.see(event) } }
        events += new
    }

    /// What is told beside the report.
    enum Reports {
        case nothing
        /// What is in the clear, and what bears on the verdict.
        case connections
        /// Every record.
        case records
    }

    private func raise() {
        guard let raised = alarms?.take(), !raised.isEmpty else { return }
        events += raised.map { .alarm($0) }
    }

    /// Begins to follow a connection of which data has come.
    private func open(
        _ key: FlowKey, _ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting
    ) -> FlowObserver? {
        let hasData = !payload.isEmpty || segment.missing > 0
        if !hasData || segment.flags.contains(.syn) { beginnings.note(segment, key, sighting) }
        guard hasData else { return nil }
        let beginning = beginnings.take(key)
        // A hello tells who says it; else servers have the smaller ports.
        let isFromClient =
            beginning.map { $0.clientIsLow == (segment.source == key.low) }
            ?? HelloSearch.isFromClient(payload) ?? (segment.source.port >= segment.destination.port)
        flowCount += 1
        let flow = FlowObserver(
            number: flowCount, client: isFromClient ? segment.source : segment.destination,
            server: isFromClient ? segment.destination : segment.source, beginning: beginning,
            start: beginning?.start ?? sighting, markers: markers, reports: reports, keyLog: keyLog,
            inspector: inspector, compressed: compressed)
        flows.insert(flow, key)
        return flow
    }

    private func close(_ key: FlowKey, _ flow: FlowObserver) {
        pendingBytes -= flow.pendingBytes
        // Before it gives back what it holds, which the table counts.
        flows.remove(key)
        flow.finish()
        tell(flow)
        var summary = flow.summary
        guard summary.bytes.contains(where: { $0 > 0 }) || !flow.findings.isEmpty else {
            // A connection without data says nothing.
            return
        }
        ledger += summary.ledger
        payloadBytes += summary.bytes.reduce(0, +)
        if summary.isEstablished, summary.version == .tls13 { establishedCount += 1 }
        opened += summary.opened
        unopened += summary.unopened
        closedCount += 1
        helloBytes += flow.helloBytes
        if summaries.count >= Self.mostWhole || helloBytes > Self.wholeBytes {
            (summary.clientHello, summary.serverHello) = (nil, nil)
            summary.conformance.forgetBreakages()
        }
        if summaries.count < Self.mostKept { summaries.append(summary) }
        for finding in flow.findings { keep(finding) }
    }

    private func keep(_ finding: Finding) {
        hasViolation = hasViolation || finding.weight == .violation
        hasDoubt = hasDoubt || finding.weight == .doubt
        // What refutes is kept, however much is doubtful.
        if findings.count < Self.mostKept {
            findings.append(finding)
            if finding.weight != .violation { lesser.append(findings.count - 1) }
        } else if finding.weight == .violation, let place = lesser.popLast() {
            findings[place] = finding
        }
    }

    // MARK: The end

    /// Nothing more will come.
    public func finish(_ facts: CaptureFacts = CaptureFacts()) -> TrafficReport {
        for flow in flows.inOrder { close(flow.key, flow) }
        alarms?.finish()
        raise()
        if reader.leftFragments > 0 { otherTraffic[.fragment, default: 0] += reader.leftFragments }
        judge(facts)
        var control = MarkerSearch.control(markers, sample: sample)
        if let decompression {
            let inside = CompressedSearch.control(markers, decompression, sample: sample)
            control = (control.found + inside.found, control.of + inside.of)
        }
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
            flows: summaries.sorted { $0.number < $1.number }, flowCount: closedCount,
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
        if let damage = facts.damage {
            keep(Finding(weight: .doubt, words: damage))
        } else if facts.endsEarly {
            keep(Finding(weight: .doubt, words: "the capture file ends in the middle of a packet"))
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
        case .udp, .echo, .trailer, .tunnel, .encryptedRadio, .unopened, .fragment, .fragmentConflict, .malformed,
            .truncated,
            .unknownLink:
            .doubt
        }
    }

    public var description: String {
        switch self {
        case .udp: "UDP, which may carry anything; leave it out with a filter such as tcp port 7443"
        case .fragment: "fragments of IP packets of which other fragments are missing"
        case .fragmentConflict:
            "fragments of IP packets that overlap and contradict each other: somebody may have forged them"
        case .echo:
            "ICMP echo, which carries whatever its sender likes; leave it out with a filter such as tcp port 7443"
        case .trailer:
            "go on behind the end of their TCP segment with bytes that are not zeros, and belong to no connection"
        case .otherProtocol: "neither TCP nor UDP (ICMP and the like)"
        case .tunnel(let tunnel):
            "packets in packets (\(tunnel.rawValue)), not opened; open them with --tunnels, or leave them out with a filter"
        case .encryptedRadio: "encrypted on the radio link: capture behind it"
        case .unopened:
            "protocols that are not opened here (SCTP, IPsec and others); leave them out with a filter such as tcp port 7443"
        case .notIP: "not IP (ARP and the like)"
        case .malformed: "headers that contradict themselves"
        case .truncated: "cut off in their headers: capture with a larger snapshot length"
        case .unknownLink: "of a link type that is not read here"
        }
    }
}
