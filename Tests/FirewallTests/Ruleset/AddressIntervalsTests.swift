import Firewall
import Testing

@Suite("ranges of list entries")
struct AddressIntervalsTests {
    private func entry(_ text: String, _ length: Int, until: Int64? = nil) throws -> ListEntry {
        ListEntry(IPPrefix(try #require(IPAddress(text)), length: length), until: until)
    }

    private func words(_ intervals: AddressIntervals) -> [String] {
        intervals.intervals.map {
            "\(IPAddress(ipv4: UInt32($0.first)))-\(IPAddress(ipv4: UInt32($0.last)))"
                + ($0.until.map { " \($0)" } ?? "")
        }
    }

    @Test("cut an entry where a part of it lives longer")
    func longerInside() throws {
        let entries = [try entry("10.0.0.0", 24, until: 100), try entry("10.0.0.64", 26, until: 200)]
        #expect(
            words(AddressIntervals(entries, family: .ipv4)) == [
                "10.0.0.0-10.0.0.63 100", "10.0.0.64-10.0.0.127 200", "10.0.0.128-10.0.0.255 100",
            ])
    }

    @Test("leave out an entry that a longer-lived one covers")
    func shorterInside() throws {
        let entries = [try entry("10.0.0.64", 26, until: 100), try entry("10.0.0.0", 24)]
        #expect(words(AddressIntervals(entries, family: .ipv4)) == ["10.0.0.0-10.0.0.255"])
    }

    @Test("join what touches and lives equally long, and nothing else")
    func touching() throws {
        let entries = [
            try entry("10.0.0.0", 25), try entry("10.0.0.128", 25), try entry("10.0.1.0", 24, until: 5),
            try entry("10.0.3.0", 24),
        ]
        #expect(
            words(AddressIntervals(entries, family: .ipv4)) == [
                "10.0.0.0-10.0.0.255", "10.0.1.0-10.0.1.255 5", "10.0.3.0-10.0.3.255",
            ])
    }

    @Test("reach from the first address there is to the last, in both families")
    func everything() throws {
        let four = AddressIntervals([try entry("0.0.0.0", 0), try entry("255.255.255.255", 32)], family: .ipv4)
        #expect(words(four) == ["0.0.0.0-255.255.255.255"])
        let six = AddressIntervals([try entry("::", 0, until: 9), try entry("ffff::", 16)], family: .ipv6)
        #expect(six.intervals.map(\.first) == [0, 0xFFFF << 112])
        #expect(six.intervals.map(\.last) == [(0xFFFF << 112) - 1, .max])
        #expect(six.elements(now: 0).map(\.first.count) == [16, 16])
    }

    @Test("keep 16 bytes where an IPv6 network ends in an address that maps IPv4")
    func mapped() throws {
        let six = AddressIntervals([try entry("::", 80)], family: .ipv6)
        #expect(six.elements(now: 0).first?.last == [UInt8](repeating: 0, count: 10) + [255, 255, 255, 255, 255, 255])
    }

    @Test("hold each address as long as the longest-lived entry that has it, and overlap nowhere", arguments: 0..<20)
    func random(seed: UInt64) {
        var random = RandomPolicies(seed: seed)
        for _ in 0..<20 {
            let entries = random.some(0...12) { $0.entry() }
            for family in AddressFamily.allCases {
                let intervals = AddressIntervals(entries, family: family).intervals
                for (left, right) in zip(intervals, intervals.dropFirst()) { #expect(left.last < right.first) }
                let edges = entries.filter { $0.prefix.family == family }.flatMap {
                    [
                        $0.prefix.first.value, $0.prefix.last.value, $0.prefix.first.value &- 1,
                        $0.prefix.last.value &+ 1,
                    ]
                }
                for value in edges where family == .ipv6 || value <= 0xFFFF_FFFF {
                    let address = family == .ipv4 ? IPAddress(ipv4: UInt32(value)) : IPAddress(ipv6: value)
                    guard address.family == family else { continue }
                    let holding = entries.filter { $0.prefix.contains(address) }
                    let found = intervals.first { $0.first <= value && value <= $0.last }
                    #expect((found != nil) == !holding.isEmpty)
                    #expect(found.map { $0.until ?? .max } == holding.map { $0.until ?? .max }.max())
                }
            }
        }
    }

    @Test("turn an end into the time that is left, never 0, and one far away into none")
    func time() {
        #expect(AddressIntervals.milliseconds(until: 100, now: 40_000) == 60_000)
        #expect(AddressIntervals.milliseconds(until: 40, now: 40_000) == 1)
        #expect(AddressIntervals.milliseconds(until: .max, now: 0) == nil)
        #expect(AddressIntervals.milliseconds(until: .min, now: 0) == 1)
        #expect(AddressIntervals.milliseconds(until: 9_000_000_000, now: 1_700_000_000_000) == nil)
    }
}
