public import TLSWire

/// What the monitor tells while it watches.
public enum MonitorEvent: Sendable {
    case opened(FlowSummary)
    case record(RecordEvent)
    /// Both sides have sent records under keys, so many nanoseconds after the first packet.
    case established(flow: Int, after: Int64)
    case finding(Finding)
    case closed(FlowSummary)
}

/// A TLS record that was seen.
public struct RecordEvent: Sendable {
    public var flow: Int
    public var direction: FlowDirection
    /// From 1, in its direction.
    public var number: Int
    public var contentType: TLSContentType
    public var version: TLSVersion
    /// Of the payload, in bytes.
    public var length: Int
    /// Of the payload that came: less, if the capture or the connection ended before, or has a gap.
    public var seen: Int
    /// Of the record's first byte in the stream.
    public var offset: Int
    public var kind: RecordClass
    /// Names of handshake messages or of the alert, in the clear.
    public var words: [String]
    /// The hello that this record completed.
    public var clientHello: ClientHello?
    public var serverHello: ServerHello?
    /// What the keys show of it, if there are any.
    public var inner: InnerRecord?
    /// The first bytes of its payload, as they were on the wire.
    public var sample: [UInt8]
    /// The packet that completed it.
    public var sighting: Sighting
}

/// A connection as it was seen.
public struct FlowSummary: Hashable, Sendable {
    /// From 1, in the order of their first packets.
    public var number: Int
    public var client: Endpoint
    public var server: Endpoint
    public var start: Sighting
    public var version: TLSVersion?
    public var cipherSuite: TLSCipherSuite?
    public var group: NamedGroup?
    /// As the client asked for it, made harmless for a terminal.
    public var serverName: String?
    public var applicationProtocol: String?
    /// Fingerprints of what the client offered and the server chose.
    public var ja3: String?
    public var ja3s: String?
    public var ja4: String?
    public var isEstablished: Bool
    /// Records that the keys opened, and those that they did not open.
    public var opened: Int
    public var unopened: Int
    /// Both directions' bytes.
    public var ledger: ByteLedger
    /// Payload bytes of each direction, client first.
    public var bytes: [Int]
    public var records: Int
}
