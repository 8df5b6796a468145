/// Whether only handshakes and ciphertext were on the wire.
public enum Verdict: String, Hashable, Sendable {
    case proven
    case refuted
    /// The capture does not show enough to say.
    case inconclusive

    /// What a program exits with.
    public var exitStatus: Int32 {
        switch self {
        case .proven: 0
        case .refuted: 1
        case .inconclusive: 2
        }
    }

    /// Of two verdicts on one capture the one that counts: what refutes outweighs what is open, and that what is proven.
    public static func worse(_ left: Verdict, _ right: Verdict) -> Verdict {
        let both = [left, right]
        return both.contains(.refuted) ? .refuted : both.contains(.inconclusive) ? .inconclusive : .proven
    }
}

/// What a whole capture showed.
public struct TrafficReport: Sendable {
    /// On what was on the wire.
    public var verdict: Verdict
    /// Why, the weightiest first.
    public var findings: [Finding]
    public var ledger: ByteLedger
    /// Bytes of TCP payload, counted apart from the ledger.
    public var payloadBytes: Int
    public var packets: Int
    public var flows: [FlowSummary]
    /// How many connections there were, also those that ``flows`` does not list.
    public var flowCount: Int
    public var establishedCount: Int
    /// Records that the keys opened, and those that they did not open.
    public var opened: Int
    public var unopened: Int
    /// Packets without a TCP segment, by kind.
    public var otherTraffic: [OtherTraffic: Int]
    public var markers: [String]
    /// Of the patterns seeded into a copy, how many the search found.
    public var control: (found: Int, of: Int)
    /// What was inside of what the keys opened, if somebody looked.
    public var inside: InnerReport?

    /// On everything that was asked.
    public var wholeVerdict: Verdict { Verdict.worse(verdict, inside?.verdict ?? verdict) }
}

/// What the source of the packets knows of its own failings.
public struct CaptureFacts: Hashable, Sendable {
    /// Packets that were lost before they could be captured.
    public var drops = 0
    /// The file ends in the middle of a packet.
    public var endsEarly = false
    /// Why there is more than could be read, in a sentence.
    public var damage: String?

    public init(drops: Int = 0, endsEarly: Bool = false, damage: String? = nil) {
        self.drops = drops
        self.endsEarly = endsEarly
        self.damage = damage
    }
}
