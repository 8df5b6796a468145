import Firewall
import Testing

@Suite("sets of addresses")
struct AddressSetTests {
    private func set(_ texts: String...) throws -> AddressSet {
        AddressSet(try texts.map { try IPPrefix(parsing: $0) })
    }

    /// Sixteen addresses at either end of both families, and what a set has of them.
    private static let universe: [IPAddress] = {
        let numbers: [UInt128] = (0..<16).map { UInt128($0) }
        let four = numbers.map { IPAddress(ipv4: UInt32($0)) } + numbers.map { IPAddress(ipv4: .max - UInt32($0)) }
        return four + numbers.map { IPAddress(ipv6: $0) } + numbers.map { IPAddress(ipv6: .max - $0) }
    }()

    private func members(_ set: AddressSet) -> Set<IPAddress> { Set(Self.universe.filter { set.contains($0) }) }

    private func randomPrefix(_ random: inout PolicyRandom) -> IPPrefix {
        let address = random.one(of: Self.universe)
        return IPPrefix(address, length: address.family.bits - random.below(5))
    }

    private func isNormal(_ set: AddressSet) -> Bool {
        set.ranges.allSatisfy { $0.lowerBound.family == $0.upperBound.family }
            && zip(set.ranges, set.ranges.dropFirst()).allSatisfy { left, right in
                left.upperBound < right.lowerBound && left.upperBound.next != right.lowerBound
            }
    }

    @Test("networks that overlap or touch become one range; families stay apart")
    func merges() throws {
        #expect(try set("192.0.2.0/25", "192.0.2.128/25") == set("192.0.2.0/24"))
        #expect(try set("192.0.2.7", "192.0.2.0/24", "192.0.2.0/24").ranges.count == 1)
        #expect(try set("192.0.2.0/25", "192.0.2.129").ranges.count == 2)
        #expect(try set("255.255.255.255", "::").ranges.count == 2)
        #expect(try set("0.0.0.0/0", "::/0").ranges.count == 2)
        #expect(AddressSet().isEmpty && AddressSet().prefixes.isEmpty)
        let across = AddressSet(ranges: [IPAddress(ipv4: .max - 1)...IPAddress(ipv6: 1)])
        #expect(try across == set("255.255.255.254/31", "::/127"))
    }

    @Test("the number of addresses is exact up to the whole of IPv6")
    func counts() throws {
        #expect(try set("192.0.2.0/24", "192.0.3.7", "2001:db8::/64").count(.ipv4) == 257)
        #expect(try set("192.0.2.0/24", "2001:db8::/64").count(.ipv6) == 1 << 64)
        #expect(try set("0.0.0.0/0").count(.ipv4) == 1 << 32)
        #expect(try set("::/1").count(.ipv6) == 1 << 127)
        #expect(try set("::/0").count(.ipv6) == .max)
        #expect(AddressSet().count(.ipv4) == 0)
    }

    @Test("contains and overlaps ask for all and for any of it")
    func asks() throws {
        let set = try set("192.0.2.0/25", "2001:db8::/32")
        let inside = try IPPrefix(parsing: "192.0.2.64/26")
        let around = try IPPrefix(parsing: "192.0.2.0/24")
        let beside = try IPPrefix(parsing: "192.0.2.128/25")
        #expect(set.contains(inside) && !set.contains(around) && !set.contains(beside))
        #expect(set.overlaps(inside) && set.overlaps(around) && !set.overlaps(beside))
        #expect(set.contains(try IPAddress(parsing: "2001:db8::1")))
        #expect(!set.contains(try IPAddress(parsing: "2001:db9::")))
        #expect(set.contains(set) && !AddressSet().contains(set) && set.contains(AddressSet()))
    }

    @Test("everything that sets do agrees with a set of single addresses")
    func agrees() throws {
        var random = PolicyRandom(3)
        for _ in 0..<800 {
            let (left, right) = (random.many(upTo: 8, randomPrefix), random.many(upTo: 8, randomPrefix))
            let (a, b) = (AddressSet(left), AddressSet(right))
            let model = { (prefixes: [IPPrefix]) in
                Set(Self.universe.filter { address in prefixes.contains { $0.contains(address) } })
            }
            let (m, n) = (model(left), model(right))
            #expect(members(a) == m && members(b) == n)
            #expect(members(a.union(b)) == m.union(n))
            #expect(members(a.intersection(b)) == m.intersection(n))
            #expect(members(a.subtracting(b)) == m.subtracting(n))
            #expect(a.contains(b) == n.isSubset(of: m))
            #expect([a, b, a.union(b), a.intersection(b), a.subtracting(b)].allSatisfy(isNormal))
            for family in AddressFamily.allCases {
                #expect(a.count(family) == UInt128(m.count { $0.family == family }))
            }
            #expect(AddressSet(a.prefixes) == a && a.prefixes == a.prefixes.sorted())
            let prefix = randomPrefix(&random)
            #expect(a.contains(prefix) == model([prefix]).isSubset(of: m))
            #expect(a.overlaps(prefix) == !model([prefix]).isDisjoint(with: m))
        }
    }

    @Test("a range is split into the fewest networks")
    func splits() throws {
        let range = { (low: String, high: String) throws in
            IPPrefix.covering(try IPAddress(parsing: low)...IPAddress(parsing: high)).map(\.description)
        }
        #expect(try range("192.0.2.1", "192.0.2.6") == ["192.0.2.1", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6"])
        #expect(try range("192.0.2.0", "192.0.2.255") == ["192.0.2.0/24"])
        #expect(try range("192.0.2.7", "192.0.2.7") == ["192.0.2.7"])
        #expect(try range("0.0.0.0", "255.255.255.255") == ["0.0.0.0/0"])
        #expect(try range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff") == ["::/0"])
        #expect(try range("0.0.0.1", "255.255.255.254").count == 62)
        #expect(try range("::1", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe").count == 254)
        #expect(try range("255.255.255.255", "::") == ["255.255.255.255", "::"])
        var random = PolicyRandom(4)
        for _ in 0..<500 {
            let (one, other) = (
                IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next())),
                IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next() >> random.below(33)))
            )
            let range = min(one, other)...max(one, other)
            let prefixes = IPPrefix.covering(range)
            #expect(prefixes.first?.first == range.lowerBound && prefixes.last?.last == range.upperBound)
            #expect(zip(prefixes, prefixes.dropFirst()).allSatisfy { $0.last.next == $1.first })
            // No two neighbours make a larger network.
            #expect(
                zip(prefixes, prefixes.dropFirst()).allSatisfy {
                    $0.length != $1.length || IPPrefix($0.first, length: $0.length - 1).last != $1.last
                })
        }
    }

    @Test("a hundred thousand networks are put in order at once")
    func large() {
        var random = PolicyRandom(5)
        let prefixes = (0..<100_000).map { _ in
            IPPrefix(IPAddress(ipv4: UInt32(truncatingIfNeeded: random.next())), length: 32)
        }
        let start = ContinuousClock.now
        let set = AddressSet(prefixes)
        #expect(set.count(.ipv4) == UInt128(Set(prefixes).count))
        #expect(set.subtracting(set).isEmpty && set.intersection(set) == set)
        #expect(start.duration(to: .now) < .seconds(60))
    }
}
