/// Something that a person, or a firewall, should act on now.
public struct Alarm: Hashable, Sendable {
    public enum Severity: String, Hashable, Sendable, CaseIterable { case low, medium, high }

    /// A number that speaks for the alarm: `ports`, 97.
    public struct Evidence: Hashable, Sendable {
        public var name: String
        public var value: Int

        public init(_ name: String, _ value: Int) {
            self.name = name
            self.value = value
        }
    }

    public var kind: Kind
    public var severity: Severity
    /// Nanoseconds since 1970.
    public var time: Int64
    public var packet: Int
    /// In one sentence: what happened, and what to do.
    public var words: String
    /// The connection, from 1.
    public var flow: Int?
    /// Whom it is about: the one who scans or talks. Nobody, if whoever did it hides behind another's address.
    public var source: IPAddress?
    public var target: Endpoint?
    /// Whether somebody who forges addresses could have caused it (a bare SYN), so that no long ban may rest on it.
    public var isForgeable: Bool
    /// The same for every alarm of one kind about the same source and target, in every run: 16 hexadecimal digits.
    public var id: String
    /// How often it happened since an alarm of this id was last raised, this time included.
    public var count: Int
    /// What was counted, the weightiest first.
    public var evidence: [Evidence]
    /// Over what time the evidence was counted; 0 if it is of a moment.
    public var windowNanoseconds: Int64

    public init(
        kind: Kind, severity: Severity, time: Int64, packet: Int, words: String, flow: Int? = nil,
        source: IPAddress? = nil, target: Endpoint? = nil, isForgeable: Bool, id: String = "", count: Int = 1,
        evidence: [Evidence] = [], windowNanoseconds: Int64 = 0
    ) {
        self.kind = kind
        self.severity = severity
        self.time = time
        self.packet = packet
        self.words = words
        self.flow = flow
        self.source = source
        self.target = target
        self.isForgeable = isForgeable
        self.id = id
        self.count = count
        self.evidence = evidence
        self.windowNanoseconds = windowNanoseconds
    }
}
