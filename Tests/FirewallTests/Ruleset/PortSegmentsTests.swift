import Testing

@testable import Firewall

@Suite("ranges of ports by deciding rule")
struct PortSegmentsTests {
    private func words(_ rules: [(id: Int, ports: [ClosedRange<UInt16>])]) -> [String] {
        PortSegments(rules).segments.map { "\($0.ports.lowerBound)-\($0.ports.upperBound) \($0.rule)" }
    }

    @Test("give a port to the first rule that holds it")
    func firstWins() {
        #expect(words([(1, [80...90]), (2, [70...100])]) == ["70-79 2", "80-90 1", "91-100 2"])
        #expect(words([(2, [70...100]), (1, [80...90])]) == ["70-100 2"])
    }

    @Test("join what touches and is decided by the same rule")
    func joined() {
        #expect(words([(1, [80...81, 82...90, 85...95]), (2, [96...97])]) == ["80-95 1", "96-97 2"])
    }

    @Test("reach from port 0 to 65535")
    func everything() {
        #expect(
            words([(3, [65_535...65_535]), (1, [0...0]), (2, [0...65_535])]) == ["0-0 1", "1-65534 2", "65535-65535 3"])
        #expect(words([(1, [])]) == [])
    }

    @Test("agree with asking the rules one after the other for each port", arguments: 0..<10)
    func random(seed: UInt64) {
        var random = RandomPolicies(seed: seed)
        let rules = (1...6).map { id in (id: id, ports: random.some(0...4) { $0.portRange() }) }
        let segments = PortSegments(rules).segments
        for (left, right) in zip(segments, segments.dropFirst()) {
            #expect(left.ports.upperBound < right.ports.lowerBound)
        }
        for end in rules.flatMap({ $0.ports.flatMap { [$0.lowerBound, $0.upperBound] } }) {
            for port in [end, end &+ 1, end &- 1] {
                let expected = rules.first { $0.ports.contains { $0.contains(port) } }?.id
                #expect(segments.first { $0.ports.contains(port) }?.rule == expected)
            }
        }
    }
}
