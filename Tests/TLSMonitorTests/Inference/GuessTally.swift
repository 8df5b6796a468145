import TLSMonitor

/// Guesses beside what the keys show.
struct GuessTally {
    struct Entry {
        var flow: Int
        var direction: FlowDirection
        var number: Int
        var length: Int
        var guess: Inference?
        /// Names of what the record holds.
        var truth: [String]
        var isAlert: Bool

        /// An alert is an alert, whichever it is; of a whole flight in one record no guess says whether it asks for a certificate.
        var isRight: Bool {
            guard let names = guess?.names else { return false }
            return names == truth || (names == ["alert"] && isAlert)
                || (names.count > 1 && names == truth.filter { $0 != "CertificateRequest" })
        }
    }

    struct Client {
        var guess: Inference?
        /// Whether the client sent a certificate that is not empty.
        var hasSent: Bool

        var isRight: Bool { guess?.names == [hasSent ? "client certificate" : "no client certificate"] }
    }

    /// What the monitor told, without the keys and with them.
    let blindEvents: [MonitorEvent]
    let events: [MonitorEvent]
    var entries: [Entry] = []
    var clients: [Client] = []

    /// - Parameter packets: a capture.
    init(_ packets: [TestPacket], _ keyLog: KeyLog) {
        blindEvents = Self.events(packets, nil)
        events = Self.events(packets, keyLog)
        var guesses: [Place: Inference] = [:]
        var clientGuesses: [Int: Inference] = [:]
        for event in blindEvents {
            switch event {
            case .record(let record): guesses[Place(record)] = record.inference
            case .closed(let flow): clientGuesses[flow.number] = flow.clientCertificate
            default: break
            }
        }
        var senders: Set<Int> = []
        for event in events {
            switch event {
            case .record(let record):
                guard case .authentic(let inner) = record.inner else { continue }
                // A chain begins in a record, and may end in the next.
                if record.direction == .clientToServer, inner.type == 22,
                    inner.messages.contains(where: { $0.rawValue == 15 })
                {
                    senders.insert(record.flow)
                }
                entries.append(
                    Entry(
                        flow: record.flow, direction: record.direction, number: record.number, length: record.length,
                        guess: guesses[Place(record)],
                        truth: inner.type == 23 ? ["application data"] : inner.words, isAlert: inner.type == 21))
            case .closed(let flow):
                guard flow.version == .tls13, flow.isEstablished, flow.opened > 0 else { continue }
                clients.append(Client(guess: clientGuesses[flow.number], hasSent: senders.contains(flow.number)))
            default: break
            }
        }
    }

    private struct Place: Hashable {
        var flow: Int
        var direction: FlowDirection
        var number: Int

        init(_ record: RecordEvent) {
            (flow, direction, number) = (record.flow, record.direction, record.number)
        }
    }

    private static func events(_ packets: [TestPacket], _ keyLog: KeyLog?) -> [MonitorEvent] {
        let monitor = TrafficMonitor(reportsRecords: true, keyLog: keyLog)
        var events: [MonitorEvent] = []
        for (index, packet) in packets.enumerated() {
            packet.bytes.withUnsafeBytes { bytes in
                monitor.receive(
                    CapturedPacket(
                        number: index + 1, time: Int64(index) * 1_000_000, link: packet.link,
                        originalLength: packet.originalLength), bytes)
            }
            events += monitor.takeEvents()
        }
        _ = monitor.finish(CaptureFacts())
        return events + monitor.takeEvents()
    }

    // MARK: How good the guesses are

    var guessed: [Entry] { entries.filter { $0.guess != nil } }

    /// The mean square of how far a confidence is from what came: 0 is best, 0.25 is a coin's.
    var brier: Double {
        let errors = guessed.map { entry -> Double in
            let error = (entry.guess?.confidence ?? 0) - (entry.isRight ? 1 : 0)
            return error * error
        }
        return errors.isEmpty ? 0 : errors.reduce(0, +) / Double(errors.count)
    }

    /// By how much confidence and share of right guesses differ, in ten classes of confidence, weighted by their size.
    var calibrationError: Double {
        let classes = Dictionary(grouping: guessed) { Int(($0.guess?.confidence ?? 0) * 9.999) }
        let gaps = classes.values.map { entries -> Double in
            let confidence = entries.reduce(0) { $0 + ($1.guess?.confidence ?? 0) }
            return abs(confidence - Double(entries.count(where: \.isRight)))
        }
        return guessed.isEmpty ? 0 : gaps.reduce(0, +) / Double(guessed.count)
    }
}
