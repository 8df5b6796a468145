import Testing

@testable import TLSMonitor

@Suite("Links") struct LinkTests {
    struct Framing: CustomTestStringConvertible, Sendable {
        var name: String
        var link: LinkType
        var wrap: @Sendable ([UInt8]) -> [UInt8]

        var testDescription: String { name }
    }

    private static let wifi: [UInt8] = [8, 1] + Envelope.zeros(22)

    static let framings: [Framing] = [
        Framing(name: "802.3 with SNAP", link: .ethernet) {
            Envelope.zeros(12) + Wire.big(UInt16(8 + $0.count)) + Envelope.snap($0)
        },
        Framing(name: "nine tags but one", link: .ethernet) {
            Envelope.zeros(12) + (0..<7).flatMap { _ in [0x81, 0, 0, 5] as [UInt8] } + Envelope.type(of: $0) + $0
        },
        Framing(name: "MPLS", link: .ethernet) { Envelope.zeros(12) + [0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64] + $0 },
        Framing(name: "Ethernet over MPLS", link: .ethernet) {
            Envelope.zeros(12) + [0x88, 0x47, 0, 2, 1, 64, 0, 0, 0, 0] + Envelope.ethernet($0)
        },
        Framing(name: "PPPoE", link: .ethernet) {
            Envelope.zeros(12) + [0x88, 0x64, 0x11, 0, 0, 1] + Wire.big(UInt16($0.count + 2)) + Envelope.ppp($0)
        },
        Framing(name: "VN-Tag", link: .ethernet) {
            Envelope.zeros(12) + [0x89, 0x26, 0, 0, 0, 0] + Envelope.type(of: $0) + $0
        },
        Framing(name: "a security group's tag", link: .ethernet) {
            Envelope.zeros(12) + [0x89, 0x09, 1, 1, 0, 1, 0, 2] + Envelope.type(of: $0) + $0
        },
        Framing(name: "cooked with LLC", link: .cooked) { Envelope.zeros(14) + [0, 4] + Envelope.snap($0) },
        Framing(name: "PPP", link: .ppp) { [0xFF, 3] + Envelope.ppp($0) },
        Framing(name: "PPP, compressed", link: .ppp) { [$0[0] >> 4 == 4 ? 0x21 : 0x57] + $0 },
        Framing(name: "PPP in HDLC", link: .pppHDLC) { [0xFF, 3] + Envelope.ppp($0) },
        Framing(name: "Cisco in place of PPP", link: .pppHDLC) { [0x0F, 0] + Envelope.type(of: $0) + $0 },
        Framing(name: "Cisco HDLC", link: .ciscoHDLC) { [0x0F, 0] + Envelope.type(of: $0) + $0 },
        Framing(name: "PPP with a direction", link: .pppDirected) { [1, 0xFF, 3] + Envelope.ppp($0) },
        Framing(name: "PPPoE alone", link: .pppoe) {
            [0x11, 0, 0, 1] + Wire.big(UInt16($0.count + 2)) + Envelope.ppp($0)
        },
        Framing(name: "802.11", link: .wifi) { wifi + Envelope.snap($0) },
        Framing(name: "802.11 with QoS", link: .wifi) { [0x88, 2] + Envelope.zeros(24) + Envelope.snap($0) },
        Framing(name: "802.11 with QoS and HT control", link: .wifi) {
            [0x88, 0x82] + Envelope.zeros(28) + Envelope.snap($0)
        },
        Framing(name: "802.11 between access points", link: .wifi) { [8, 3] + Envelope.zeros(28) + Envelope.snap($0) },
        Framing(name: "radiotap", link: .radiotap) { [0, 0, 8, 0, 0, 0, 0, 0] + wifi + Envelope.snap($0) },
        Framing(name: "radiotap with padding", link: .radiotap) {
            [0, 0, 17, 0, 3, 0, 0, 0] + Envelope.zeros(8) + [0x20, 0x88, 2] + Envelope.zeros(26) + Envelope.snap($0)
        },
        Framing(name: "Prism", link: .prism) {
            [0x44, 0, 0, 0, 144, 0, 0, 0] + Envelope.zeros(136) + wifi + Envelope.snap($0)
        },
        Framing(name: "AVS in place of Prism", link: .prism) {
            [0x80, 0x21, 0x10, 1, 0, 0, 0, 64] + Envelope.zeros(56) + wifi + Envelope.snap($0)
        },
        Framing(name: "AVS", link: .avs) {
            [0x80, 0x21, 0x10, 1, 0, 0, 0, 64] + Envelope.zeros(56) + wifi + Envelope.snap($0)
        },
        Framing(name: "ATM", link: .atm) { Envelope.snap($0) },
        Framing(name: "bridged over ATM", link: .atm) {
            [0xAA, 0xAA, 3, 0, 0x80, 0xC2, 0, 7, 0, 0] + Envelope.ethernet($0)
        },
        Framing(name: "FDDI", link: .fddi) { Envelope.zeros(13) + Envelope.snap($0) },
        Framing(name: "frame relay", link: .frameRelay) { [0x18, 0x41, 3, $0[0] >> 4 == 4 ? 0xCC : 0x8E] + $0 },
        Framing(name: "MPLS alone", link: .mpls) { [0, 1, 1, 64] + $0 },
        Framing(name: "decrypted IPsec", link: .enc) { Envelope.zeros(12) + $0 },
        Framing(name: "pflog", link: .pflog) { [61, 2] + Envelope.zeros(62) + $0 },
        Framing(name: "nflog", link: .nflog) {
            [2, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0, 0] + [UInt8(($0.count + 4) & 0xFF), UInt8(($0.count + 4) >> 8), 9, 0]
                + $0
        },
        Framing(name: "nflog, big-endian", link: .nflog) {
            [2, 0, 0, 0, 0, 5, 0, 10, 0, 0, 0, 0] + Wire.big(UInt16($0.count + 4)) + [0, 9] + $0
        },
        Framing(name: "IP observability", link: .ipnet) { [1, 2] + Envelope.zeros(22) + $0 },
        Framing(name: "a packet tap", link: .pktap) {
            [108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0] + Envelope.zeros(96) + Envelope.ethernet($0)
        },
    ]

    @Test("a conversation is proven over each of them", arguments: framings, [false, true])
    func accepts(framing: Framing, v6: Bool) {
        let packets = Envelope.packets(framing.link, Envelope.talk(v6: v6).map(framing.wrap))
        let report = Envelope.observe(packets)
        #expect(report.verdict == .proven, "\(report.findings.map(\.words))")
        #expect(report.otherTraffic.isEmpty)
    }

    @Test("a packet that is cut off anywhere is truncated, or its data is", arguments: framings)
    func prefixes(framing: Framing) {
        let frame = framing.wrap(Envelope.talk()[3])
        // Where the heads are, and then now and then.
        for count in 0..<frame.count where count < 260 || count.isMultiple(of: 50) {
            frame[..<count].withUnsafeBytes { bytes in
                switch PacketDecoder.decode(bytes, link: framing.link, originalLength: frame.count) {
                case .tcp(let segment):
                    #expect(segment.payload.upperBound <= count)
                    #expect(segment.missing > 0)
                case .other(let kind): #expect(kind == .truncated)
                case .fragment, .tunnel: Issue.record("it is neither")
                }
            }
        }
    }

    /// Frames that hold no TCP that can be followed, and what they are.
    @Test(
        "what is not IP, or cannot be opened, is told apart",
        arguments: [
            (.ethernet, Envelope.zeros(12) + [0, 38, 0x42, 0x42, 3], .notIP),
            (.ethernet, Envelope.zeros(12) + [0, 38, 0xE0, 0xE0, 3], .unopened),
            (.ethernet, Envelope.zeros(12) + [0, 38, 0xAA, 0xAA, 3, 0, 0, 0x0C, 0x20, 0], .notIP),
            (.ethernet, Envelope.zeros(12) + [0, 38, 0xAA, 0xAA, 3, 9, 9, 9, 0x20, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x88, 0xE5, 0, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x89, 0x09, 2, 1, 0, 1, 0, 2, 8, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x89, 0x09, 1, 2, 0, 1, 0, 2, 0, 1, 0, 2, 8, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x89, 0x09, 1, 1, 0, 2, 0, 2, 8, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x89, 0x09, 1, 1, 0, 1, 0, 2, 8], .truncated),
            (.ethernet, Envelope.zeros(12) + (0..<9).flatMap { _ in [0x81, 0, 0, 5] as [UInt8] } + [8, 0], .unopened),
            (.ethernet, Envelope.zeros(12) + [0x88, 0x64, 0x12, 0, 0, 1, 0, 4, 0, 0x21], .malformed),
            (.ethernet, Envelope.zeros(12) + [0x88, 0x63, 0x11, 9, 0, 0, 0, 0], .notIP),
            (.ethernet, Envelope.zeros(12) + [0x88, 0x64, 0x11, 0, 0, 1, 0, 4, 0xC0, 0x21, 1, 1], .notIP),
            (
                .ethernet,
                Envelope.zeros(12) + [0x88, 0x47] + (0..<17).flatMap { _ in [0, 1, 0, 64] as [UInt8] } + [
                    0, 0, 0, 0, 0,
                ], .malformed
            ),
            (.ethernet, Envelope.zeros(12) + [0x88, 0x47, 0, 1, 1, 64, 0x10, 0], .unopened),
            (.ppp, [0xFF, 3, 0x80, 0x21, 1, 1], .notIP), (.ppp, [0, 0xFD, 1, 1], .unopened),
            (.ciscoHDLC, [0x8F, 0, 0x80, 0x35, 0, 0], .notIP), (.frameRelay, [0x18, 0x41, 3, 0xB1, 0, 0], .unopened),
            (.wifi, [0x80, 0] + Envelope.zeros(40), .notIP), (.wifi, [0xD4, 0] + Envelope.zeros(8), .notIP),
            (.wifi, [8, 0x41] + Envelope.zeros(60), .encryptedRadio), (.wifi, [0x48, 1] + Envelope.zeros(22), .notIP),
            (.wifi, [8, 5] + Envelope.zeros(60), .unopened),
            (.wifi, [0x88, 1] + Envelope.zeros(22) + [0x80, 0, 0], .unopened),
            (.wifi, [9, 1] + Envelope.zeros(60), .malformed), (.cooked, [0, 0, 3, 0x38] + Envelope.zeros(20), .notIP),
            (.prism, Envelope.zeros(200), .malformed), (.nflog, [2, 0, 0, 0, 3, 0, 9, 0], .malformed),
            (
                .pktap,
                [12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0] + [12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0] + [
                    12, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 0,
                ], .truncated
            ),
            (.pktap, [12, 0, 0, 0, 1, 0, 0, 0, 147, 0, 0, 0], .unknownLink), (.other(147), [1, 2, 3], .unknownLink),
            (.raw, Envelope.ipv4(50, Envelope.zeros(20)), .unopened),
            (.raw, Envelope.ipv4(1, Envelope.zeros(8)), .echo),
            (.raw, Envelope.ipv4(89, Envelope.zeros(8)), .otherProtocol),
            (.raw, Envelope.ipv4(132, Envelope.zeros(8)), .unopened),
        ] as [(LinkType, [UInt8], OtherTraffic)])
    func rejects(link: LinkType, frame: [UInt8], kind: OtherTraffic) {
        #expect(Envelope.observe(Envelope.packets(link, [frame])).otherTraffic == [kind: 1])
    }

    @Test("an authentication header is passed over") func authentication() {
        let frames = Envelope.talk().map { ip -> [UInt8] in
            var ip = ip
            ip.replaceSubrange(2..<4, with: Wire.big(UInt16(ip.count + 24)))
            ip[9] = 51
            ip.insert(contentsOf: [6, 4] + Envelope.zeros(22), at: 20)
            return ip
        }
        let report = Envelope.observe(Envelope.packets(.raw, frames))
        #expect(report.verdict == .proven && report.otherTraffic.isEmpty)
    }

    @Test("with segmentation offload the length is what was captured", arguments: [false, true])
    func offload(v6: Bool) {
        let frames = Envelope.talk(v6: v6).map { ip -> [UInt8] in
            var ip = ip
            ip.replaceSubrange(v6 ? 4..<6 : 2..<4, with: [0, 0])
            return Envelope.ethernet(ip)
        }
        #expect(Envelope.observe(Envelope.packets(.ethernet, frames)).verdict == .proven)
    }

    @Test("bytes at random, over every link", arguments: 0..<4 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let links = Set(Self.framings.map(\.link) + [.null, .cooked2, .raw, .other(147)])
        let hello = Envelope.talk()[3]
        let frames = Self.framings.map { ($0.link, $0.wrap(hello)) }
        for _ in 0..<Effort.rounds(60) {
            for link in links {
                let bytes = generator.bytes(Int.random(in: 0..<90, using: &generator))
                bytes.withUnsafeBytes { _ = PacketDecoder.decode($0, link: link, originalLength: bytes.count) }
            }
            for (link, frame) in frames {
                var frame = frame
                for _ in 0..<3 {
                    frame[Int.random(in: 0..<min(90, frame.count), using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                frame.withUnsafeBytes { bytes in
                    guard case .tcp(let segment) = PacketDecoder.decode(bytes, link: link, originalLength: frame.count)
                    else { return }
                    #expect(segment.payload.upperBound <= frame.count && segment.missing >= 0)
                }
            }
        }
    }
}
