import Testing

@testable import TLSMonitor

@Suite("What a capture does not show") struct DoubtTests {
    private var packets: [TestPacket] { Connection.whole(.clean()) }

    @Test("an empty capture proves nothing") func empty() {
        let seen = Observation([])
        #expect(seen.verdict == .inconclusive)
        #expect(seen.report.payloadBytes == 0)
    }

    @Test("a connection without data proves nothing") func silent() {
        var connection = Connection()
        connection.open()
        connection.close()
        #expect(Observation(connection.packets).verdict == .inconclusive)
    }

    @Test("whichever packet with data is lost, the verdict is inconclusive, not refuted and not proven")
    func everyLoss() {
        let empty = Connection().segment(.clientToServer, sequence: 0).bytes.count
        for (index, packet) in packets.enumerated() where packet.bytes.count > empty {
            var left = packets
            left.remove(at: index)
            let seen = Observation(left)
            #expect(seen.verdict == .inconclusive, "packet \(index + 1): \(seen.report.findings.map(\.words))")
            #expect(seen.balances)
        }
    }

    @Test("whichever two neighbours with data are lost, nothing is proven or refuted") func twoLosses() {
        for index in 3..<packets.count - 4 {
            var left = packets
            left.removeSubrange(index...index + 1)
            let seen = Observation(left)
            #expect(seen.verdict == .inconclusive, "packet \(index + 1): \(seen.report.findings.map(\.words))")
            #expect(seen.balances)
        }
    }

    @Test("whichever packet with data is cut off, the verdict is inconclusive", arguments: [1, 5, 40])
    func everyCut(cut: Int) {
        let empty = Connection().segment(.clientToServer, sequence: 0).bytes.count
        for index in packets.indices where packets[index].bytes.count > empty + cut {
            var cutOff = packets
            cutOff[index].bytes.removeLast(cut)
            let seen = Observation(cutOff)
            #expect(seen.verdict == .inconclusive, "packet \(index + 1): \(seen.report.findings.map(\.words))")
            #expect(seen.balances)
        }
    }

    @Test("a capture that lacks the connection's first packets shows the hello after a HelloRetryRequest")
    func lateRetry() {
        let again = Wire.record(22, Wire.clientHello(padding: 40))
        var talk = Talk.clean().inserting(
            .server(Wire.record(22, Wire.retryRequest())), .server(Wire.changeCipherSpec),
            .client(Wire.changeCipherSpec), .client(again), at: 1)
        // The one ChangeCipherSpec of each side has moved forward.
        talk.turns.remove(at: 9)
        talk.turns.remove(at: 6)
        let seen = Observation(Array(Connection.whole(talk).dropFirst(3)))
        let clear = seen.records.filter { $0.kind == .handshake }
        #expect(clear.count == 4)
        #expect(clear.count { $0.clientHello != nil } == 2)
        #expect(clear.map(\.words) == [["ClientHello"], ["HelloRetryRequest"], ["ClientHello"], ["ServerHello"]])
        #expect(seen.verdict == .inconclusive)
    }

    @Test("a capture that was begun later is inconclusive, wherever it begins") func late() {
        for first in 3..<packets.count - 3 {
            let seen = Observation(Array(packets[first...]))
            #expect(seen.verdict == .inconclusive, "from packet \(first + 1)")
            #expect(seen.balances)
        }
    }

    @Test("a capture that was ended earlier is proven only behind the keys of both sides") func early() {
        for count in 4..<packets.count {
            let seen = Observation(Array(packets[..<count]))
            #expect(seen.verdict != .refuted, "\(count) packets")
            #expect(seen.verdict == .inconclusive || seen.report.establishedCount == 1)
        }
    }

    @Test("one direction alone is inconclusive", arguments: FlowDirection.allCases)
    func oneDirection(direction: FlowDirection) {
        let port = Wire.big(direction == .clientToServer ? 50_000 : 7_443)
        let half = packets.filter { Array($0.bytes[34..<36]) == port }
        #expect(!half.isEmpty && half.count < packets.count)
        #expect(Observation(half).verdict == .inconclusive)
    }

    @Test("lost packets and an early end of the file are inconclusive") func facts() {
        #expect(Observation(packets, facts: CaptureFacts(drops: 1)).verdict == .inconclusive)
        #expect(Observation(packets, facts: CaptureFacts(endsEarly: true)).verdict == .inconclusive)
        #expect(Observation(packets, facts: CaptureFacts()).verdict == .proven)
    }

    /// Protocol number, and whether it leaves a doubt.
    @Test(
        "other protocols leave a doubt, unless they only manage the network",
        arguments: [(17, true), (132, true), (4, true), (41, true), (47, true), (50, true), (1, false), (2, false)])
    func otherProtocols(number: UInt8, isDoubt: Bool) {
        let other = Wrapping.ethernet.wrap([UInt8](repeating: 65, count: 60), protocol: number, from: .clientToServer)
        let seen = Observation(packets + [other])
        #expect(seen.verdict == (isDoubt ? .inconclusive : .proven))
        #expect(seen.report.findings.count == 1)
    }

    /// EtherType, and whether it leaves a doubt.
    @Test(
        "frames that are not IP leave a doubt, unless they only manage the network",
        arguments: [(0x8864, true), (0x8847, true), (0x88E5, true), (0x0600, true), (40, true), (0x0806, false)])
    func otherFrames(type: UInt16, isDoubt: Bool) {
        let bytes = [UInt8](repeating: 2, count: 12) + Wire.big(type) + [UInt8](repeating: 65, count: 46)
        let frame = TestPacket(link: .ethernet, bytes: bytes, originalLength: bytes.count)
        #expect(Observation(packets + [frame]).verdict == (isDoubt ? .inconclusive : .proven))
    }

    @Test("a fragment of an IP packet is inconclusive", arguments: [0x2000, 0x0001, 0x1FFF] as [UInt16])
    func fragment(field: UInt16) {
        var fragment = packets[8]
        fragment.bytes.replaceSubrange(20..<22, with: Wire.big(field))
        #expect(Observation(packets + [fragment]).verdict == .inconclusive)
        var six = Wrapping.raw6.wrap([6, 0, 0, 1, 0, 0, 0, 1] + [1, 2, 3, 4], from: .clientToServer)
        six.bytes[6] = 44
        #expect(Observation(packets + [six]).report.otherTraffic == [.fragment: 1])
    }

    @Test("a link that is not known is inconclusive") func link() {
        var other = packets[4]
        other.link = .other(147)
        #expect(Observation(packets + [other]).verdict == .inconclusive)
    }

    @Test("length 0, as segmentation offload leaves it, is the rest of the packet") func offload() {
        let zero = packets.map { packet in
            var packet = packet
            packet.bytes.replaceSubrange(16..<18, with: [0, 0])
            return packet
        }
        #expect(Observation(zero).verdict == .proven)
        var cut = zero
        cut[15].bytes.removeLast(9)
        #expect(Observation(cut).verdict == .inconclusive)
    }

    @Test("the padding of short frames is not data") func padding() {
        let padded = packets.map { packet in
            var packet = packet
            packet.bytes += [0, 0, 0, 0, 0, 0]
            packet.originalLength += 6
            return packet
        }
        #expect(Observation(padded).verdict == .proven)
    }

    @Test("the same bytes sent twice with different content are inconclusive, in any order") func conflict() {
        var connection = Connection()
        connection.open()
        connection.say(.clean())
        var again = connection.packets
        let place = 12
        again[place].bytes[again[place].bytes.count - 1] ^= 1
        for packets in [connection.packets + [again[place]], [again[place]] + connection.packets] {
            #expect(Observation(packets).verdict == .inconclusive)
        }
        #expect(Observation(connection.packets + [again[place]]).says("sent twice"))
        #expect(Observation(connection.packets + [connection.packets[place]]).verdict == .proven)
    }

    @Test("a connection that gave way to others, and goes on, is inconclusive") func manyFlows() {
        var (first, second): ([TestPacket], [TestPacket]) = ([], [])
        for port in 0..<5 as Range<UInt16> {
            var connection = Connection(port: 40_000 + port)
            connection.open()
            connection.say(.clean())
            first += connection.packets.prefix(20)
            second += connection.packets.dropFirst(20)
        }
        #expect(Observation(first + second, flowLimit: 5).verdict == .proven)
        let seen = Observation(first + second, flowLimit: 4)
        #expect(seen.verdict == .inconclusive)
        #expect(seen.says("the beginning of what the client sent is not in the capture"))
        // Those that gave way before they went on are counted twice.
        #expect(seen.report.flowCount > 5)
        #expect(Observation(first, flowLimit: 4).report.flowCount == 5)
    }

    @Test("a message that never ends is inconclusive") func endlessMessage() {
        let talk = Talk(turns: [.client(Wire.record(22, [1, 1, 0, 0] + VerdictTests.text(2_000)))])
        let seen = Observation(Connection.whole(talk, port: 60_000) + packets)
        #expect(seen.verdict == .inconclusive)
        #expect(seen.says("does not end"))
    }

    @Test("violations are told however many doubts there are") func priority() {
        var connection = Connection()
        connection.open()
        let talk = Talk.clean()
        connection.say(talk)
        for _ in 0..<40 {
            var twisted = connection.packets[12]
            twisted.bytes[twisted.bytes.count - 1] ^= 1
            connection.packets.append(twisted)
        }
        connection.send(.clientToServer, Array("plain words".utf8))
        #expect(Observation(connection.packets).verdict == .refuted)
    }
}
