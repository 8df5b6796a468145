/// Which of several port rules decides a port: ranges that do not overlap, of ranges that may, the first that holds a port winning.
struct PortSegments {
    struct Segment: Hashable {
        var ports: ClosedRange<UInt16>
        /// The id of the rule that decides.
        var rule: Int
    }

    /// In order of their ports.
    private(set) var segments: [Segment] = []

    /// - Parameter rules: Ids with the ports of each, the first to win first.
    init(_ rules: [(id: Int, ports: [ClosedRange<UInt16>])]) {
        let ranges = rules.flatMap { rule in rule.ports.map { (rule: rule.id, ports: $0) } }
        // Between two neighbouring ends of ranges one rule decides all ports.
        let ends = Set(ranges.flatMap { [Int($0.ports.lowerBound), Int($0.ports.upperBound) + 1] }).sorted()
        let places = Dictionary(uniqueKeysWithValues: zip(ends, ends.indices))
        // A policy may hold a million ranges: what is given away already is jumped over.
        var owners = [Int?](repeating: nil, count: ends.count)
        var free = FreePlaces(count: ends.count)
        for range in ranges {
            guard let first = places[Int(range.ports.lowerBound)], let end = places[Int(range.ports.upperBound) + 1]
            else { continue }
            var place = free.first(from: first)
            while place < end {
                owners[place] = range.rule
                free.take(place)
                place = free.first(from: place)
            }
        }
        for (place, (end, next)) in zip(ends, ends.dropFirst()).enumerated() {
            guard let rule = owners[place] else { continue }
            let (first, last) = (UInt16(end), UInt16(next - 1))
            if let before = segments.last, before.rule == rule, Int(before.ports.upperBound) + 1 == end {
                segments[segments.count - 1].ports = before.ports.lowerBound...last
            } else {
                segments.append(Segment(ports: first...last, rule: rule))
            }
        }
    }

    /// Places that are not taken yet; each knows one at or behind it that may still be free.
    private struct FreePlaces {
        private var later: [Int]

        init(count: Int) { later = Array(0...count) }

        /// The first free place at or behind one; the count if there is none.
        mutating func first(from place: Int) -> Int {
            var found = place
            while later[found] != found { found = later[found] }
            var step = place
            while later[step] != found {
                let next = later[step]
                later[step] = found
                step = next
            }
            return found
        }

        mutating func take(_ place: Int) { later[place] = place + 1 }
    }

    /// Ranges in order, those that overlap or touch as one.
    static func merged(_ ranges: [ClosedRange<UInt16>]) -> [ClosedRange<UInt16>] {
        var result: [ClosedRange<UInt16>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let before = result.last, Int(range.lowerBound) <= Int(before.upperBound) + 1 {
                result[result.count - 1] = before.lowerBound...max(before.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// As elements of a verdict map.
    func elements(goto chain: (Int) -> String) -> [NamedSet.Element] {
        segments.map { segment in
            NamedSet.Element(
                Self.bytes(segment.ports.lowerBound), through: Self.bytes(segment.ports.upperBound),
                verdict: .goto(chain(segment.rule)))
        }
    }

    private static func bytes(_ port: UInt16) -> [UInt8] { [UInt8(port >> 8), UInt8(port & 0xFF)] }
}
