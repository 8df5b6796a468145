public import TLSWire

/// What the monitor tells while it watches.
public enum MonitorEvent: Sendable {
    case opened(FlowSummary)
    case record(RecordEvent)
    /// Both sides have sent records under keys, so many nanoseconds after the first packet.
    case established(flow: Int, after: Int64)
    case finding(Finding)
    case alarm(Alarm)
    case closed(FlowSummary)
}

/// A TLS record that was seen.
public struct RecordEvent: Sendable {
    public var flow: Int
    public var client: Endpoint
    public var server: Endpoint
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
    /// Handshake messages in the clear that it completes.
    public var messages: [HandshakeType]
    /// Names of handshake messages or of the alert, in the clear.
    public var words: [String]
    /// The alert, in the clear.
    public var alert: Alert?
    /// The hello that this record completed.
    public var clientHello: ClientHello?
    public var serverHello: ServerHello?
    /// Certificates in the clear that it completed, the sender's own first.
    public var certificates: [CertificateFacts]
    /// What it probably is, of an encrypted record that nobody opened.
    public var inference: Inference?
    /// What the keys show of it, if there are any.
    public var inner: InnerRecord?
    /// The first bytes of its payload, as they were on the wire.
    public var sample: [UInt8]
    /// The packet that completed it.
    public var sighting: Sighting

    /// A part of its payload did not come.
    public var isPartial: Bool { seen < length }
}

/// A connection as it was seen.
public struct FlowSummary: Hashable, Sendable {
    /// From 1, in the order of their first packets.
    public var number: Int
    public var client: Endpoint
    public var server: Endpoint
    public var start: Sighting
    /// The last packet so far.
    public var last: Sighting
    public var version: TLSVersion?
    public var cipherSuite: TLSCipherSuite?
    public var group: NamedGroup?
    /// What was offered and chosen, whole.
    public var clientHello: ClientHello?
    public var serverHello: ServerHello?
    /// As the client asked for it, made harmless for a terminal.
    public var serverName: String?
    public var applicationProtocol: String?
    /// Fingerprints of what the client offered and the server chose.
    public var ja3: String?
    public var ja3s: String?
    public var ja4: String?
    /// Of certificates in the clear (before TLS 1.3), the server's chain and the client's.
    public var serverCertificates: [CertificateFacts]
    public var clientCertificates: [CertificateFacts]
    /// A protocol that was spoken in the clear before TLS began: `SMTP`, `HTTP CONNECT`, `SOCKS5`.
    public var prefix: String?
    /// Whether the client proved who it is, as far as sizes tell.
    public var clientCertificate: Inference?
    public var isResumed: Bool
    public var hasRetry: Bool
    public var isEstablished: Bool
    /// How it ended: `open`, `closed` (close_notify from both, or FIN), `reset`.
    public var ending: FlowEnding
    /// Zeek's letters for what passed, the client's in upper case: `ClientHello` C, `ServerHello` S, …
    public var history: String
    /// The last alert in the clear.
    public var lastAlert: Alert?
    /// Records that the keys opened, and those that they did not open.
    public var opened: Int
    public var unopened: Int
    /// Records inside of which the keys show TLS again.
    public var nestedRecords: Int
    /// Both directions' bytes.
    public var ledger: ByteLedger
    /// Payload bytes of each direction, client first.
    public var bytes: [Int]
    public var records: Int
    /// Rules that it was held against, and those that it broke.
    public var conformance: ConformanceSummary
}

/// How a connection ended.
public enum FlowEnding: String, Hashable, Sendable, CaseIterable {
    /// Its end is not in the capture.
    case open
    case closed
    case reset
}
