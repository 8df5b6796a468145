import TLSWire

/// Watches one TCP connection: its two streams, the records in them, and where their bytes belong.
final class FlowObserver {
    let number: Int
    let client: Endpoint
    let server: Endpoint
    let start: Sighting
    private var view: TLSHandshakeView
    private var sides: [Side]
    private var decryptor: FlowDecryptor?
    private var opened = 0
    private var unopened = 0
    private let markers: [Marker]
    private let reportsRecords: Bool
    /// Judges what the keys open.
    private let inspector: (any InnerInspector)?
    private var last: Sighting
    private var isEstablished = false
    private(set) var isReset = false

    /// What came out since it was last taken.
    private(set) var events: [MonitorEvent] = []
    /// What bears on the verdict.
    private(set) var findings: [Finding] = []
    private var findingCount = 0

    /// Findings of one connection and one weight that are kept.
    private static let mostFindings = 20

    private struct Side {
        var stream = StreamReassembler()
        var scanner: RecordScanner
        var search: MarkerSearch
        var histogram = ByteHistogram()
        var ledger = ByteLedger()
        var segments = 0
        var bytes = 0
        var records = 0
        var missing = 0
        var isTruncated = false
        var isKnownLate = false
    }

    init(
        number: Int, client: Endpoint, server: Endpoint, isWhole: Bool, start: Sighting, markers: [Marker],
        reportsRecords: Bool, keyLog: KeyLog? = nil, inspector: (any InnerInspector)? = nil
    ) {
        self.number = number
        self.client = client
        self.server = server
        self.start = start
        self.markers = markers
        self.reportsRecords = reportsRecords
        self.inspector = inspector
        last = start
        view = TLSHandshakeView(isWhole: isWhole)
        decryptor = keyLog.map { FlowDecryptor($0) }
        let scanner = RecordScanner(keepsAll: inspector != nil || keyLog.map { !$0.isEmpty } ?? false)
        sides = Array(repeating: Side(scanner: scanner, search: MarkerSearch(markers)), count: 2)
        events.append(.opened(summary))
    }

    func takeEvents() -> [MonitorEvent] {
        defer { events.removeAll(keepingCapacity: true) }
        return events
    }

    /// Both sides have said that they are done.
    var hasEnded: Bool { isReset || sides.allSatisfy(\.stream.hasEnded) }

    /// Whether `segment` opens another connection between the same ends.
    func isOther(_ segment: TCPSegment) -> Bool {
        guard segment.flags.contains(.syn) else { return false }
        return sides[direction(of: segment).index].stream.isOther(synchronising: segment.sequence)
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
        let direction = direction(of: segment)
        let index = direction.index
        last = sighting
        sides[index].segments += 1
        if segment.flags.contains(.rst) {
            isReset = true
        } else if segment.flags.contains(.ack) {
            sides[1 - index].stream.acknowledge(
                segment.acknowledgement, isOpening: segment.flags.contains(.syn))
        }
        if segment.missing > 0, !sides[index].isTruncated {
            sides[index].isTruncated = true
            find(
                .doubt, "the capture kept only a part of the packets: capture with a larger snapshot length", direction,
                nil, sighting)
        }
        // What is being changed must not be reached through `self` meanwhile.
        var stream = sides[index].stream
        sides[index].stream = StreamReassembler()
        stream.recent.capacity = memory
        stream.receive(segment, payload, sighting) { take($0, direction) }
        sides[index].stream = stream
        if stream.startsInTheMiddle, !sides[index].isKnownLate {
            sides[index].isKnownLate = true
            find(.doubt, "the beginning of what \(direction.sender) sent is not in the capture", direction, 0, sighting)
        }
    }

    private func take(_ output: StreamReassembler.Output, _ direction: FlowDirection) {
        let index = direction.index
        switch output {
        case .bytes(let bytes, let offset, let sighting):
            sides[index].bytes += bytes.count
            if !markers.isEmpty { search(bytes, at: offset, direction, sighting) }
            if offset == 0, !view.isWhole { sides[index].scanner.seek() }
            var scanner = sides[index].scanner
            sides[index].scanner = RecordScanner()
            scanner.feed(bytes, at: offset, sighting) { take($0, direction) }
            sides[index].scanner = scanner
        case .gap(let count, let offset, let sighting):
            sides[index].missing += count
            view.lose(direction)
            inspector?.miss(
                "bytes are not in the capture",
                at: InnerPlace(flow: number, direction: direction, offset: offset, packet: sighting.packet))
            find(
                .doubt, "\(count) bytes of what \(direction.sender) sent are not in the capture", direction, offset,
                sighting)
            var scanner = sides[index].scanner
            sides[index].scanner = RecordScanner()
            scanner.skip(count, sighting) { take($0, direction) }
            sides[index].scanner = scanner
        case .conflict(let offset, let sighting):
            find(
                .doubt, "the same bytes were sent twice with different content: somebody may have injected them",
                direction, offset, sighting)
        case .unverified(let count, let offset, let sighting):
            find(.doubt, "\(count) bytes were sent again too late to compare them", direction, offset, sighting)
        }
    }

    private func search(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ direction: FlowDirection, _ sighting: Sighting
    ) {
        for hit in sides[direction.index].search.feed(bytes, at: offset) {
            let text = SafeBytes.line(Array(markers[hit.marker].text.utf8))
            find(.violation, "the marker \"\(text)\" is on the wire (\(hit.encoding))", direction, hit.offset, sighting)
        }
    }

    // MARK: Records

    private func take(_ item: RecordScanner.Item, _ direction: FlowDirection) {
        let index = direction.index
        switch item {
        case .record(let record): take(record, direction)
        case .skipped(let count, let offset, let sighting):
            sides[index].ledger.unaccounted += count
            find(.doubt, "\(count) bytes could not be assigned to a record", direction, offset, sighting)
        case .foreign(let count, let offset, let sample, let sighting):
            sides[index].ledger.unaccounted += count
            find(
                .violation, "what \(direction.sender) sends is not TLS: \(SafeBytes.line(sample))", direction, offset,
                sighting)
        case .moreForeign(let count):
            sides[index].ledger.unaccounted += count
        }
    }

    private func take(_ record: ScannedRecord, _ direction: FlowDirection) {
        let index = direction.index
        let helloCount = view.helloCount
        var judgement = judge(record, direction)
        sides[index].ledger.add(record.byteCount, to: judgement.kind)
        sides[index].records += 1
        if judgement.kind == .protected {
            let sample = record.keepsPayload ? record.payload : record.sample
            sides[index].histogram.add(sample)
            // Before TLS 1.3 records show a counter beside the ciphertext.
            if view.isTLS13, sides[index].histogram.isText(sample) {
                judgement.violation = "a record that is marked as encrypted, and holds text"
            }
        }
        if let violation = judgement.violation {
            find(.violation, violation, direction, record.offset, record.last)
        }
        let inner = judgement.kind == .protected ? open(record, direction) : nil
        if judgement.kind == .unaccounted, judgement.violation == nil {
            find(
                .doubt, "a record that cannot be judged: a part of it, or of what came before, is missing", direction,
                record.offset, record.last)
        }
        if reportsRecords || judgement.kind != .protected {
            events.append(
                .record(
                    RecordEvent(
                        flow: number, direction: direction, number: sides[index].records,
                        contentType: record.header.contentType, version: record.header.version,
                        length: record.header.payloadLength, seen: record.seen, offset: record.offset,
                        kind: judgement.kind,
                        words: judgement.words,
                        clientHello: view.helloCount > helloCount && index == 0 ? view.clientHello : nil,
                        serverHello: view.helloCount > helloCount && index == 1 ? view.lastServerHello : nil,
                        inner: inner,
                        sample: Array((record.keepsPayload ? record.payload : record.sample).prefix(32)),
                        sighting: record.last)))
        }
        if view.isEstablished, !isEstablished {
            isEstablished = true
            events.append(.established(flow: number, after: record.last.time - start.time))
        }
    }

    /// What the keys show of an encrypted record.
    private func open(_ record: ScannedRecord, _ direction: FlowDirection) -> InnerRecord? {
        let place = InnerPlace(flow: number, direction: direction, offset: record.offset, packet: record.last.packet)
        guard let result = decryptor?.open(record, from: direction, view) else {
            inspector?.miss(record.isWhole ? "there is no key for a record" : "a record is not whole", at: place)
            return nil
        }
        if let oddity = result.oddity { find(.doubt, oddity, direction, record.offset, record.last) }
        switch result.inner {
        case .authentic(let type, _, _, _):
            opened += 1
            if result.displacement != 0 { inspector?.miss("a record is not in its place", at: place) }
            inspector?.receive(result.content ?? [], type: type, at: place)
        case .failed(let reason):
            unopened += 1
            inspector?.miss("the keys do not open a record", at: place)
            find(.doubt, "the keys do not open a record: \(reason)", direction, record.offset, record.last)
        }
        return result.inner
    }

    private func judge(_ record: ScannedRecord, _ direction: FlowDirection) -> TLSHandshakeView.Judgement {
        let other = direction.opposite.index
        guard !view.isTLS13, sides[other].segments == 0 || sides[other].stream.isWaiting else {
            return view.judge(record, from: direction)
        }
        let before = view
        let judgement = view.judge(record, from: direction)
        guard judgement.violation != nil else { return judgement }
        // It may answer what has not come, or was not captured.
        view = before
        view.lose(direction.opposite)
        find(
            .doubt, "a record that was seen before what it answers: \(direction.opposite.sender)'s bytes are missing",
            direction, record.offset, record.last)
        return view.judge(record, from: direction)
    }

    private func find(
        _ weight: Finding.Weight, _ words: String, _ direction: FlowDirection?, _ offset: Int?, _ sighting: Sighting
    ) {
        findingCount += 1
        guard findings.count(where: { $0.weight == weight }) < Self.mostFindings else { return }
        let finding = Finding(
            weight: weight, words: words, flow: number, direction: direction, offset: offset, packet: sighting.packet)
        findings.append(finding)
        events.append(.finding(finding))
    }

    // MARK: The end

    /// Nothing more will come.
    func finish() {
        for direction in FlowDirection.allCases {
            let index = direction.index
            var stream = sides[index].stream
            sides[index].stream = StreamReassembler()
            stream.finish(last) { take($0, direction) }
            sides[index].stream = stream
            var scanner = sides[index].scanner
            sides[index].scanner = RecordScanner()
            scanner.finish(last) { take($0, direction) }
            sides[index].scanner = scanner
            if view.isTLS13, sides[index].histogram.hasShortTexts {
                find(
                    .violation,
                    "too many short records of \(direction.sender) that are marked as encrypted may be text",
                    direction, nil, last)
            }
            // Before TLS 1.3 records show a counter beside the ciphertext.
            if view.isTLS13, let deviation = sides[index].histogram.deviation, deviation > ByteHistogram.suspicious {
                find(
                    .violation, "what \(direction.sender) sends as encrypted is not evenly spread: it may be text",
                    direction, nil, last)
            }
        }
        for direction in FlowDirection.allCases where view.isInMessage(from: direction) {
            find(.doubt, "a handshake message of \(direction.sender) that does not end", direction, nil, last)
        }
        judgeWhole()
        inspector?.close(flow: number)
        events.append(.closed(summary))
    }

    /// Bytes that wait for segments that are missing.
    var pendingBytes: Int { sides[0].stream.pendingBytes + sides[1].stream.pendingBytes }

    /// Waits no longer for what is missing.
    func release() {
        for direction in FlowDirection.allCases {
            var stream = sides[direction.index].stream
            sides[direction.index].stream = StreamReassembler()
            stream.release { take($0, direction) }
            sides[direction.index].stream = stream
        }
    }

    private func judgeWhole() {
        let total = sides.reduce(0) { $0 + $1.bytes }
        guard total > 0 else { return }
        if ledger.total != total {
            find(
                .doubt, "the ledger does not balance: \(ledger.total) of \(total) bytes (an error in this program)",
                nil, nil, last)
        }
        if let side = sides.firstIndex(where: { $0.segments == 0 }) {
            let silent = FlowDirection.allCases[side]
            find(
                .doubt, "nothing of \(silent.sender) is in the capture: it shows one direction only", silent, nil, last)
        }
        if let version = view.version, version < .tls13 {
            find(
                .doubt, "\(version) was spoken: its handshake shows certificates, and its ciphers are not judged here",
                nil, nil, last)
        }
        if findingCount > findings.count {
            findings.append(
                Finding(
                    weight: .note, words: "\(findingCount - findings.count) more findings in this connection",
                    flow: number))
        }
    }

    private var ledger: ByteLedger {
        var sum = sides[0].ledger
        sum += sides[1].ledger
        return sum
    }

    var summary: FlowSummary {
        let hello = view.clientHello, answer = view.serverHello
        return FlowSummary(
            number: number, client: client, server: server, start: start, version: view.version,
            cipherSuite: answer?.cipherSuite, group: answer?.extensions.keyShareGroups.first,
            serverName: hello?.extensions.serverName.map { SafeBytes.line($0) },
            applicationProtocol: (hello?.extensions.applicationProtocols.first).map { SafeBytes.line($0) },
            ja3: hello?.ja3, ja3s: answer?.ja3s, ja4: hello?.ja4,
            isEstablished: view.isEstablished, opened: opened, unopened: unopened, ledger: ledger,
            bytes: sides.map(\.bytes),
            records: sides.reduce(0) { $0 + $1.records })
    }
}
