import Testing

@testable import TLSMonitor

@Suite("Fragments, RFC 791 §3.2 and RFC 8200 §4.5") struct FragmentTests {
    /// Cuts an IP packet up; what is too short stays whole.
    static func cut(_ ip: [UInt8], each size: Int, identification: UInt16) -> [[UInt8]] {
        let isV4 = ip[0] >> 4 == 4
        let head = isV4 ? 20 : 40
        let body = Array(ip[head...])
        guard body.count > size else { return [ip] }
        return stride(from: 0, to: body.count, by: size).map { start in
            piece(
                ip, Array(body[start..<min(start + size, body.count)]), at: start, isLast: start + size >= body.count,
                identification)
        }
    }

    static func piece(_ ip: [UInt8], _ data: [UInt8], at offset: Int, isLast: Bool, _ identification: UInt16) -> [UInt8]
    {
        if ip[0] >> 4 == 4 {
            var packet = Array(ip[..<20]) + data
            packet.replaceSubrange(
                2..<8,
                with: Wire.big(UInt16(20 + data.count)) + Wire.big(identification)
                    + Wire.big(UInt16(offset / 8) | (isLast ? 0 : 0x2000)))
            return packet
        }
        var packet =
            Array(ip[..<40]) + [ip[6], 0] + Wire.big(UInt16(offset) | (isLast ? 0 : 1)) + [0, 0]
            + Wire.big(identification) + data
        packet.replaceSubrange(4..<7, with: Wire.big(UInt16(8 + data.count)) + [44])
        return packet
    }

    private static func fragments(v6: Bool, size: Int = 64) -> [[[UInt8]]] {
        Envelope.talk(v6: v6).enumerated().map { cut($1, each: size, identification: UInt16($0 + 1)) }
    }

    private func observe(_ frames: [[UInt8]], apart: Int64 = 1_000_000) -> TrafficReport {
        Envelope.observe(Envelope.packets(.raw, frames), apart: apart)
    }

    @Test("are put together, in any order, and are no doubt any more", arguments: [false, true], [8, 64, 512])
    func wholes(v6: Bool, size: Int) {
        let groups = Self.fragments(v6: v6, size: size)
        #expect(groups.contains { $0.count > 1 })
        for order in [
            groups, groups.map { $0.reversed() }, groups.map { $0.sorted { $0.count * 31 % 7 < $1.count * 31 % 7 } },
        ] {
            let report = observe(order.flatMap { $0 })
            #expect(report.verdict == .proven, "\(report.findings.map(\.words))")
            #expect(report.otherTraffic.isEmpty && report.ledger.total == report.payloadBytes)
        }
    }

    @Test("of which one is missing stay a doubt, all of them", arguments: [false, true])
    func missing(v6: Bool) {
        var groups = Self.fragments(v6: v6)
        let long = groups.firstIndex { $0.count > 3 } ?? 0
        groups[long].remove(at: 1)
        let report = observe(groups.flatMap { $0 })
        #expect(report.otherTraffic == [.fragment: groups[long].count])
        #expect(report.verdict == .inconclusive)
    }

    @Test("that contradict each other are given up", arguments: [false, true])
    func conflict(v6: Bool) {
        var groups = Self.fragments(v6: v6)
        let long = groups.firstIndex { $0.count > 3 } ?? 0
        var forged = groups[long][1]
        forged[forged.count - 1] ^= 1
        groups[long].insert(forged, at: 1)
        let report = observe(groups.flatMap { $0 })
        #expect(report.otherTraffic == [.fragmentConflict: groups[long].count])
        #expect(report.verdict == .inconclusive)
        #expect(report.findings.contains { $0.words.contains("contradict each other") })
    }

    @Test("that come twice are compared, and taken once", arguments: [false, true])
    func duplicates(v6: Bool) {
        let groups = Self.fragments(v6: v6).map { $0.dropLast().flatMap { [$0, $0] } + $0.suffix(1) }
        let report = observe(groups.flatMap { $0 })
        #expect(report.verdict == .proven && report.otherTraffic.isEmpty)
    }

    @Test("that overlap are taken of IPv4 if they agree, of IPv6 never (RFC 5722 §4)", arguments: [false, true])
    func overlap(v6: Bool) throws {
        let ip = try #require(Envelope.talk(v6: v6).first { $0.count > 300 })
        let body = Array(ip[(v6 ? 40 : 20)...])
        var fragments = FragmentAssembler()
        var wholes = 0, conflicts = 0
        for (start, end) in [(0, 64), (32, 128), (120, body.count)] {
            let packet = Self.piece(ip, Array(body[start..<end]), at: start, isLast: end == body.count, 9)
            packet.withUnsafeBytes { bytes in
                guard
                    case .fragment(let fragment) = PacketDecoder.decode(bytes, link: .raw, originalLength: bytes.count)
                else {
                    Issue.record("it is no fragment")
                    return
                }
                switch fragments.add(fragment, bytes, time: 0) {
                case .waits: break
                case .whole(let whole):
                    wholes += 1
                    #expect(whole.bytes == body && whole.known == [0..<body.count] && whole.next == 6)
                case .conflict(let count): conflicts += count
                }
            }
        }
        #expect(wholes == (v6 ? 0 : 1) && conflicts == (v6 ? 3 : 0))
    }

    @Test("that go beyond the end, or end twice, are given up")
    func ends() {
        let ip = Envelope.ipv4(6, Envelope.zeros(400))
        func outcome(_ pieces: [(Int, Int, Bool)]) -> [OtherTraffic: Int] {
            observe(pieces.map { Self.piece(ip, Envelope.zeros($0.1), at: $0.0, isLast: $0.2, 3) }).otherTraffic
        }
        #expect(outcome([(64, 10, true), (80, 8, false)]) == [.fragmentConflict: 2])
        #expect(outcome([(64, 10, true), (64, 12, true)]) == [.fragmentConflict: 2])
        #expect(outcome([(80, 8, false), (64, 10, true), (0, 8, false)]) == [.fragmentConflict: 3])
        // Not a multiple of eight; longer than any packet.
        #expect(outcome([(0, 12, false)]) == [.fragment: 1])
        #expect(outcome([(65_528, 400, true)]) == [.malformed: 1])
    }

    @Test("an IPv6 fragment that is alone is whole (RFC 6946)") func atomic() {
        let frames = Envelope.talk(v6: true).map { Self.piece($0, Array($0[40...]), at: 0, isLast: true, 5) }
        let report = observe(frames)
        #expect(report.verdict == .proven && report.otherTraffic.isEmpty)
    }

    @Test("of which the capture cut one off poison only their own bytes") func truncated() throws {
        var packets = Self.fragments(v6: false, size: 128).map { Envelope.packets(.raw, $0) }
        let long = try #require(packets.firstIndex { $0.count > 3 })
        packets[long][1].bytes.removeLast(40)
        let whole = Envelope.observe(Envelope.packets(.raw, Envelope.talk()))
        let report = Envelope.observe(packets.flatMap { $0 })
        #expect(report.verdict == .inconclusive)
        #expect(report.otherTraffic.isEmpty)
        #expect(report.payloadBytes == whole.payloadBytes - 40)
        #expect(report.findings.contains { $0.words.contains("40 bytes of what") }, "\(report.findings.map(\.words))")
    }

    @Test("wait no longer than their time, and no more of them than fit")
    func limits() throws {
        let ip = Envelope.ipv4(6, Envelope.zeros(4_000))
        // One after another, never finished.
        let many = (0..<2_000).map { Self.piece(ip, Envelope.zeros(800), at: 0, isLast: false, UInt16($0)) }
        #expect(observe(many).otherTraffic == [.fragment: 2_000])
        // Two halves, 31 seconds apart, are no whole.
        let talk = try #require(Envelope.talk().first { $0.count > 300 })
        let halves = Self.cut(talk, each: (talk.count - 20 + 15) / 16 * 8, identification: 7)
        #expect(halves.count == 2)
        #expect(observe(halves, apart: 31_000_000_000).otherTraffic == [.fragment: 2])
        #expect(observe(halves, apart: 29_000_000_000).otherTraffic.isEmpty)
    }

    @Test("hold no more memory than their limit, however they come", arguments: 0..<3 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var fragments = FragmentAssembler()
        var given = 0, count = 0
        for round in 0..<Effort.rounds(3_000) {
            let offset = Int.random(in: 0..<8_000, using: &generator) * 8
            let data = [UInt8](repeating: UInt8(round & 1), count: Int.random(in: 0...8, using: &generator) * 8)
            let fragment = IPFragment(
                source: IPAddress(v4: 1), destination: IPAddress(v4: 2),
                identification: UInt32.random(in: 0..<600, using: &generator),
                next: 6, offset: offset, isLast: Bool.random(using: &generator), data: 0..<data.count,
                missing: Int.random(in: 0...1, using: &generator) * 8)
            data.withUnsafeBytes { bytes in
                switch fragments.add(fragment, bytes, time: Int64(round) * 1_000_000) {
                case .conflict(let lost): given += lost
                case .waits: break
                // One that is first and last.
                case .whole: given += 1
                }
            }
            count += 1
            #expect(fragments.bytesHeld <= FragmentAssembler.byteLimit)
        }
        #expect(given + fragments.abandoned + fragments.waiting == count)
    }
}
