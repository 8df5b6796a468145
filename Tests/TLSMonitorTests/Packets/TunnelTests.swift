import Testing

@testable import TLSMonitor

@Suite("Tunnels") struct TunnelTests {
    struct Tunnelling: CustomTestStringConvertible, Sendable {
        var name: String
        var tunnel: Tunnel
        var wrap: @Sendable ([UInt8]) -> [UInt8]

        var testDescription: String { name }
    }

    static let tunnellings: [Tunnelling] = [
        Tunnelling(name: "IPv4 in IPv4", tunnel: .ipInIP) { Envelope.ipv4($0[0] >> 4 == 4 ? 4 : 41, $0) },
        Tunnelling(name: "in IPv6", tunnel: .ipInIP) { Envelope.ipv6($0[0] >> 4 == 4 ? 4 : 41, $0) },
        Tunnelling(name: "GRE", tunnel: .gre) { Envelope.ipv4(47, [0, 0] + Envelope.type(of: $0) + $0) },
        Tunnelling(name: "GRE with checksum, key and number", tunnel: .gre) {
            Envelope.ipv4(47, [0xB0, 0] + Envelope.type(of: $0) + Envelope.zeros(12) + $0)
        },
        Tunnelling(name: "Ethernet in GRE", tunnel: .gre) {
            Envelope.ipv4(47, [0, 0, 0x65, 0x58] + Envelope.ethernet($0))
        },
        Tunnelling(name: "PPTP", tunnel: .gre) {
            Envelope.ipv4(47, [0x30, 0x81, 0x88, 0x0B] + Envelope.zeros(12) + Envelope.ppp($0))
        },
        Tunnelling(name: "ERSPAN", tunnel: .erspan) { Envelope.ipv4(47, [0, 0, 0x88, 0xBE] + Envelope.ethernet($0)) },
        Tunnelling(name: "ERSPAN II", tunnel: .erspan) {
            Envelope.ipv4(47, [0x10, 0, 0x88, 0xBE] + Envelope.zeros(12) + Envelope.ethernet($0))
        },
        Tunnelling(name: "ERSPAN III", tunnel: .erspan) {
            Envelope.ipv4(
                47, [0x10, 0, 0x22, 0xEB] + Envelope.zeros(15) + [1] + Envelope.zeros(8) + Envelope.ethernet($0))
        },
        Tunnelling(name: "VXLAN", tunnel: .vxlan) {
            Envelope.udp(4_789, [8, 0, 0, 0, 0, 0, 7, 0] + Envelope.ethernet($0))
        },
        Tunnelling(name: "GENEVE", tunnel: .geneve) {
            Envelope.udp(6_081, [1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 0] + Envelope.ethernet($0))
        },
        Tunnelling(name: "GTP", tunnel: .gtp) {
            Envelope.udp(2_152, [0x30, 0xFF] + Wire.big(UInt16($0.count)) + [0, 0, 0, 9] + $0)
        },
        Tunnelling(name: "GTP with extensions", tunnel: .gtp) {
            Envelope.udp(
                2_152, [0x34, 0xFF] + Wire.big(UInt16($0.count + 8)) + [0, 0, 0, 9, 0, 0, 0, 0x85, 1, 0, 9, 0] + $0)
        },
        Tunnelling(name: "L2TP", tunnel: .l2tp) {
            Envelope.udp(1_701, [0, 2, 0, 1, 0, 2, 0xFF, 3] + Envelope.ppp($0))
        },
        Tunnelling(name: "two of them", tunnel: .vxlan) {
            Envelope.udp(
                4_789, [8, 0, 0, 0, 0, 0, 7, 0] + Envelope.ethernet(Envelope.ipv4($0[0] >> 4 == 4 ? 4 : 41, $0)))
        },
    ]

    @Test("are counted by name, and opened if that was asked for", arguments: tunnellings, [false, true])
    func opens(tunnelling: Tunnelling, v6: Bool) {
        let talk = Envelope.talk(v6: v6)
        let packets = Envelope.packets(.ethernet, talk.map { Envelope.ethernet(tunnelling.wrap($0)) })
        let closed = Envelope.observe(packets)
        #expect(closed.otherTraffic == [.tunnel(tunnelling.tunnel): talk.count])
        #expect(closed.verdict == .inconclusive)
        #expect(closed.findings.contains { $0.words.contains("(\(tunnelling.tunnel.rawValue)), not opened") })
        let open = Envelope.observe(packets, opensTunnels: true)
        #expect(open.verdict == .proven, "\(open.findings.map(\.words))")
        #expect(open.otherTraffic.isEmpty)
    }

    @Test("Teredo carries IPv6, behind what tells where from") func teredo() {
        let heads: [[UInt8]] = [
            [], Envelope.zeros(8), [0, 1, 0, 0] + Envelope.zeros(9), [0, 1, 2, 1] + Envelope.zeros(20),
        ]
        for head in heads {
            let packets = Envelope.packets(.raw, Envelope.talk(v6: true).map { Envelope.udp(3_544, head + $0) })
            #expect(Envelope.observe(packets, opensTunnels: true).verdict == .proven)
        }
    }

    @Test("fragments of tunnels are put together, and opened then") func fragments() {
        let frames = Envelope.talk().enumerated().flatMap { index, ip in
            FragmentTests.cut(
                Envelope.udp(4_789, [8, 0, 0, 0, 0, 0, 7, 0] + Envelope.ethernet(ip)), each: 48,
                identification: UInt16(index))
        }
        let open = Envelope.observe(Envelope.packets(.raw, frames), opensTunnels: true)
        #expect(open.verdict == .proven, "\(open.findings.map(\.words))")
        let closed = Envelope.observe(Envelope.packets(.raw, frames))
        #expect(closed.otherTraffic == [.tunnel(.vxlan): Envelope.talk().count])
    }

    @Test("are opened to a depth, and no further") func depth() {
        func nested(_ count: Int) -> OtherTraffic? {
            let ip = (0..<count).reduce(Envelope.ipv4(1, Envelope.zeros(8))) { inner, _ in Envelope.ipv4(4, inner) }
            return Envelope.observe(Envelope.packets(.raw, [ip]), opensTunnels: true).otherTraffic.first?.key
        }
        #expect(nested(PacketReader.depthLimit) == .echo)
        #expect(nested(PacketReader.depthLimit + 1) == .tunnel(.ipInIP))
        #expect(nested(200) == .tunnel(.ipInIP))
    }

    @Test(
        "what only has the port of one is UDP",
        arguments: [
            (4_789, [0, 0, 0, 0, 0, 0, 0, 0]), (6_081, [0xC0, 0, 0, 0]), (3_544, [0x45, 0]), (2_152, [0x32, 1, 0, 0]),
            (1_701, [0xC8, 2, 0, 0]), (443, [8, 0, 0, 0]),
        ] as [(UInt16, [UInt8])])
    func lookalikes(port: UInt16, body: [UInt8]) {
        for opens in [false, true] {
            #expect(
                Envelope.observe(Envelope.packets(.raw, [Envelope.udp(port, body)]), opensTunnels: opens).otherTraffic
                    == [.udp: 1])
        }
    }

    @Test("an inner packet that is cut off, or is nothing, is told") func broken() {
        #expect(
            Envelope.observe(Envelope.packets(.raw, [Envelope.ipv4(4, [])]), opensTunnels: true).otherTraffic == [
                .truncated: 1
            ])
        #expect(
            Envelope.observe(Envelope.packets(.raw, [Envelope.ipv4(4, [9, 9])]), opensTunnels: true).otherTraffic == [
                .malformed: 1
            ])
        #expect(
            Envelope.observe(Envelope.packets(.raw, [Envelope.ipv4(47, [0x40, 0, 8, 0])]), opensTunnels: true)
                .otherTraffic == [.unopened: 1])
    }

    @Test("bytes at random in every tunnel", arguments: 0..<3 as Range<UInt64>) func random(seed: UInt64) {
        var generator = SeededGenerator(seed)
        let first = Envelope.talk()[0]
        for _ in 0..<Effort.rounds(40) {
            for tunnelling in Self.tunnellings {
                var frame = tunnelling.wrap(first)
                for _ in 0..<4 {
                    frame[Int.random(in: 20..<frame.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                frame.removeLast(Int.random(in: 0..<frame.count, using: &generator))
                let report = Envelope.observe(
                    [TestPacket(link: .raw, bytes: frame, originalLength: frame.count + 9)], opensTunnels: true)
                #expect(report.packets == 1)
            }
        }
    }
}
