import TLSWire
import Testing

@testable import TLSMonitor

/// What is held for connections counts, wherever it lies: else a few of them could fill the memory.
@Suite("Hostile memory") struct HostileMemoryTests {
    private static func observer(_ connection: Connection) -> FlowObserver {
        let monitor = FlowObserver(
            number: 1, client: Endpoint(address: IPAddress(v4: 1), port: 50_000),
            server: Endpoint(address: IPAddress(v4: 2), port: 443), beginning: nil,
            start: Sighting(packet: 1, time: 0), markers: [], reports: .nothing)
        for packet in connection.packets {
            packet.bytes.withUnsafeBytes { bytes in
                guard
                    case .tcp(let segment) = PacketDecoder.decode(
                        bytes, link: packet.link, originalLength: packet.originalLength)
                else {
                    Issue.record("it is a segment")
                    return
                }
                monitor.receive(
                    segment, UnsafeRawBufferPointer(rebasing: bytes[segment.payload]), Sighting(packet: 1, time: 0))
            }
        }
        return monitor
    }

    @Test("a record that is not whole") func halfRecord() {
        var connection = Connection()
        connection.open()
        connection.send(.clientToServer, [22, 3, 1, 0x40, 0, 1, 0, 0x40, 0])
        let before = Self.observer(connection).heldBytes
        for _ in 0..<10 { connection.send(.clientToServer, [UInt8](repeating: 7, count: 1_400)) }
        // Once to be judged, and what is kept to compare it with what is sent again.
        #expect(Self.observer(connection).heldBytes >= before + 14_000 + RecentBytes.leastCapacity / 2)
    }

    @Test("a handshake message that is not whole") func halfMessage() {
        var connection = Connection()
        connection.open()
        connection.send(.serverToClient, Wire.record(22, [11, 0x0F, 0xFF, 0xFF]))
        let before = Self.observer(connection).heldBytes
        for _ in 0..<10 { connection.send(.serverToClient, Wire.record(22, [UInt8](repeating: 0, count: 10_000))) }
        #expect(Self.observer(connection).heldBytes >= before + 100_000)
    }

    @Test("connections that end give back all that they held") func givenBack() {
        var packets: [TestPacket] = []
        // Each opens the same ends again, and leaves a megabyte behind a gap.
        for round in 0..<30 as Range<UInt32> {
            var connection = Connection(port: 40_000, sequences: (round * 100_000_000, 5))
            connection.open()
            packets += connection.packets
            for index in 0..<20 as Range<UInt32> {
                packets.append(
                    connection.segment(
                        .clientToServer, sequence: connection.next[0] &+ 100 &+ index * 50_000,
                        [UInt8](repeating: 65, count: 50_000)))
            }
        }
        var pair = [Connection(port: 50_001), Connection(port: 50_002)]
        for index in pair.indices { pair[index].open() }
        for turn in Talk.clean().turns {
            for index in pair.indices { pair[index].send(turn.direction, turn.bytes) }
        }
        for place in pair[0].packets.indices { packets += pair.map { $0.packets[place] } }
        let seen = Observation(packets)
        #expect(seen.balances)
        #expect(seen.report.flowCount == 32)
        #expect(seen.report.establishedCount == 2)
    }

    @Test("a hello with thousands of names is not kept in the report beside many others") func manyNames() {
        let names = (0..<20_000).flatMap { _ in [1, 97] as [UInt8] }
        let hello = Wire.clientHello(protocols: names)
        var packets: [TestPacket] = []
        for port in 0..<20 as Range<UInt16> {
            var connection = Connection(port: 30_000 + port)
            connection.open()
            for start in stride(from: 0, to: hello.count, by: 10_000) {
                connection.send(
                    .clientToServer,
                    Wire.record(22, Array(hello[start..<min(hello.count, start + 10_000)]), version: 0x0301))
            }
            packets += connection.packets
        }
        var seen: Observation?
        let time = ContinuousClock().measure { seen = Observation(packets) }
        let whole = seen?.report.flows.count { $0.clientHello != nil } ?? 0
        #expect(whole > 0 && whole < 10)
        #expect(seen?.report.flows.allSatisfy { $0.ja4 != nil } == true)
        #expect(time < .seconds(20))
    }

    @Test("lengths of records, of all connections together") func lengths() {
        var meter = LeakMeter()
        for flow in 1...100 {
            for length in 0..<2_000 { meter.add(.protected(.clientToServer, Int64(length), 40 + length, flow: flow)) }
        }
        let report = meter.report()
        #expect(report.isCapped)
        #expect(report.flows.count == 100)
        #expect(report.flows.reduce(0) { $0 + $1.score.client.distinct } < 140_000)
        #expect(report.flows.allSatisfy { $0.score.client.distinct >= 16 })
    }
}
