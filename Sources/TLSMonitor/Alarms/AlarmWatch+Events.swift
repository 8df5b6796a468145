import TLSWire

extension AlarmWatch {
    /// What the monitor found.
    mutating func see(_ event: MonitorEvent) {
        switch event {
        case .opened(let summary):
            _ = flow(summary.number, summary.client, summary.server, summary.start)
            connections.number(summary.client, summary.server, summary.number)
        case .record(let record): see(record)
        case .finding(let finding): see(finding)
        case .closed(let summary): close(summary)
        case .established, .alarm: break
        }
    }

    private mutating func flow(_ number: Int, _ client: Endpoint, _ server: Endpoint, _ sighting: Sighting) -> Int {
        flows.claim(
            UInt64(clamping: number), at: PacketTime.safe(sighting.time), WatchedFlow(client: client, server: server)
        ).index
    }

    private mutating func see(_ record: RecordEvent) {
        let place = flow(record.flow, record.client, record.server, record.sighting)
        flows.rank(place, 1)
        if record.contentType == .heartbeat { beat(record, place) }
        flows[place].note(record)
        if let hello = record.clientHello { note(hello, place) }
        if let hello = record.serverHello { judge(hello, record, place) }
        if let leaf = record.certificates.first, record.direction == .serverToClient { judge(leaf, record, place) }
        if let alert = record.alert ?? inner(record), !alert.isClosure { judge(alert, record, place) }
        guard record.direction == .clientToServer, record.kind == .protected, record.contentType == .applicationData,
            flows[place].isEstablished, flows[place].sizes.see(record.length, limits)
        else { return }
        tellSize(record, place)
    }

    private func inner(_ record: RecordEvent) -> Alert? {
        if case .authentic(let content) = record.inner { content.alert } else { nil }
    }

    private func isProven(_ flow: WatchedFlow) -> Bool {
        connections.connection(flow.client, flow.server)?.isProven ?? false
    }

    // MARK: Hellos

    private mutating func note(_ hello: ClientHello, _ place: Int) {
        let extensions = hello.extensions
        flows[place].client13 = extensions.versions.contains(.tls13)
        flows[place].isPostQuantumOffered =
            extensions.supportedGroups.contains(where: \.isPostQuantum)
            || extensions.keyShareGroups.contains(where: \.isPostQuantum)
        flows[place].name = extensions.serverName.map { stableNumber($0) } ?? 0
    }

    private mutating func judge(_ hello: ServerHello, _ record: RecordEvent, _ place: Int) {
        guard !hello.isRetryRequest else { return }
        flows[place].isTLS13 = hello.version == .tls13
        flows[place].alertLength = hello.cipherSuite.rawValue == 0x1305 ? 11 : 19
        let flow = flows[place]
        var it = AlarmCase(
            kind: .oldVersion, severity: hello.version < .tls12 ? .high : .low, sighting: record.sighting,
            flow: record.flow, target: flow.server)
        it.isForgeable = !isProven(flow)
        if hello.version < .tls13 {
            it.subject = UInt64(hello.version.rawValue)
            desk.raise(
                it, evidence: [Alarm.Evidence("version", Int(hello.version.rawValue))],
                "\(flow.server) chose \(hello.version): require TLS 1.3 in its settings")
        }
        it.subject = 0
        if let weakness = hello.cipherSuite.weakness {
            (it.kind, it.severity, it.subject) = (.weakSuite, weakness.severity, UInt64(hello.cipherSuite.rawValue))
            desk.raise(
                it, evidence: [Alarm.Evidence("suite", Int(hello.cipherSuite.rawValue))],
                "\(flow.server) chose \(hello.cipherSuite), which \(weakness.words): take it out of the server's settings"
            )
        }
        it.subject = 0
        if hello.admitsDowngrade, flow.client13 {
            (it.kind, it.severity) = (.downgrade, .high)
            desk.raise(
                it,
                "\(flow.client) offered TLS 1.3 and \(flow.server) says that it was asked for less: somebody on the way "
                    + "changed the hello; take another way, and require TLS 1.3")
        }
        if hello.version == .tls13, flow.isPostQuantumOffered, let group = hello.extensions.keyShareGroups.first,
            !group.isPostQuantum
        {
            (it.kind, it.severity, it.subject) = (.classicalGroup, .low, 0)
            desk.raise(
                it, evidence: [Alarm.Evidence("group", Int(group.rawValue))],
                "\(flow.client) offered a key exchange that withstands quantum computers, and \(flow.server) chose "
                    + "\(group): update the server, or enable X25519MLKEM768 there")
        }
    }

    // MARK: Alerts

    private mutating func judge(_ alert: Alert, _ record: RecordEvent, _ place: Int) {
        let flow = flows[place]
        let isProven = isProven(flow)
        var it = AlarmCase(
            kind: .badRecordMAC, severity: .medium, sighting: record.sighting, flow: record.flow, target: flow.server,
            isForgeable: record.inner == nil)
        it.subject = flow.client.address.high ^ flow.client.address.low
        if alert.code == 20 || alert.code == 21 {
            desk.raise(
                it,
                "\(record.direction.sender) could not authenticate a record between \(flow.client) and \(flow.server) "
                    + "(\(alert)): somebody alters records, or something damages them; check the way between both")
        }
        if alert.code == 86 {
            it.kind = .downgrade
            desk.raise(
                it,
                "\(flow.server) refused a fallback of \(flow.client) to an older version: something made the client try "
                    + "less than it can; take another way, and require TLS 1.3")
        }
        if alert.level == 2 { refuse(place, record.flow, isProven: isProven, isInferred: false, record.sighting) }
    }

    /// A connection failed in TLS.
    mutating func refuse(_ place: Int, _ number: Int, isProven: Bool, isInferred: Bool, _ sighting: Sighting) {
        guard !flows[place].hasAlert else { return }
        flows[place].hasAlert = true
        let (client, server) = (flows[place].client, flows[place].server)
        let time = PacketTime.safe(sighting.time)
        let window = PacketTime.seconds(limits.alertSeconds)
        let none = PeriodCount(at: time)
        let fresh = AlertCount(all: none, proven: none, inferred: none)
        let index = alerts.claim(client.address.network, at: time, fresh).index
        alerts[index].all.add(at: time, length: window)
        alerts[index].proven.add(isProven ? 1 : 0, at: time, length: window)
        alerts[index].inferred.add(isInferred ? 1 : 0, at: time, length: window)
        let (count, proven) = (alerts[index].all.count, alerts[index].proven.count)
        let inferred = alerts[index].inferred.count
        alerts.rank(index, UInt8(clamping: count))
        guard count >= limits.alerts else { return }
        let it = AlarmCase(
            kind: .alertBurst, severity: .medium, sighting: sighting, flow: number, source: client.address,
            target: server, isForgeable: proven < limits.alerts, window: window)
        let seconds = limits.alertSeconds
        desk.raise(
            it,
            evidence: [
                Alarm.Evidence("alerts", count), Alarm.Evidence("proven", proven),
                Alarm.Evidence("inferred", inferred), Alarm.Evidence("window_s", seconds),
            ],
            "\(count) connections of \(client.address) failed with fatal alerts within \(seconds) s"
                + (inferred > 0 ? " (\(inferred) of them inferred from sizes)" : "") + ", lately to \(server): "
                + "a scanner, or somebody who tries certificates; block it for a while if it is not yours")
    }

    // MARK: Heartbeats and sizes

    /// RFC 6520 §4: a message says how long its payload is, and 16 bytes of padding follow at least.
    private mutating func beat(_ record: RecordEvent, _ place: Int) {
        let flow = flows[place]
        let sender = record.direction.sender
        var words: String?
        if record.kind != .protected, record.sample.count >= 3, record.sample[0] == 1,
            Int(record.sample[1]) << 8 | Int(record.sample[2]) > max(0, record.length - 19)
        {
            words = "\(sender) sent a heartbeat that asks for more than it brought (Heartbleed)"
        } else if flow[record.direction.opposite].heartbeat > 0,
            record.length > flow[record.direction.opposite].heartbeat
        {
            words = "\(sender) answered a heartbeat with more than was asked (Heartbleed)"
        }
        var half = flow[record.direction]
        half.heartbeat = record.length
        flows[place][record.direction] = half
        guard let words else { return }
        let it = AlarmCase(
            kind: .heartbleed, severity: .high, sighting: record.sighting, flow: record.flow,
            source: record.direction == .clientToServer ? flow.client.address : flow.server.address,
            target: record.direction == .clientToServer ? flow.server : flow.client, isForgeable: !isProven(flow))
        desk.raise(
            it, evidence: [Alarm.Evidence("length", record.length)],
            "\(words), between \(flow.client) and \(flow.server): update OpenSSL there and replace its keys")
    }

    private mutating func tellSize(_ record: RecordEvent, _ place: Int) {
        let flow = flows[place]
        let it = AlarmCase(
            kind: .recordSizeBurst, severity: .low, sighting: record.sighting, flow: record.flow,
            source: flow.client.address, target: flow.server, isForgeable: !isProven(flow))
        let (run, usual) = (flow.sizes.run, flow.sizes.usual)
        desk.raise(
            it,
            evidence: [
                Alarm.Evidence("records", run), Alarm.Evidence("length", record.length),
                Alarm.Evidence("usual", usual),
            ],
            "\(flow.client) sends \(run) large records in a row to \(flow.server), the last of \(record.length) bytes where "
                + "about \(usual) are usual: an upload; ask whether it is meant")
    }

    // MARK: Findings and the end

    private mutating func see(_ finding: Finding) {
        guard let number = finding.flow, let place = flows.find(UInt64(clamping: number)) else { return }
        let flow = flows[place]
        let direction = finding.direction ?? .clientToServer
        var it = AlarmCase(
            kind: .plaintext, severity: .high,
            sighting: Sighting(packet: finding.packet ?? last.packet, time: last.time),
            flow: number, source: direction == .clientToServer ? flow.client.address : flow.server.address,
            target: flow.server, isForgeable: !isProven(flow))
        let between = "between \(flow.client) and \(flow.server)"
        switch finding.topic {
        case .gap: flows[place].hasGap = true
        case .plaintext:
            flows[place].hasForeign = true
            // Where TLS is only a part of another protocol, what comes behind it is that protocol.
            let isExpected = limits.tlsPorts.contains(flow.server.port) || (flow.hasHello && !flow.hasForeign)
            guard isExpected else { break }
            if flow[direction].end > 0 {
                (it.kind, it.severity) = (.badRecordHeader, .medium)
                desk.raise(
                    it, evidence: [Alarm.Evidence("offset", finding.offset ?? 0)],
                    "behind records of TLS \(between), \(direction.sender) sends bytes that cannot begin one: something was "
                        + "put into the stream, or one end is broken; look at the packet")
            } else {
                desk.raise(
                    it, evidence: [Alarm.Evidence("offset", finding.offset ?? 0)],
                    "\(direction.sender) speaks in the clear \(between), where TLS is expected: close the port to whoever "
                        + "does not speak TLS")
            }
        case .spread where finding.weight == .violation:
            desk.raise(
                it,
                "\(direction.sender) sends text in records that are marked as encrypted, \(between): look at the packet"
            )
        case .overlapConflict:
            (it.kind, it.severity, it.source, it.isForgeable) = (.overlapConflict, .medium, nil, true)
            desk.raise(
                it, evidence: [Alarm.Evidence("offset", finding.offset ?? 0)],
                "the same bytes of \(direction.sender) came twice with different content, \(between): somebody on the way "
                    + "injects packets; find that device, and block neither address")
        case .keys(.altered), .keys(.injected):
            (it.kind, it.source, it.isForgeable) = (.badRecordMAC, nil, true)
            desk.raise(
                it,
                "the keys show that a record of \(direction.sender) was altered or put in, \(between): check the way "
                    + "between both")
        default: break
        }
    }

    private mutating func close(_ summary: FlowSummary) {
        guard let place = flows.find(UInt64(clamping: summary.number)) else { return }
        let flow = flows[place]
        flows.remove(place)
        if summary.ending != .open, !flow.hasGap, !flow.hasForeign, !flow.hasEnded, flow.isEstablished {
            for direction in FlowDirection.allCases {
                guard let sighting = flow[direction].partial else { continue }
                cut(flow, summary.number, direction, wasReset: summary.ending == .reset, sighting)
            }
        }
        guard limits.upgradePorts.contains(flow.server.port), flow.hasForeign, !flow.hasRecords,
            summary.ending != .open, summary.bytes.allSatisfy({ $0 > 0 })
        else { return }
        let it = AlarmCase(
            kind: .strippedUpgrade, severity: .low, sighting: summary.last, flow: summary.number,
            target: flow.server, isForgeable: !isProven(flow))
        desk.raise(
            it,
            "the connection between \(flow.client) and \(flow.server) stayed in the clear to its end: use the port where "
                + "TLS begins at once, and require TLS in the client")
    }
}
