import TLSWire
import Testing

@testable import TLSMonitor

@Suite("leak score")
struct LeakTests {
    /// A connection's records: senders, times in nanoseconds, lengths.
    static func report(_ records: [(from: FlowDirection, time: Int64, length: Int)], flow: Int = 1) -> LeakReport {
        var meter = LeakMeter()
        for record in records { meter.add(.protected(record.from, record.time, record.length, flow: flow)) }
        return meter.report()
    }

    static func talk(_ lengths: [Int]) -> [(from: FlowDirection, time: Int64, length: Int)] {
        lengths.enumerated().map { (.clientToServer, Int64($0.offset) * 100_000_000, $0.element) }
    }

    @Test("says that there is nothing to measure where there is nothing")
    func empty() {
        let report = LeakMeter().report()
        #expect(report.whole.value == 0)
        #expect(report.flows.isEmpty)
        #expect(report.words == ["No encrypted application data was seen: there is nothing to measure."])
    }

    @Test("is 0 for records of one length at a constant pace")
    func constant() {
        let report = Self.report(Self.talk([Int](repeating: 529, count: 200)))
        #expect(report.whole.value == 0)
        #expect(report.whole.sizeEntropy == 0)
        #expect(report.whole.client.distinct == 1)
        #expect(report.whole.times.burstiness == -1)
        #expect(report.words.contains { $0.contains("have the same length, 529 bytes: it tells nothing") })
    }

    @Test("counts bits as they are: n lengths that are equally frequent are log2 n", arguments: [2, 4, 16, 256])
    func bits(count: Int) {
        let report = Self.report(Self.talk((0..<(count * 8)).map { 100 + $0 % count }))
        let expected = Double(count.trailingZeroBitCount)
        #expect(abs(report.whole.sizeEntropy - expected) < 1e-9)
        #expect(report.whole.client.distinct == count)
        #expect(abs(report.whole.client.largestShare - 1 / Double(count)) < 1e-9)
    }

    @Test("is higher the more lengths there are")
    func monotone() {
        let values = [1, 2, 3, 5, 9, 33].map { count in
            Self.report(Self.talk((0..<396).map { 200 + ($0 % count) * 7 })).whole.value
        }
        #expect(values == values.sorted() && Set(values).count == values.count)
    }

    @Test("never rises by padding, whatever the lengths are", arguments: 1...40)
    func padding(seed: UInt64) {
        var generator = SeededGenerator(seed)
        var records: [(from: FlowDirection, time: Int64, length: Int)] = []
        var time: Int64 = 0
        let spread = Int.random(in: 1...4_000, using: &generator)
        for _ in 0..<Int.random(in: 2...400, using: &generator) {
            time += Int64.random(in: 0...2_000_000_000, using: &generator)
            records.append(
                (
                    Bool.random(using: &generator) ? .clientToServer : .serverToClient, time,
                    17 + Int.random(in: 0...spread, using: &generator)
                ))
        }
        let report = Self.report(records)
        let now = report.forecasts[0]
        #expect(now.policy == .none && now.cost == 0 && now.value == report.whole.value)
        for forecast in report.forecasts.dropFirst() {
            #expect(forecast.value <= now.value)
            #expect(forecast.sizeEntropy <= now.sizeEntropy + 1e-9)
            #expect(forecast.distinctSizes <= now.distinctSizes)
            #expect(forecast.cost >= 0)
        }
        #expect(report.forecasts.last?.sizeDistinguishability == 0)
        // A coarser grid shows no more than a finer one.
        let grids = report.forecasts.filter { if case .grid = $0.policy { true } else { false } }.map(\.value)
        #expect(grids == grids.sorted(by: >))
        #expect((0...100).contains(report.whole.value))
    }

    @Test(
        "makes lengths as PADMÉ says: 9 % at most from 64 bytes on, 12 % at all",
        arguments: [1, 2, 3, 9, 64, 100, 1_000, 9_999, 16_384])
    func padme(count: Int) {
        let padded = PaddingPolicy.padme.length(for: count)
        #expect(padded >= count && Double(padded) <= Double(count) * 1.12)
        #expect(PaddingPolicy.padme.length(for: padded) == padded)
    }

    @Test("pads to known lengths, and not beyond what a record holds")
    func policies() {
        #expect(PaddingPolicy.padme.length(for: 9) == 10)
        #expect(PaddingPolicy.padme.length(for: 1_000) == 1_024)
        #expect(PaddingPolicy.padme.length(for: 1_025) == 1_088)
        #expect(PaddingPolicy.grid(256).length(for: 0) == 256)
        #expect(PaddingPolicy.grid(256).length(for: 257) == 512)
        #expect(PaddingPolicy.grid(1_000).length(for: 16_001) == 16_384)
        #expect(PaddingPolicy.grid(0).length(for: 7) == 7)
        #expect(PaddingPolicy.full.length(for: 16_400) == 16_400)
        #expect(PaddingPolicy.grid(64).length(for: Int.max) == Int.max)
        #expect(PaddingPolicy.padme.length(for: -1) == -1)
    }

    @Test("sees who pads to a grid, and does not see one where there is none")
    func grid() {
        var generator = SeededGenerator(4)
        let plain = (0..<300).map { _ in Int.random(in: 30...3_000, using: &generator) }
        #expect(Self.report(Self.talk(plain)).whole.client.grid == nil)
        let padded = plain.map { 17 + PaddingPolicy.grid(256).length(for: $0) }
        let report = Self.report(Self.talk(padded))
        #expect(report.whole.client.grid == 256)
        #expect(report.words.contains { $0.contains("multiples of it apart: somebody pads") })
    }

    @Test("sees typing, and does not take bulk for it")
    func typing() {
        var generator = SeededGenerator(5)
        var time: Int64 = 0
        var records: [(from: FlowDirection, time: Int64, length: Int)] = []
        for _ in 0..<50 {
            time += Int64.random(in: 90_000_000...350_000_000, using: &generator)
            records.append((.clientToServer, time, 53))
            records.append((.serverToClient, time + 8_000_000, 53))
        }
        let typed = Self.report(records).whole.times
        #expect(typed.keystrokes >= 45)
        #expect(typed.turns == 50 && typed.answered == 1)
        let bulk = (0..<50).map { (from: FlowDirection.clientToServer, time: Int64($0) * 90_000_000, length: 16_401) }
        #expect(Self.report(bulk).whole.times.keystrokes == 0)
    }

    @Test("keeps bounded figures of any number of lengths and connections, and says so")
    func bounded() {
        var meter = LeakMeter()
        for index in 0..<12_000 {
            meter.add(.protected(.clientToServer, Int64(index), 17 + index, flow: index % 3_000))
        }
        let report = meter.report()
        #expect(report.isCapped)
        #expect(report.flows.count == LeakMeter.mostFlows)
        #expect(report.whole.client.distinct == LengthHistogram.mostLengths + 1)
        #expect(report.whole.records == 12_000)
        #expect(report.words.contains { $0.contains("are kept") })
    }

    @Test("survives times and lengths that cannot be")
    func impossible() {
        let records: [(from: FlowDirection, time: Int64, length: Int)] = [
            (.clientToServer, .max, 0), (.serverToClient, .min, 65_535), (.clientToServer, .min, 0),
            (.clientToServer, .max, 17), (.serverToClient, 0, 1),
        ]
        let report = Self.report(records)
        #expect((0...100).contains(report.whole.value))
        #expect(!report.words.isEmpty)
    }
}

extension RecordEvent {
    /// An encrypted record of application data.
    static func protected(
        _ direction: FlowDirection, _ time: Int64, _ length: Int, flow: Int = 1, inner: InnerRecord? = nil
    ) -> RecordEvent {
        RecordEvent(
            flow: flow, client: Endpoint(address: IPAddress(v4: 1), port: 1),
            server: Endpoint(address: IPAddress(v4: 2), port: 2), direction: direction, number: 1,
            contentType: .applicationData, version: .tls12, length: length, seen: length, offset: 0, kind: .protected,
            messages: [], words: [], alert: nil, clientHello: nil, serverHello: nil, certificates: [], inference: nil,
            inner: inner, sample: [], sighting: Sighting(packet: 1, time: time))
    }
}
