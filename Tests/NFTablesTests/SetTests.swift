import Firewall
import Glibc
import NFTables
import Testing

@Suite("sets as the kernel keeps them", .enabled(if: TestNetwork.isUsable, TestNetwork.reason))
struct SetTests {
    static let four = NamedSet("four", key: .address(.ipv4))
    static let ranges4 = NamedSet("ranges4", key: .address(.ipv4), isInterval: true)
    static let ranges6 = NamedSet("ranges6", key: .address(.ipv6), isInterval: true)
    static let ban4 = NamedSet("ban4", key: .address(.ipv4), hasTimeouts: true, size: 1 << 20)

    static func range(_ first: String, _ last: String, timeout: UInt64? = nil) throws -> NamedSet.Element {
        NamedSet.Element(try address(first).bytes, through: try address(last).bytes, timeout: timeout)
    }

    /// What is between the braces of `elements`, with one space between.
    static func elements(_ network: TestNetwork, _ set: String) throws -> String {
        let text = try network.nft("list set inet conclave \(set)")
        guard let start = text.firstRange(of: "elements = { ")?.upperBound,
            let end = text[start...].firstIndex(of: "}")
        else { return "" }
        return text[start..<end].split { " \t\n".contains($0) }.joined(separator: " ")
    }

    @Test(
        "have the form that was meant",
        arguments: [
            (NamedSet("a", key: .address(.ipv4)), ["type ipv4_addr"]),
            (NamedSet("a", key: .address(.ipv6), size: 77), ["type ipv6_addr", "size 77"]),
            (NamedSet("a", key: .address(.ipv4), isInterval: true), ["type ipv4_addr", "flags interval"]),
            (
                NamedSet("a", key: .address(.ipv6), isInterval: true, hasTimeouts: true),
                ["type ipv6_addr", "flags interval,timeout"]
            ),
            (
                NamedSet(
                    "a", key: .address(.ipv4), hasTimeouts: true, isDynamic: true, timeout: 10_000, size: 131_072),
                ["type ipv4_addr", "size 131072", "flags dynamic,timeout", "timeout 10s"]
            ),
            (NamedSet("a", key: .family, hasTimeouts: true), ["type nf_proto", "flags timeout"]),
            (NamedSet("a", key: .port), ["type inet_service"]),
            (NamedSet("a", key: .port, isMap: true), ["type inet_service : verdict"]),
            (
                NamedSet("a", key: .port, isInterval: true, isMap: true),
                ["type inet_service : verdict", "flags interval"]
            ),
        ])
    func forms(set: NamedSet, lines: [String]) throws {
        let network = try TestNetwork()
        try network.tables().commit(.table(.addSet(set)))
        let word = set.isMap ? "map" : "set"
        let expected = ["table inet conclave {", "\(word) a {"] + lines + ["}", "}"]
        #expect(try network.listing("\(word) inet conclave a") == expected)
    }

    @Test("hold addresses, added, added again, and deleted")
    func addresses() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let one = NamedSet.Element(try address("192.0.2.1"))
        let two = NamedSet.Element(try address("192.0.2.2"))
        var set = Self.four
        set.elements = [one]
        try tables.commit(.table(.addSet(set)))
        try tables.commit(KernelTransaction(.addElements(set: set, [one, two])))
        #expect(try Self.elements(network, "four") == "192.0.2.1, 192.0.2.2")
        try tables.commit(KernelTransaction(.deleteElements(set: set, [one])))
        #expect(try Self.elements(network, "four") == "192.0.2.2")
        try tables.commit(KernelTransaction(.flushSet("four"), .addElements(set: set, [one])))
        #expect(try Self.elements(network, "four") == "192.0.2.1")
        try tables.commit(KernelTransaction(.deleteSet("four")))
        #expect(try network.nft("list sets").contains("four") == false)
    }

    @Test("hold ranges, to both ends of the addresses and side by side")
    func edges() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        var (four, six) = (Self.ranges4, Self.ranges6)
        four.elements = [
            try Self.range("0.0.0.0", "0.0.0.0"), try Self.range("10.0.0.0", "10.255.255.255"),
            try Self.range("11.0.0.0", "11.0.0.9"), try Self.range("192.0.2.7", "192.0.2.7"),
            try Self.range("255.255.255.255", "255.255.255.255"),
        ]
        let top = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
        six.elements = [
            try Self.range("::", "::5"), try Self.range("2001:db8::", "2001:db8::ffff"),
            try Self.range("ffff::", top),
        ]
        try tables.commit(.table(.addSet(four), .addSet(six)))
        let listed = "0.0.0.0, 10.0.0.0/8, 11.0.0.0-11.0.0.9, 192.0.2.7, 255.255.255.255"
        #expect(try Self.elements(network, "ranges4") == listed)
        #expect(try Self.elements(network, "ranges6") == "::-::5, 2001:db8::/112, ffff::/16")
        try tables.commit(
            KernelTransaction(
                .deleteElements(set: four, [four.elements[0], four.elements[2], four.elements[4]]),
                .deleteElements(set: six, [six.elements[2]])))
        #expect(try Self.elements(network, "ranges4") == "10.0.0.0/8, 192.0.2.7")
        #expect(try Self.elements(network, "ranges6") == "::-::5, 2001:db8::/112")
    }

    @Test("of everything hold everything")
    func everything() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        var set = Self.ranges4
        set.elements = [try Self.range("0.0.0.0", "255.255.255.255")]
        try tables.commit(.table(.addSet(set)))
        #expect(try Self.elements(network, "ranges4") == "0.0.0.0/0")
        #expect(try tables.element(set: set, key: [1, 2, 3, 4])?.last == [255, 255, 255, 255])
    }

    @Test("refuse ranges that overlap")
    func overlaps() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        try tables.commit(.table(.addSet(Self.ranges4)))
        let first = try Self.range("10.0.0.0", "10.0.0.100")
        try tables.commit(KernelTransaction(.addElements(set: Self.ranges4, [first])))
        let error = try #require(throws: NFTablesError.self) {
            let second = try Self.range("10.0.0.50", "10.0.0.200")
            try tables.commit(KernelTransaction(.addElements(set: Self.ranges4, [second])))
        }
        #expect(error.code == EEXIST)
    }

    @Test("hold many elements, more than one message carries")
    func many() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let set = NamedSet("many", key: .address(.ipv6), isInterval: true, hasTimeouts: true)
        let elements = (0..<5000).map { index in
            NamedSet.Element(
                IPPrefix(IPAddress(ipv6: UInt128(0x2001_0DB8) << 96 | UInt128(index) << 64), length: 64),
                timeout: 3_600_000)
        }
        try tables.commit(.table(.addSet(set), .addElements(set: set, elements)))
        #expect(try network.inside { try tables.elements(of: set, limit: 10_000) }?.count == 5000)
    }

    @Test("that are maps lead ports to verdicts")
    func maps() throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        func element(_ first: UInt16, _ last: UInt16, _ verdict: Verdict) -> NamedSet.Element {
            NamedSet.Element(
                [UInt8(first >> 8), UInt8(first & 255)], through: [UInt8(last >> 8), UInt8(last & 255)],
                verdict: verdict)
        }
        let map = NamedSet(
            "ports", key: .port, isInterval: true, isMap: true,
            elements: [
                element(0, 9, .drop), element(22, 22, .accept), element(80, 90, .goto("other")),
                element(91, 91, .jump("other")), element(65_535, 65_535, .return),
            ])
        try tables.commit(.table(.addChain(FirewallChain("other")), .addSet(map)))
        let text = try network.shell("nft -n list map inet conclave ports").split { " \t\n".contains($0) }
            .joined(separator: " ")
        #expect(
            text.contains(
                "elements = { 0-9 : drop, 22 : accept, 80-90 : goto other, 91 : jump other, 65535 : return }"))
        #expect(try tables.element(set: map, key: [0, 85])?.verdict == .goto("other"))
        try tables.commit(KernelTransaction(.deleteElements(set: map, [map.elements[2]])))
        #expect(try tables.element(set: map, key: [0, 85]) == nil)
        try tables.commit(
            KernelTransaction(.flushSet("ports"), .deleteSet("ports"), .deleteChain("other")))
    }

    @Test("let elements go after their time, and give them a new one")
    func timeouts() async throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let (short, long, renewed) = (try address("192.0.2.1"), try address("192.0.2.2"), try address("192.0.2.3"))
        try tables.commit(
            .table(
                .addSet(Self.ban4),
                .addElements(
                    set: Self.ban4,
                    [
                        .init(short, timeout: 300), .init(long, timeout: 3_600_000), .init(renewed, timeout: 300),
                    ])))
        let before = try #require(try tables.element(set: Self.ban4, key: long.bytes))
        #expect(before.timeout == 3_600_000)
        #expect((3_590_000...3_600_000).contains(before.remaining ?? 0))
        // Whether it was there or not; on kernels before 6.12 adding alone changes no time.
        let again = NamedSet.Element(renewed, timeout: 60_000)
        try tables.commit(
            KernelTransaction(
                .addElements(set: Self.ban4, [again]), .deleteElements(set: Self.ban4, [again]),
                .addElements(set: Self.ban4, [again])))
        try await Task.sleep(for: .milliseconds(600))
        #expect(try tables.element(set: Self.ban4, key: short.bytes) == nil)
        #expect(try tables.element(set: Self.ban4, key: long.bytes) != nil)
        #expect((1...60_000).contains(try tables.element(set: Self.ban4, key: renewed.bytes)?.remaining ?? 0))
    }

    @Test("of ranges let them go after their time")
    func timeoutsOfRanges() async throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        let set = NamedSet("deny4", key: .address(.ipv4), isInterval: true, hasTimeouts: true)
        let short = try Self.range("10.0.0.0", "10.0.0.9", timeout: 1500)
        let stays = try Self.range("10.0.0.10", "10.0.0.19")
        try tables.commit(.table(.addSet(set), .addElements(set: set, [short, stays])))
        #expect(try tables.element(set: set, key: [10, 0, 0, 5])?.last == [10, 0, 0, 9])
        try await Task.sleep(for: .milliseconds(1900))
        #expect(try tables.element(set: set, key: [10, 0, 0, 5]) == nil)
        let state = try #require(try tables.element(set: set, key: [10, 0, 0, 15]))
        #expect(state == ElementState(first: [10, 0, 0, 10], last: [10, 0, 0, 19]))
    }

    @Test(
        "refuse elements that are not theirs",
        arguments: [
            (four, NamedSet.Element([1, 2, 3])),
            (four, NamedSet.Element([1, 2, 3, 4], through: [1, 2, 3, 5])),
            (ranges4, NamedSet.Element([1, 2, 3, 5], through: [1, 2, 3, 4])),
            (four, NamedSet.Element([1, 2, 3, 4], timeout: 5)),
            (ban4, NamedSet.Element([1, 2, 3, 4], timeout: 0)),
            (four, NamedSet.Element([1, 2, 3, 4], verdict: .drop)),
            (NamedSet("m", key: .port, isMap: true), NamedSet.Element([1, 2])),
            (NamedSet("m", key: .port, isMap: true), NamedSet.Element([1, 2], verdict: .jump("NO"))),
        ])
    func foreign(set: NamedSet, element: NamedSet.Element) throws {
        let network = try TestNetwork()
        let tables = try network.tables()
        #expect {
            try tables.commit(.table(.addSet(set), .addElements(set: set, [element])))
        } throws: {
            if case NFTablesError.notExpressible = $0 { true } else { false }
        }
        #expect(try tables.inventory() == nil)
    }
}
