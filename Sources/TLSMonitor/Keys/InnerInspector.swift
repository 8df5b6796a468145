/// Judges what the keys of TLS open: one for a whole capture.
///
/// It is fed with the content of every record that was opened, in the sender's order, each direction of each connection by itself.
public protocol InnerInspector: AnyObject {
    /// A record was opened.
    /// - Parameter type: of its content, as a record names it (RFC 8446 §5.1): 23 for the application's bytes.
    func receive(_ content: [UInt8], type: UInt8, at place: InnerPlace)
    /// Something before this place, or at it, could not be opened: what comes next does not follow what came before.
    func miss(_ reason: String, at place: InnerPlace)
    /// Nothing more will come of this connection.
    func close(flow: Int)
    /// Nothing more will come.
    func finish() -> InnerReport
}

/// Where in a capture a record was that was opened.
public struct InnerPlace: Hashable, Sendable {
    /// The connection, from 1.
    public var flow: Int
    public var direction: FlowDirection
    /// Of the record's first byte in its direction's stream of TCP.
    public var offset: Int
    /// The packet that completed it.
    public var packet: Int

    public init(flow: Int, direction: FlowDirection, offset: Int, packet: Int) {
        self.flow = flow
        self.direction = direction
        self.offset = offset
        self.packet = packet
    }
}

/// What an inspector found inside.
public struct InnerReport: Sendable {
    public var verdict: Verdict
    /// The verdict in one sentence.
    public var words: String
    /// Why, the weightiest first.
    public var findings: [Finding]
    /// For people: a name of one word, and what there is to say.
    public var facts: [(name: String, words: String)]
    /// For programs: how often there was what.
    public var counts: [(name: String, count: Int)]
    /// Where every byte of the content went.
    public var ledger: [(name: String, bytes: Int)]

    public init(
        verdict: Verdict, words: String, findings: [Finding], facts: [(name: String, words: String)],
        counts: [(name: String, count: Int)], ledger: [(name: String, bytes: Int)]
    ) {
        self.verdict = verdict
        self.words = words
        self.findings = findings
        self.facts = facts
        self.counts = counts
        self.ledger = ledger
    }
}
