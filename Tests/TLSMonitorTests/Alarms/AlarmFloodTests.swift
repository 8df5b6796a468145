import Foundation
import Testing

@testable import TLSMonitor

@Suite("Alarms under a flood")
struct AlarmFloodTests {
    private static func segment(
        _ source: Endpoint, _ destination: Endpoint, flags: TCPSegment.Flags, sequence: UInt32 = 1, length: Int = 0
    ) -> TCPSegment {
        TCPSegment(
            source: source, destination: destination, sequence: sequence, acknowledgement: 0, flags: flags,
            payload: 0..<length, missing: 0)
    }

    @Test("a million connections from forged addresses take no more memory than none, and few alarms")
    func forged() {
        var watch = AlarmWatch()
        let size = watch.byteCount
        #expect(size < 24 << 20)
        var generator = SeededGenerator(3)
        var alarms: [Alarm] = []
        let start = ContinuousClock.now
        for number in 0..<1_000_000 {
            let source = Endpoint(
                address: IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())),
                port: UInt16(truncatingIfNeeded: number))
            watch.see(
                Self.segment(source, Scene.server(), flags: .syn, sequence: UInt32(number)),
                Sighting(packet: number, time: 1_700_000_000_000_000_000 + Int64(number) * 10_000))
            alarms += watch.take()
        }
        watch.finish()
        alarms += watch.take()
        let passed = ContinuousClock.now - start
        #expect(watch.byteCount == size)
        #expect(alarms.allSatisfy { $0.kind == .synFlood } && (1...2).contains(alarms.count), "\(alarms.map(\.words))")
        // Generous: without optimisation, on a busy machine.
        #expect(passed < .seconds(60))
    }

    @Test("a scan is seen in the midst of a flood, and a connection outlives it")
    func amidst() throws {
        var watch = AlarmWatch()
        var generator = SeededGenerator(5)
        var packet = 0
        var alarms: [Alarm] = []
        func see(_ segment: TCPSegment) {
            packet += 1
            watch.see(segment, Sighting(packet: packet, time: 1_700_000_000_000_000_000 + Int64(packet) * 10_000))
            alarms += watch.take()
        }
        let (client, server) = (Scene.client(), Scene.server())
        see(Self.segment(client, server, flags: .syn, sequence: 9))
        var answer = Self.segment(server, client, flags: [.syn, .ack], sequence: 70)
        answer.acknowledgement = 10
        see(answer)
        var last = Self.segment(client, server, flags: .ack, sequence: 10)
        last.acknowledgement = 71
        see(last)
        for round in 0..<20 {
            for _ in 0..<10_000 {
                let source = Endpoint(address: IPAddress(v4: UInt32(truncatingIfNeeded: generator.next())), port: 9)
                see(Self.segment(source, server, flags: .syn))
            }
            let port = Scene.server(UInt16(100 + round))
            see(Self.segment(Scene.client(66), port, flags: .syn))
            see(Self.segment(port, Scene.client(66), flags: [.rst, .ack]))
        }
        #expect(alarms.contains { $0.kind == .portScan && $0.source == Scene.client(66).address })
        #expect(watch.connections.connection(client, server)?.isProven == true)
    }

    @Test("resets, alerts and data of forged addresses raise a bounded number of alarms")
    func bounded() {
        var watch = AlarmWatch()
        let size = watch.byteCount
        var generator = SeededGenerator(4)
        var count = 0
        for number in 0..<200_000 {
            let source = Endpoint(
                address: IPAddress(high: generator.next(), low: generator.next()),
                port: UInt16.random(in: 1...9, using: &generator))
            let target = Scene.server(UInt16(truncatingIfNeeded: generator.next()), host: number % 200)
            let flags = TCPSegment.Flags(rawValue: UInt8(truncatingIfNeeded: generator.next()))
            watch.see(
                Self.segment(source, target, flags: flags, sequence: UInt32(number), length: number % 3),
                // Also with times that leap.
                Sighting(packet: number, time: number.isMultiple(of: 1_000) ? .max : .min &+ Int64(number)))
            count += watch.take().count
        }
        watch.finish()
        #expect(watch.byteCount == size)
        #expect(count < 1_000)
    }

    @Test("a table keeps what has a rank, and forgets what is old")
    func tables() {
        var table = RecentTable<UInt64, Int>(capacity: 64, seed: 1, lifetime: 1_000, key: 0, value: 0)
        let (index, _) = table.claim(1, at: 1, 11)
        table.rank(index, 1)
        for key in UInt64(2)..<5_000 { _ = table.claim(key, at: 2, 0) }
        #expect(table.find(1).map { table[$0] } == 11)
        for key in UInt64(5_000)..<10_000 { _ = table.claim(key, at: 5_000, 0) }
        #expect(table.find(1) == nil)
        #expect(table.indices.count == 64)
    }

    @Test("different things are never counted as more than they are", arguments: [1, 10, 100, 300, 5_000])
    func distinct(number: Int) {
        var count = DistinctCount()
        for _ in 0..<3 { for value in 0..<number { count.add(UInt64(value).mixed(with: 7)) } }
        #expect(count.count <= number)
        #expect(number > 100 || count.count * 10 >= number * 8)
    }
}
