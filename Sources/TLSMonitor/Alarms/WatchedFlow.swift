import TLSWire

/// Of a TLS connection, what alarms need.
struct WatchedFlow: Sendable {
    /// What one side sent.
    struct Half: Sendable {
        /// Behind its last record in the stream, modulo 2^32 as TCP counts.
        var end: UInt32 = 0
        /// Records under keys.
        var protected = 0
        /// How its last record looks like a close_notify.
        var closing = Closing.none
        /// Of its last heartbeat.
        var heartbeat = 0
        /// A record that is not whole, and where it was seen.
        var partial: Sighting?
    }

    enum Closing: UInt8, Sendable {
        case none
        /// It is as long as an alert.
        case likely
        case certain
    }

    var client: Endpoint
    var server: Endpoint
    var client13 = false
    var isPostQuantumOffered = false
    var isTLS13 = false
    /// How long an alert is under the keys of TLS 1.3.
    var alertLength = 19
    var hasRecords = false
    var hasHello = false
    var hasForeign = false
    /// Not all of it is in the capture.
    var hasGap = false
    /// Keys open it.
    var isOpened = false
    var hasEnded = false
    /// A fatal alert was counted.
    var hasAlert = false
    /// Records of the server behind the client's first one under keys.
    var answers = 0
    /// Of the name that the client asked for.
    var name: UInt64 = 0
    var sizes = SizeBaseline()
    var fromClient = Half()
    var fromServer = Half()

    init(client: Endpoint, server: Endpoint) {
        self.client = client
        self.server = server
    }

    subscript(direction: FlowDirection) -> Half {
        get { direction == .clientToServer ? fromClient : fromServer }
        set { if direction == .clientToServer { fromClient = newValue } else { fromServer = newValue } }
    }

    var isEstablished: Bool { fromClient.protected > 0 && fromServer.protected > 0 }

    /// Notes a record of it.
    mutating func note(_ record: RecordEvent) {
        hasRecords = true
        if record.clientHello != nil || record.serverHello != nil { hasHello = true }
        var half = self[record.direction]
        half.end = UInt32(truncatingIfNeeded: record.offset + TLSRecordHeader.length + record.length)
        if record.seen < record.length { half.partial = record.sighting }
        half.closing = closing(record)
        if record.kind == .protected {
            half.protected += 1
            if record.direction == .serverToClient, fromClient.protected > 0 { answers += 1 }
        }
        self[record.direction] = half
    }

    private mutating func closing(_ record: RecordEvent) -> Closing {
        if let alert = record.alert { return alert.isClosure || alert.level == 2 ? .certain : .none }
        if case .authentic(let content) = record.inner {
            isOpened = true
            return content.alert != nil ? .certain : .none
        }
        guard record.kind == .protected else { return .none }
        if !isTLS13 { return record.contentType == .alert ? .certain : .none }
        return record.length == alertLength ? .likely : .none
    }
}

/// A number for a text, the same in every run (FNV-1a).
func stableNumber(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
}
