import TLSMonitor
import TLSWire

/// A connection as the live view knows it.
struct LiveFlow: Sendable {
    /// A record, kept small: what is shown of it is made when it is shown.
    struct Record: Sendable {
        var time: Int64
        var direction: FlowDirection
        var kind: RecordClass
        var length: Int
        var words: [String]
        /// What hellos and certificates say.
        var facts: [String]
        var inference: Inference?
        var inner: InnerRecord?
    }

    let number: Int
    let client: Endpoint
    let server: Endpoint
    let start: Int64
    var last: Int64
    var serverName: String?
    var version: TLSVersion?
    var suite: TLSCipherSuite?
    var group: NamedGroup?
    var offersPostQuantum = false
    var ja3: String?
    var ja4: String?
    var ja3s: String?
    var protocols: [String] = []
    var state = "TCP"
    var isEstablished = false
    var setup: Int64?
    var ending: FlowEnding?
    var records = 0
    var bytes = 0
    /// Bytes in a second, smoothed.
    var rate = 0.0
    private var countedBytes = 0
    var classes: [RecordClass: Int] = [:]
    /// The last of them, the newest last.
    private(set) var recent: [Record] = []
    var serverCertificate: CertificateFacts?
    var clientCertificate: Inference?
    var hasClientCertificate = false
    var alarms = 0
    var violations = 0
    /// The weightiest of what was said about it.
    var warning: String?
    private(set) var clientRecords = 0

    /// Records of one connection that are kept.
    static let mostRecords = 64

    init(_ flow: FlowSummary) {
        number = flow.number
        client = flow.client
        server = flow.server
        start = flow.start.time
        last = flow.last.time
    }

    /// Of a connection whose beginning is no longer known.
    init(_ record: RecordEvent) {
        number = record.flow
        client = record.client
        server = record.server
        start = record.sighting.time
        last = start
    }

    var hasEnded: Bool { ending != nil }

    mutating func take(_ record: RecordEvent) {
        records += 1
        bytes += record.seen + 5
        last = record.sighting.time
        classes[record.kind, default: 0] += 1
        if let hello = record.clientHello { take(hello) }
        if let hello = record.serverHello { take(hello) }
        if let certificate = record.certificates.first {
            if record.direction == .serverToClient {
                serverCertificate = certificate
            } else {
                hasClientCertificate = true
            }
        }
        if !isEstablished { follow(record) }
        // Until the whole handshake was judged: a Certificate of the client is one in its handshake.
        if record.direction == .clientToServer, clientCertificate == nil, let guess = record.inference,
            guess.names.contains("Certificate")
        {
            clientCertificate = guess
        }
        if record.kind == .alert { state = "alert: \(record.words.joined(separator: " "))" }
        recent.append(
            Record(
                time: record.sighting.time, direction: record.direction, kind: record.kind, length: record.length,
                words: record.words, facts: EventLines.facts(record), inference: record.inference, inner: record.inner))
        // Not at each one: that would move all of them each time.
        if recent.count > 2 * Self.mostRecords { recent.removeFirst(recent.count - Self.mostRecords) }
    }

    private mutating func take(_ hello: ClientHello) {
        serverName = hello.extensions.serverName.map { EventLines.text($0, most: 255) }
        protocols = hello.extensions.applicationProtocols.map { EventLines.text($0) }
        offersPostQuantum = hello.offersPostQuantum
        (ja3, ja4) = (hello.ja3, hello.ja4)
    }

    private mutating func take(_ hello: ServerHello) {
        group = hello.extensions.keyShareGroups.first
        guard !hello.isRetryRequest else { return }
        (version, suite, ja3s) = (hello.version, hello.cipherSuite, hello.ja3s)
    }

    /// The handshake as it happens.
    private mutating func follow(_ record: RecordEvent) {
        switch record.kind {
        case .handshake: if let word = record.words.last { state = word }
        case .protected:
            state = record.direction == .serverToClient ? "server's handshake" : "client's handshake"
        case .unaccounted: state = "not TLS"
        case .changeCipherSpec, .alert: break
        }
    }

    mutating func establish(after time: Int64) {
        isEstablished = true
        setup = time
        state = "established"
    }

    mutating func end(_ ending: FlowEnding) {
        self.ending = ending
        rate = 0
        if state == "established" || state == "TCP" || ending == .reset {
            state = ending == .open ? "left open" : ending.rawValue
        }
    }

    mutating func close(_ flow: FlowSummary) {
        last = flow.last.time
        clientCertificate = flow.clientCertificate ?? clientCertificate
        bytes = max(bytes, flow.bytes.reduce(0, +))
        end(flow.ending)
    }

    /// - Parameter seconds: since this was last called.
    mutating func tick(_ seconds: Double) {
        guard seconds > 0 else { return }
        let now = Double(bytes - countedBytes) / seconds
        countedBytes = bytes
        let share = min(1, seconds / 2)
        rate = hasEnded ? 0 : rate + (now - rate) * share
        if rate < 0.5 { rate = 0 }
    }

    mutating func warn(_ words: String, isViolation: Bool) {
        if isViolation { violations += 1 } else { alarms += 1 }
        if isViolation, records == 0 { state = "not TLS" }
        if warning == nil || isViolation { warning = words }
    }

    /// What a filter looks in.
    func matches(_ words: String) -> Bool {
        guard !words.isEmpty else { return true }
        let texts: [String?] = [
            "#\(number)", "\(client)", "\(server)", serverName, version?.description, suite?.description,
            group?.description, state, ja4, warning,
        ]
        return texts.contains { $0?.lowercased().contains(words) ?? false }
    }
}
