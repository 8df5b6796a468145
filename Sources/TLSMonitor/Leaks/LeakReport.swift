/// What the lengths and times of encrypted records tell somebody who has no keys.
public struct LeakReport: Hashable, Sendable {
    /// All connections together.
    public var whole: LeakScore
    /// Each connection by itself, those with the most records first; at most ``LeakMeter/mostFlows``.
    public var flows: [FlowLeak]
    /// What the same traffic would show if it were padded; the first one is as it is.
    public var forecasts: [PaddingForecast]
    /// The score if what is padding were not there: only known with keys that open the records.
    public var unpadded: PaddingForecast?
    /// What share of the contents' lengths the records' lengths give away, `0...1`: mutual information over entropy. Only with keys.
    public var contentShare: Double?
    /// More connections or lengths came than are kept: the figures are of a part, and no less than they say.
    public var isCapped: Bool
}

/// What one connection, or several, give away.
public struct LeakScore: Hashable, Sendable {
    /// From 0, nothing, to 100: 65 times how often two records can be told apart by length, and 35 times how often two gaps can be
    /// by their magnitude.
    public var value: Int
    public var client: SizeLeak
    public var server: SizeLeak
    public var times: TimeLeak
    /// Bytes of records' payloads.
    public var bytes: Int
    /// From the first record to the last, in nanoseconds.
    public var duration: Int64

    public var records: Int { client.records + server.records }
    /// How often two records of one sender, taken at random, differ in length, `0...1`.
    public var sizeDistinguishability: Double { Self.mean(client, server, \.distinguishability) }
    /// In bits a record.
    public var sizeEntropy: Double { Self.mean(client, server, \.entropy) }
    /// Different lengths that either side sent.
    public var distinctSizes: Int { client.distinct + server.distinct }

    static func mean(_ one: SizeLeak, _ other: SizeLeak, _ what: KeyPath<SizeLeak, Double>) -> Double {
        let total = Double(one.records + other.records)
        guard total > 0 else { return 0 }
        return (one[keyPath: what] * Double(one.records) + other[keyPath: what] * Double(other.records)) / total
    }

    static let sizeWeight = 65.0, timeWeight = 35.0

    static func value(sizes: Double, times: Double) -> Int {
        Int((sizeWeight * sizes + timeWeight * times).rounded())
    }
}

/// What the lengths of one sender's records show.
public struct SizeLeak: Hashable, Sendable {
    public var records: Int
    /// Different lengths. An observer learns at most the logarithm of this from one record (min-entropy leakage, Smith 2009).
    public var distinct: Int
    /// Shannon's, in bits a record.
    public var entropy: Double
    /// How often two records, taken at random, differ, `0...1`.
    public var distinguishability: Double
    /// Of the most frequent length, `0...1`: how often the best guess of a length is right.
    public var largestShare: Double
    /// Of records' payloads, in bytes.
    public var shortest: Int
    public var longest: Int
    /// What the lengths are multiples of, besides a constant: somebody pads.
    public var grid: Int?

    init(_ histogram: LengthHistogram) {
        records = histogram.total
        distinct = histogram.distinct
        entropy = histogram.entropy
        distinguishability = histogram.distinguishability
        largestShare = histogram.largestShare
        shortest = histogram.shortest
        longest = histogram.longest
        grid = histogram.grid
    }
}

/// What the times of records show.
public struct TimeLeak: Hashable, Sendable {
    /// Gaps between one sender's records.
    public var gaps: Int
    /// Of the gaps' magnitudes (powers of two of a microsecond), in bits a gap.
    public var entropy: Double
    /// How often two gaps, taken at random, differ in magnitude, `0...1`: 0 for traffic at a constant pace.
    public var distinguishability: Double
    /// From -1, a clock, over 0, chance, to 1, bursts (Goh and Barabási 2008).
    public var burstiness: Double
    /// Records of the client that came like keys being pressed: short, alike, 40 ms to 1 s apart, six in a row.
    public var keystrokes: Int
    /// How often the client began to speak, and the share of it that the server answered within a second.
    public var turns: Int
    public var answered: Double
}

/// One connection's score.
public struct FlowLeak: Hashable, Sendable {
    /// From 1, in the order of first packets.
    public var number: Int
    public var client: Endpoint
    public var server: Endpoint
    public var score: LeakScore
}

/// What traffic shows if it is padded in one way.
public struct PaddingForecast: Hashable, Sendable {
    public var policy: PaddingPolicy
    public var value: Int
    public var distinctSizes: Int
    /// In bits a record.
    public var sizeEntropy: Double
    /// How often two records differ in length, `0...1`.
    public var sizeDistinguishability: Double
    /// What it costs: bytes more, as a share of what was sent; less than 0 if padding was taken away.
    public var cost: Double
}
