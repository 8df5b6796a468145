extension AlarmWatch {
    // MARK: Scans and floods

    /// A source tried a target in vain.
    mutating func count(_ source: IPAddress, _ target: Endpoint, isProven: Bool, _ sighting: Sighting) {
        let time = PacketTime.safe(sighting.time)
        guard let scan = scans.see(source, target, isProven: isProven, at: time) else { return }
        let isForgeable = scan.proven < scans.limit(scan.way)
        let seconds = limits.scanSeconds
        var it = AlarmCase(
            kind: .portScan, severity: .medium, sighting: sighting, source: source.isV4 ? source : source.network,
            isForgeable: isForgeable, window: PacketTime.seconds(seconds))
        it.subject = UInt64(scan.way.rawValue)
        let place: String
        let name: String
        switch scan.way {
        case .ports:
            it.target = Endpoint(address: target.address, port: 0)
            (place, name) = ("\(scan.count) ports of \(target.address)", "ports")
        case .hosts:
            it.subject |= UInt64(target.port) << 8
            (place, name) = ("port \(target.port) of \(scan.count) hosts", "hosts")
        case .targets: (place, name) = ("\(scan.count) ports and hosts", "targets")
        }
        let who = source.isV4 ? "\(source)" : "\(source.network)/64"
        let advice = isForgeable ? "block it, for 2 minutes at most: the address may be forged" : "block it"
        desk.raise(
            it,
            evidence: [
                Alarm.Evidence(name, scan.count), Alarm.Evidence("proven", scan.proven),
                Alarm.Evidence("port", Int(target.port)), Alarm.Evidence("window_s", seconds),
            ], "\(who) tried \(place) in vain within \(seconds) s; if it is not yours, \(advice)")
    }

    mutating func tell(_ flood: FloodWatch.Result) {
        let seconds = Int(floods.window / PacketTime.second)
        let it = AlarmCase(
            kind: .synFlood, severity: flood.open >= 10 * limits.floodSyns ? .high : .medium,
            sighting: flood.sighting, source: nil, target: flood.target, isForgeable: true, window: floods.window)
        let from = flood.source.map { "one address (\($0))" } ?? "at least \(max(2, flood.sources)) addresses"
        desk.raise(
            it,
            evidence: [
                Alarm.Evidence("syns", flood.begun), Alarm.Evidence("open", flood.open),
                Alarm.Evidence("completed", flood.begun - flood.open), Alarm.Evidence("sources", flood.sources),
                Alarm.Evidence("window_s", seconds),
            ],
            "\(flood.open) of \(flood.begun) connections to \(flood.target) were begun and not completed within "
                + "\(seconds) s, from \(from), which may be forged; turn on SYN cookies and limit new connections there"
        )
    }

    // MARK: Resets

    /// A reset that its sender did not send, as it seems.
    mutating func suspect(_ news: ConnectionWatch.News, _ sighting: Sighting) {
        let sender = news.isFromClient ? "the client" : "the server"
        let words: String
        let severity: Alarm.Severity
        if news.steps.contains(.continues) {
            severity = .high
            words = "\(sender) goes on after a reset in its name"
        } else if news.steps.contains(.resetAgain) {
            severity = .high
            words = "several resets in the name of \(sender), each out of place"
        } else {
            severity = .medium
            words = "a reset in the name of \(sender) that is out of place"
        }
        let (client, server) = (news.client, news.server)
        var it = AlarmCase(
            kind: .resetInjection, severity: severity, sighting: sighting, flow: news.flow > 0 ? news.flow : nil,
            target: server, isForgeable: true)
        it.subject =
            client.address.high ^ client.address.low &+ UInt64(client.port) << 32 &+ UInt64(severity == .high ? 1 : 0)
        desk.raise(
            it,
            "\(words), between \(client) and \(server): somebody on the way cuts the connection; find that device, and "
                + "block neither address")
    }

    // MARK: Talkers and rates

    /// A connection was completed.
    mutating func greet(_ news: ConnectionWatch.News, _ sighting: Sighting, _ time: Int64) {
        guard limits.chatPorts.contains(news.server.port) else { return }
        let address = news.client.address
        let (index, isNew) = talkers.claim(address.network, at: time, true)
        talkers.rank(index, news.isProven ? 2 : 1)
        let learning = limits.knownTalkers.isEmpty ? PacketTime.seconds(limits.learnSeconds) : 0
        guard isNew, time - (start ?? time) >= learning else { return }
        let it = AlarmCase(
            kind: .newTalker, severity: .low, sighting: sighting, flow: news.flow > 0 ? news.flow : nil,
            source: address, target: news.server, isForgeable: !news.isProven)
        desk.raise(
            it,
            "\(address) connects to \(news.server) for the first time; if nobody new is expected, find out who it is")
    }

    mutating func tell(
        _ burst: RateWatch.Result, _ segment: TCPSegment, _ news: ConnectionWatch.News, _ sighting: Sighting
    ) {
        let seconds = limits.rateSeconds
        let it = AlarmCase(
            kind: .rateBurst, severity: .low, sighting: sighting, flow: news.flow > 0 ? news.flow : nil,
            source: segment.source.address, target: segment.destination, isForgeable: !news.isProven,
            window: rates.window)
        desk.raise(
            it,
            evidence: [
                Alarm.Evidence("bytes", burst.bytes), Alarm.Evidence("usual", burst.usual),
                Alarm.Evidence("window_s", seconds),
            ],
            "\(segment.source.address) has sent \(burst.bytes) bytes within \(seconds) s, where \(burst.usual) are usual, "
                + "lately to \(segment.destination); ask whether that is meant")
    }

    // MARK: Ends

    /// One side has ended, and all that it sent before was seen.
    mutating func end(
        _ news: ConnectionWatch.News, _ direction: FlowDirection, _ segment: TCPSegment, _ sighting: Sighting
    ) {
        guard news.flow > 0, let place = flows.find(UInt64(news.flow)), !flows[place].hasGap, !flows[place].hasForeign,
            flows[place].isEstablished, let connection = connections.connection(news.client, news.server)
        else { return }
        let side = direction == .clientToServer ? connection.client : connection.server
        let half = flows[place][direction]
        guard !side.marks.contains(.hole) else { return }
        if side.end &- side.origin != half.end {
            cut(flows[place], news.flow, direction, wasReset: segment.flags.contains(.rst), sighting)
            flows[place].hasEnded = true
        } else if side.marks.contains(.first) {
            switch half.closing {
            case .certain: break
            case .likely:
                // A server that hangs up right behind the client's certificate has refused it.
                if direction == .serverToClient, flows[place].answers == 1 {
                    refuse(place, news.flow, isProven: connection.isProven, isInferred: true, sighting)
                }
            case .none: unannounced(flows[place], news.flow, direction, sighting)
            }
        }
    }

    private mutating func unannounced(
        _ flow: WatchedFlow, _ number: Int, _ direction: FlowDirection, _ sighting: Sighting
    ) {
        let isSure = flow.isOpened || !flow.isTLS13
        var it = AlarmCase(
            kind: .truncation, severity: isSure && direction == .serverToClient ? .medium : .low, sighting: sighting,
            flow: number,
            target: flow.server, isForgeable: true)
        it.subject = flow.client.address.high ^ flow.client.address.low
        let inferred = isSure ? "" : " (inferred: its last record is not as long as one)"
        desk.raise(
            it, evidence: [Alarm.Evidence("inferred", isSure ? 0 : 1)],
            "\(direction.sender) ended the connection between \(flow.client) and \(flow.server) without "
                + "close_notify\(inferred): the last messages may have been cut off; check that they came")
    }

    mutating func cut(
        _ flow: WatchedFlow, _ number: Int, _ direction: FlowDirection, wasReset: Bool, _ sighting: Sighting
    ) {
        var it = AlarmCase(
            kind: .truncation, severity: wasReset ? .low : .medium, sighting: sighting, flow: number,
            target: flow.server, isForgeable: true)
        it.subject = ~(flow.client.address.high ^ flow.client.address.low)
        desk.raise(
            it, evidence: [Alarm.Evidence("inferred", 0)],
            "the connection between \(flow.client) and \(flow.server) was \(wasReset ? "reset" : "ended") in the middle of "
                + "a record of \(direction.sender): do not trust that its last message was whole, and see who cut it")
    }
}
