import Firewall
import Testing

@Suite("LoggedPacket: headers, RFC 791, RFC 8200, RFC 9293")
struct LoggedPacketTests {
    private func decode(_ bytes: [UInt8]) -> LoggedPacket {
        LoggedPacket(
            prefix: "cfw:ban", payload: bytes[...], time: 1_700_000_000_123, inputInterface: 2, outputInterface: 3)
    }

    /// 192.0.2.1 → 198.51.100.7, all of the header without options.
    private func four(
        _ transport: UInt8, words: UInt8 = 5, length: UInt16 = 60, fragment: UInt16 = 0x4000, _ rest: [UInt8]
    ) -> [UInt8] {
        [
            0x40 | words, 0, UInt8(length >> 8), UInt8(length & 255), 0, 1, UInt8(fragment >> 8), UInt8(fragment & 255),
            64, transport, 0, 0, 192, 0, 2, 1, 198, 51, 100, 7,
        ] + [UInt8](repeating: 1, count: max(0, Int(words) - 5) * 4) + rest
    }

    /// 2001:db8::1 → 2001:db8::2.
    private func six(_ next: UInt8, length: UInt16 = 20, _ rest: [UInt8]) -> [UInt8] {
        let network: [UInt8] = [0x20, 1, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11)
        return [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 255), next, 64] + network + [1] + network + [2]
            + rest
    }

    private let tcp: [UInt8] = [0xC8, 0x22, 0, 23, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xFF, 0xFF, 0, 0, 0, 0]
    private let udp: [UInt8] = [0, 53, 0x30, 0x39, 0, 8, 0, 0]

    @Test("reads TCP over IPv4, with and without options", arguments: [5, 6, 15] as [UInt8])
    func readsTCP(words: UInt8) {
        let packet = decode(four(6, words: words, tcp))
        #expect(packet.source == IPAddress("192.0.2.1") && packet.destination == IPAddress("198.51.100.7"))
        #expect(packet.transport == 6 && packet.sourcePort == 51_234 && packet.destinationPort == 23)
        #expect(packet.flags == 2 && packet.length == 60)
        #expect(packet.prefix == "cfw:ban" && packet.time == 1_700_000_000_123)
        #expect(packet.inputInterface == 2 && packet.outputInterface == 3)
    }

    @Test("reads UDP over IPv6")
    func readsUDP() {
        let packet = decode(six(17, length: 8, udp))
        #expect(packet.source == IPAddress("2001:db8::1") && packet.destination == IPAddress("2001:db8::2"))
        #expect(packet.transport == 17 && packet.sourcePort == 53 && packet.destinationPort == 12_345)
        #expect(packet.length == 48 && packet.flags == 0)
    }

    @Test("gives ICMP no ports", arguments: [1, 58] as [UInt8])
    func readsICMP(number: UInt8) {
        let body: [UInt8] = [8, 0, 0, 0, 0, 1, 0, 1]
        let packet = decode(number == 1 ? four(1, body) : six(58, body))
        #expect(packet.transport == number && packet.sourcePort == nil && packet.destinationPort == nil)
        #expect(packet.source != nil)
    }

    @Test("takes no ports from a fragment that is not the first, and those of the first")
    func readsFragments() {
        #expect(decode(four(6, fragment: 0x2000, tcp)).destinationPort == 23)
        #expect(decode(four(6, fragment: 0x2001, tcp)).destinationPort == nil)
        let first = decode(six(44, [6, 0, 0, 1, 0, 0, 0, 9] + tcp))
        #expect(first.transport == 6 && first.destinationPort == 23)
        let later = decode(six(44, [6, 0, 0, 8, 0, 0, 0, 9] + tcp))
        #expect(later.transport == 6 && later.destinationPort == nil)
    }

    @Test("looks through the extension headers of IPv6, to a bound")
    func looksThroughExtensions() {
        let options: [UInt8] = [1, 4, 0, 0, 0, 0]
        let chain: [UInt8] =
            [43, 0] + options + [51, 0] + options + [60, 0, 0, 0, 0, 0, 0, 1] + [6, 0] + options + tcp
        let packet = decode(six(0, chain))
        #expect(packet.transport == 6 && packet.sourcePort == 51_234 && packet.flags == 2)

        func repeated(_ count: Int) -> LoggedPacket {
            var bytes: [UInt8] = []
            for index in 0..<count { bytes += [index == count - 1 ? 6 : 60, 0] + options }
            return decode(six(60, bytes + tcp))
        }
        #expect(repeated(8).destinationPort == 23)
        #expect(repeated(10).destinationPort == nil)
        // What is encrypted (ESP) and the end (59) are no transport with ports.
        #expect(decode(six(50, tcp)).destinationPort == nil && decode(six(59, tcp)).destinationPort == nil)
    }

    @Test("of a packet that is cut off it says what is there")
    func readsTruncated() {
        let whole = four(6, tcp)
        #expect(decode(Array(whole.prefix(9))).source == nil)
        #expect(decode(Array(whole.prefix(19))).source == IPAddress("192.0.2.1"))
        #expect(decode(Array(whole.prefix(19))).destination == nil)
        #expect(decode(Array(whole.prefix(22))).sourcePort == 51_234)
        #expect(decode(Array(whole.prefix(22))).destinationPort == nil)
        #expect(decode(Array(whole.prefix(33))).destinationPort == 23 && decode(Array(whole.prefix(33))).flags == 0)
        #expect(decode(Array(whole.prefix(34))).flags == 2)
    }

    @Test(
        "of what is no IP it says its length",
        arguments: [[], [0x45], [0x00, 1, 2], [0xF5, 9], [0x44] + [1, 2, 3, 4]])
    func readsGarbage(bytes: [UInt8]) {
        let packet = decode(bytes)
        #expect(packet.source == nil && packet.destinationPort == nil && packet.length == bytes.count)
    }

    @Test("a header shorter than five words is none")
    func rejectsShortHeader() {
        #expect(decode(four(6, words: 4, tcp)).source == nil)
        #expect(decode(four(6, words: 5, tcp)).source != nil)
    }

    @Test("reads any bytes without trapping, also as a part of an array")
    func survivesFuzz() {
        var generator = SystemRandomNumberGenerator()
        let seeds = [
            four(6, words: 7, tcp), six(0, [43, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0] + tcp), six(44, udp),
        ]
        var withPorts = 0
        for round in 0..<60_000 {
            var bytes = seeds[round % seeds.count]
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            if Bool.random(using: &generator) { bytes.removeLast(Int.random(in: 0...bytes.count, using: &generator)) }
            let padded = [1, 2, 3] + bytes + [4, 5]
            let slice = padded[3..<(3 + bytes.count)]
            let packet = LoggedPacket(prefix: "", payload: slice, time: 0)
            #expect(packet == LoggedPacket(prefix: "", payload: bytes[...], time: 0))
            if packet.destinationPort != nil { withPorts += 1 }
        }
        #expect(withPorts > 1_000)
    }
}

@Suite("LogReason, CounterGrowth")
struct LogReasonTests {
    @Test(
        "reads the prefixes of log statements",
        arguments: [
            ("cfw:deny", LogReason.deny), ("cfw:ban ", .ban), ("cfw:feed", .feed), ("cfw:c2", .commandServer),
            ("cfw:rate", .rate), ("cfw:global", .global), ("cfw:default", .byDefault), ("cfw:posture", .posture),
            ("cfw:rule 3", .rule(3)), ("cfw:pass", .pass),
        ])
    func readsPrefix(prefix: String, reason: LogReason) {
        #expect(LogReason(prefix: prefix) == reason)
        #expect(LogReason(name: reason.name) == reason && LogReason(prefix: reason.prefix) == reason)
    }

    @Test(
        "takes all else for another's",
        arguments: ["", "ban", "cfw:", "cfw:rule", "cfw:rule x", "cfw:rule -1", "CFW:ban"])
    func rejectsOthers(prefix: String) { #expect(LogReason(prefix: prefix) == .other) }

    @Test("tells by how much counters grew, and begins anew when they do")
    func tellsGrowth() {
        var growth = CounterGrowth()
        #expect(growth.growth(to: ["a": CounterAmount(packets: 5, bytes: 50)]).isEmpty)
        let second = growth.growth(to: [
            "a": CounterAmount(packets: 7, bytes: 90), "b": CounterAmount(packets: 1, bytes: 2),
        ])
        #expect(second == ["a": CounterAmount(packets: 2, bytes: 40), "b": CounterAmount(packets: 1, bytes: 2)])
        #expect(growth.growth(to: ["a": CounterAmount(packets: 7, bytes: 90)]).isEmpty)
        // The table was made anew.
        #expect(
            growth.growth(to: ["a": CounterAmount(packets: 3, bytes: 30)]) == [
                "a": CounterAmount(packets: 3, bytes: 30)
            ])
    }
}
