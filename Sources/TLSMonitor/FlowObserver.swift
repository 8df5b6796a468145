import TLSWire

/// Watches one TCP connection: its two streams, the records in them, and where their bytes belong.
///
/// What is asked on every record is not checked for overlapping access in a release build: see ``FlowSide``.
final class FlowObserver {
    let number: Int
    let client: Endpoint
    let server: Endpoint
    let start: Sighting
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var view: TLSHandshakeView
    let sides: [FlowSide]
    var decryptor: FlowDecryptor?
    private let keyLog: KeyLog?
    var opened = 0
    var unopened = 0
    var nestedRecords = 0
    #if !DEBUG
        @exclusivity(unchecked)
    #endif
    var inference = RecordInference()
    var serverCertificates: [CertificateFacts] = []
    var clientCertificates: [CertificateFacts] = []
    var lastAlert: Alert?
    var history = FlowHistory()
    var prefix: String?
    var conformance = ConformanceSummary()
    private let markers: [Marker]
    let reports: TrafficMonitor.Reports
    /// Judges what the keys open.
    let inspector: (any InnerInspector)?
    private(set) var last: Sighting
    private var isEstablished = false
    private(set) var isReset = false

    /// What came out since it was last taken.
    var events: [MonitorEvent] = []
    /// What bears on the verdict.
    var findings: [Finding] = []
    var findingCount = 0

    /// Findings of one connection and one weight that are kept.
    private static let mostFindings = 20
    /// About what one takes, with its words.
    private static let findingBytes = 384

    /// - Parameter beginning: how it began, if that was seen.
    init(
        number: Int, client: Endpoint, server: Endpoint, beginning: FlowBeginnings.Beginning?, start: Sighting,
        markers: [Marker], reports: TrafficMonitor.Reports, keyLog: KeyLog? = nil,
        inspector: (any InnerInspector)? = nil, compressed: CompressedSearch? = nil
    ) {
        self.number = number
        self.client = client
        self.server = server
        self.start = start
        self.markers = markers
        self.reports = reports
        self.inspector = inspector
        last = start
        view = TLSHandshakeView(isWhole: beginning != nil)
        self.keyLog = keyLog
        decryptor = keyLog.map { FlowDecryptor($0) }
        let scanner = RecordScanner(
            keepsAll: inspector != nil || keyLog.map { !$0.isEmpty } ?? false,
            sampleLength: reports == .records ? 32 : 0)
        sides = FlowDirection.allCases.map { FlowSide($0, scanner: scanner, search: MarkerSearch(markers)) }
        for side in sides { side.compressed = compressed }
        if let sequence = beginning?.clientSequence { sides[0].stream.synchronise(sequence) }
        if let sequence = beginning?.serverSequence { sides[1].stream.synchronise(sequence) }
        sides[0].segments = beginning?.hasSpoken.client == true ? 1 : 0
        sides[1].segments = beginning?.hasSpoken.server == true ? 1 : 0
        if reports != .nothing { events.append(.opened(summary)) }
    }

    /// A capture may bring keys along the way.
    private var hasKeys: Bool { keyLog.map { !$0.isEmpty } ?? false }

    var key: FlowKey { FlowKey(client, server) }

    /// About how many bytes of memory it needs.
    var heldBytes: Int {
        var sum = 6_144 + view.heldBytes + (findings.count + conformance.breakages.count) * Self.findingBytes
        for side in sides { sum += side.stream.heldBytes + side.scanner.heldBytes }
        return sum
    }

    /// About what its hellos take.
    var helloBytes: Int { view.helloBytes }

    func takeEvents() -> [MonitorEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Both sides have said that they are done.
    var hasEnded: Bool { isReset || sides.allSatisfy(\.stream.hasEnded) }

    /// Whether `segment` opens another connection between the same ends. A server that answers with another number before anything
    /// was said has only forgotten the first one.
    func isOther(_ segment: TCPSegment) -> Bool {
        guard segment.flags.contains(.syn) else { return false }
        let side = sides[direction(of: segment).index]
        guard side.stream.isOther(synchronising: segment.sequence) else { return false }
        guard segment.flags.contains(.ack), side.bytes == 0, side.stream.pendingBytes == 0 else { return true }
        side.stream.synchronise(segment.sequence)
        return false
    }

    private func direction(of segment: TCPSegment) -> FlowDirection {
        segment.source == client ? .clientToServer : .serverToClient
    }

    // MARK: Packets

    /// - Parameter memory: bytes of each direction to keep, to compare with what is sent again.
    func receive(
        _ segment: TCPSegment, _ payload: UnsafeRawBufferPointer, _ sighting: Sighting,
        memory: Int = RecentBytes.leastCapacity
    ) {
        let side = sides[direction(of: segment).index]
        last = sighting
        side.segments += 1
        if segment.flags.contains(.rst) {
            isReset = true
        } else if segment.flags.contains(.ack) {
            sides[side.direction.opposite.index].stream.acknowledge(
                segment.acknowledgement, isOpening: segment.flags.contains(.syn))
        }
        if segment.missing > 0, !side.isTruncated {
            side.isTruncated = true
            find(
                .doubt, .gap, "the capture kept only a part of the packets: capture with a larger snapshot length",
                side, nil, sighting)
        }
        side.stream.recent.capacity = memory
        side.stream.receive(segment, payload, sighting) { take($0, side) }
        if side.stream.startsInTheMiddle, !side.isKnownLate {
            side.isKnownLate = true
            find(
                .doubt, .gap, "the beginning of what \(side.direction.sender) sent is not in the capture", side, 0,
                sighting)
        }
    }

    func take(_ output: StreamReassembler.Output, _ side: FlowSide) {
        switch output {
        case .bytes(let bytes, let offset, let sighting):
            side.bytes += bytes.count
            if !markers.isEmpty { search(bytes, at: offset, side, sighting) }
            if offset == 0, !view.isWhole { side.scanner.seek() }
            if hasKeys { side.scanner.keepsAll = true }
            side.scanner.feed(bytes, at: offset, sighting) { take($0, side) }
        case .gap(let count, let offset, let sighting):
            side.missing += count
            view.lose(side.direction)
            decryptor?.lose(count, from: side.direction)
            inspector?.miss(
                "bytes are not in the capture",
                at: InnerPlace(flow: number, direction: side.direction, offset: offset, packet: sighting.packet))
            find(
                .doubt, .gap, "\(count) bytes of what \(side.direction.sender) sent are not in the capture", side,
                offset,
                sighting)
            side.scanner.skip(count, sighting) { take($0, side) }
        case .conflict(let offset, let sighting):
            find(
                .doubt, .overlapConflict,
                "the same bytes were sent twice with different content: somebody may have injected them", side, offset,
                sighting)
        case .filling(let count, let offset, let sighting):
            find(
                .note, .capture, "\(count) zeros that fill up an acknowledgement are counted as its data, and are none",
                side, offset, sighting)
        case .unverified(let count, let offset, let sighting):
            find(.doubt, .gap, "\(count) bytes were sent again too late to compare them", side, offset, sighting)
        }
    }

    private func search(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ side: FlowSide, _ sighting: Sighting
    ) {
        var hits = side.search.feed(bytes, at: offset)
        if let more = side.compressed?.feed(bytes, at: offset) { hits += more }
        for hit in hits {
            let text = SafeBytes.line(Array(markers[hit.marker].text.utf8))
            find(
                .violation, .marker, "the marker \"\(text)\" is on the wire (\(hit.encoding))", side, hit.offset,
                sighting)
        }
    }

    // MARK: Records

    func take(_ item: RecordScanner.Item, _ side: FlowSide) {
        switch item {
        case .record(let record): take(record, side)
        case .skipped(let count, let offset, let sighting):
            side.ledger.unaccounted += count
            find(.doubt, .gap, "\(count) bytes could not be assigned to a record", side, offset, sighting)
        case .foreign(let offset, let sample, let sighting):
            if offset == 0 { side.foreign = sample }
            find(
                .violation, .plaintext, "what \(side.direction.sender) sends is not TLS: \(SafeBytes.line(sample))",
                side, offset, sighting)
            tell(view.seeForeign(sample, from: side.direction), side, offset, sighting)
        case .moreForeign(let count): side.ledger.unaccounted += count
        case .begins(let offset, let sighting):
            prefix = prefix ?? PrefixProtocol.name(client: sides[0].foreign, server: sides[1].foreign)
            find(
                .note, .prefix, "TLS begins here, after \(prefix ?? "another protocol") in the clear", side, offset,
                sighting)
        }
    }

    private func take(_ record: ScannedRecord, _ side: FlowSide) {
        let helloCount = view.helloCount
        var judgement = judge(record, side)
        if reports != .nothing, !judgement.certificateChain.isEmpty {
            judgement.certificates = judgement.certificateChain.compactMap(Self.facts)
        }
        side.ledger.add(record.byteCount, to: judgement.kind)
        side.records += 1
        var inner: InnerRecord?
        var guess: Inference?
        if judgement.kind == .protected {
            if isText(record, side) {
                find(
                    .violation, .spread, "a record that is marked as encrypted, and holds text", side, record.offset,
                    record.last)
            }
            if decryptor != nil || inspector != nil { inner = open(record, side) }
            // Nobody has to guess what the keys show, but guesses go by what came before.
            guess = inference.infer(record, from: side.direction, view)
        }
        if !judgement.breaches.isEmpty { tell(judgement.breaches, side, record.offset, record.last) }
        note(judgement, side)
        if judgement.kind == .unaccounted, !judgement.breaches.contains(where: { $0.rule.weight == .violation }) {
            find(
                .doubt, .gap, "a record that cannot be judged: a part of it, or of what came before, is missing", side,
                record.offset, record.last)
        }
        if reports == .records || (reports == .connections && judgement.kind != .protected) {
            let hasHello = view.helloCount > helloCount
            events.append(
                .record(
                    RecordEvent(
                        flow: number, client: client, server: server, direction: side.direction, number: side.records,
                        contentType: record.header.contentType, version: record.header.version,
                        length: record.header.payloadLength, seen: record.seen, offset: record.offset,
                        kind: judgement.kind, messages: judgement.messages, words: judgement.words,
                        alert: judgement.alert,
                        clientHello: hasHello && side.direction == .clientToServer ? view.lastClientHello : nil,
                        serverHello: hasHello && side.direction == .serverToClient ? view.lastServerHello : nil,
                        certificates: judgement.certificates, inference: inner == nil ? guess : nil, inner: inner,
                        sample: Array(record.payload.prefix(32)), sighting: record.last)))
        }
        if !isEstablished, view.isEstablished {
            isEstablished = true
            if reports != .nothing { events.append(.established(flow: number, after: record.last.time - start.time)) }
        }
    }

    /// Counts how the bytes of an encrypted record are spread; before TLS 1.3 there is a counter beside the ciphertext.
    private func isText(_ record: ScannedRecord, _ side: FlowSide) -> Bool {
        if !record.payload.isEmpty { side.histogram.add(record.payload) }
        guard view.isTLS13, record.header.contentType == .applicationData else { return false }
        let isText = side.histogram.isText(min(record.seen, ScannedRecord.leanLength), high: record.highBits)
        return isText || record.hasLaterText
    }

    /// `nil` for what is no certificate.
    private static func facts(_ certificate: [UInt8]) -> CertificateFacts? {
        do throws(TLSDecodeError) { return try CertificateFacts(decoding: certificate) } catch { return nil }
    }

    private func note(_ judgement: TLSHandshakeView.Judgement, _ side: FlowSide) {
        history.add(judgement, side.direction)
        lastAlert = judgement.alert ?? lastAlert
        guard !judgement.certificates.isEmpty else { return }
        if side.direction == .serverToClient {
            serverCertificates = judgement.certificates
        } else {
            clientCertificates = judgement.certificates
        }
    }

    /// What the keys show of an encrypted record.
    private func open(_ record: ScannedRecord, _ side: FlowSide) -> InnerRecord? {
        let place = InnerPlace(
            flow: number, direction: side.direction, offset: record.offset, packet: record.last.packet)
        guard let result = decryptor?.open(record, from: side.direction, view) else {
            inspector?.miss(record.isWhole ? "there is no key for a record" : "a record is not whole", at: place)
            return nil
        }
        tell(result.findings, side)
        switch result.inner {
        case .authentic(let content):
            opened += 1
            tell(view.see(content, from: side.direction), side, record.offset, record.last)
            if content.isNested { nestedRecords += 1 }
            if result.displacement != 0 { inspector?.miss("a record is not in its place", at: place) }
            inspector?.receive(result.text?.content ?? [], type: content.type, at: place)
        case .failed:
            // What became of it shows later.
            unopened += 1
            inspector?.miss("the keys do not open a record", at: place)
        }
        return result.inner
    }

    func tell(_ keyFindings: [KeyFinding], _ side: FlowSide) {
        for finding in keyFindings {
            find(.doubt, .keys(finding.failure), finding.words, side, finding.offset, finding.sighting)
        }
    }

    private func judge(_ record: ScannedRecord, _ side: FlowSide) -> TLSHandshakeView.Judgement {
        let other = sides[side.direction.opposite.index]
        guard !view.isTLS13, other.segments == 0 || other.stream.isWaiting else {
            return view.judge(record, from: side.direction)
        }
        let before = view
        let judgement = view.judge(record, from: side.direction)
        guard judgement.breaches.contains(where: { !$0.rule.standsAlone }) else { return judgement }
        // It may answer what has not come, or was not captured.
        view = before
        view.lose(other.direction)
        find(
            .doubt, .gap,
            "a record that was seen before what it answers: \(other.direction.sender)'s bytes are missing", side,
            record.offset, record.last)
        return view.judge(record, from: side.direction)
    }

    private func tell(_ breaches: [Breach], _ side: FlowSide, _ offset: Int, _ sighting: Sighting) {
        for breach in breaches {
            find(breach.rule.weight, .rule(breach.rule), breach.words, side, offset, sighting)
            conformance.add(
                ConformanceSummary.Breakage(
                    rule: breach.rule, words: breach.words, direction: side.direction, offset: offset,
                    packet: sighting.packet))
        }
    }

    func find(
        _ weight: Finding.Weight, _ topic: Finding.Topic, _ words: String, _ side: FlowSide?, _ offset: Int?,
        _ sighting: Sighting
    ) {
        findingCount += 1
        guard findings.count(where: { $0.weight == weight }) < Self.mostFindings else { return }
        let finding = Finding(
            weight: weight, topic: topic, words: words, flow: number, direction: side?.direction, offset: offset,
            packet: sighting.packet)
        findings.append(finding)
        if reports != .nothing { events.append(.finding(finding)) }
    }
}
