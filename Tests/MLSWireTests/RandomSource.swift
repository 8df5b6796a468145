import MLSWire

/// Random values that can be had again: the same seed gives the same (SplitMix64).
struct RandomSource: RandomNumberGenerator {
    private var state: UInt64
    /// How many bytes opaque values have.
    var lengths: ClosedRange<Int>
    /// How many elements lists have.
    var counts: ClosedRange<Int>

    init(seed: UInt64, lengths: ClosedRange<Int> = 0...4, counts: ClosedRange<Int> = 0...2) {
        state = seed
        self.lengths = lengths
        self.counts = counts
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func number<Number: FixedWidthInteger & UnsignedInteger>() -> Number {
        .random(in: .min ... .max, using: &self)
    }

    mutating func choice(_ count: Int) -> Int { .random(in: 0..<count, using: &self) }

    mutating func bytes() -> [UInt8] {
        // Now and then a length at which the length's own length changes.
        let edges = [63, 64, 16_383, 16_384].filter { $0 <= lengths.upperBound }
        let count = edges.isEmpty || choice(8) > 0 ? Int.random(in: lengths, using: &self) : edges[choice(edges.count)]
        return (0..<count).map { _ in number() }
    }

    mutating func list<Element>(_ element: (inout RandomSource) -> Element) -> [Element] {
        (0..<Int.random(in: counts, using: &self)).map { _ in element(&self) }
    }

    mutating func value<Value: RandomStructure>(_: Value.Type = Value.self) -> Value { .random(&self) }

    mutating func list<Element: RandomStructure>() -> [Element] { list { $0.value() } }
}

/// A structure that can be made at random: every value that is valid on the wire has a chance.
protocol RandomStructure: MLSStructure {
    static func random(_ source: inout RandomSource) -> Self
}
