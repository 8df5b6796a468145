import TLSWire

/// Measures what the lengths and times of encrypted records give away: fed with what the monitor tells, asked at any time.
///
/// Only application data counts: records that the keys show to be something else, or that are probably a part of the handshake, are
/// left out. It takes a bounded amount of memory.
public struct LeakMeter: Sendable {
    /// Connections that are told apart; the rest is counted in the whole alone.
    public static let mostFlows = 1_024

    /// Lengths that are kept of all of them together; of a connection that comes when there are so many, a few are.
    private static let mostLengths = 131_072
    private static let leastLengths = 16

    private var flows: [Int: Flow] = [:]
    private var lengthCount = 0
    private var whole = Sums()
    /// With keys: lengths of contents, and of contents with the records they were in.
    private var contents = LengthHistogram()
    private var pairs = LengthHistogram()
    private var bare = [LengthHistogram(), LengthHistogram()]
    private var opened = 0
    private var hasMoreFlows = false

    private struct Flow: Sendable {
        var client: Endpoint
        var server: Endpoint
        var sums = Sums()
    }

    /// What is kept of one connection, or of all.
    private struct Sums: Sendable {
        var lengths = [LengthHistogram(), LengthHistogram()]
        var gaps = GapMeter()
        var bytes = 0
        var first: Int64?
        var last: Int64?

        /// - Parameter limit: lengths that may be kept of each direction.
        mutating func add(_ record: RecordEvent, timed: Bool, limit: Int = LengthHistogram.mostLengths) {
            let index = record.direction == .clientToServer ? 0 : 1
            lengths[index].add(record.length, limit: limit)
            bytes += record.length
            let time = record.sighting.time
            first = min(first ?? time, time)
            last = max(last ?? time, time)
            if timed { gaps.add(record.direction, time, record.length) }
        }

        var lengthCount: Int { lengths[0].counts.count + lengths[1].counts.count }

        func score(_ gaps: GapMeter) -> LeakScore {
            let (client, server) = (SizeLeak(lengths[0]), SizeLeak(lengths[1]))
            let times = gaps.leak
            let (length, isTooLong) = (last ?? 0).subtractingReportingOverflow(first ?? 0)
            var score = LeakScore(
                value: 0, client: client, server: server, times: times, bytes: bytes,
                duration: isTooLong ? .max : length)
            score.value = LeakScore.value(sizes: score.sizeDistinguishability, times: times.distinguishability)
            return score
        }
    }

    public init() {}

    /// Events of other kinds are nothing to it. The monitor must report records.
    public mutating func see(_ event: MonitorEvent) {
        if case .record(let record) = event { add(record) }
    }

    public mutating func add(_ record: RecordEvent) {
        guard record.kind == .protected, Self.isData(record) else { return }
        whole.add(record, timed: false)
        note(record)
        if flows[record.flow] == nil {
            guard flows.count < Self.mostFlows else {
                hasMoreFlows = true
                return
            }
            flows[record.flow] = Flow(client: record.client, server: record.server)
        }
        let before = flows[record.flow]?.sums.lengthCount ?? 0
        flows[record.flow]?.sums.add(
            record, timed: true, limit: lengthCount < Self.mostLengths ? LengthHistogram.mostLengths : Self.leastLengths
        )
        lengthCount += (flows[record.flow]?.sums.lengthCount ?? 0) - before
    }

    private static func isData(_ record: RecordEvent) -> Bool {
        if case .authentic(let inner) = record.inner { return inner.type == TLSContentType.applicationData.rawValue }
        if record.contentType != .applicationData { return false }
        guard let guess = record.inference else { return true }
        return guess.names == InferenceRule.data.names || guess.confidence < 0.5
    }

    private mutating func note(_ record: RecordEvent) {
        guard case .authentic(let inner) = record.inner, inner.length <= 1 << 20, record.length <= 1 << 20 else {
            return
        }
        opened += 1
        let side = record.direction == .clientToServer ? 0 : 1
        contents.add(inner.length << 1 | side)
        pairs.add(inner.length << 22 | record.length << 1 | side)
        bare[side].add(max(0, record.length - inner.padding))
    }

    // MARK: The result

    public func report() -> LeakReport {
        var gaps = GapMeter()
        for flow in flows.values { gaps.add(flow.sums.gaps) }
        let score = whole.score(gaps)
        let scores = flows.map {
            FlowLeak(
                number: $0.key, client: $0.value.client, server: $0.value.server,
                score: $0.value.sums.score($0.value.sums.gaps))
        }.sorted { ($1.score.records, $0.number) < ($0.score.records, $1.number) }
        let times = score.times.distinguishability
        return LeakReport(
            whole: score, flows: scores,
            forecasts: ([.none] + PaddingPolicy.usual).map { Self.forecast($0, whole.lengths, whole.bytes, times) },
            unpadded: unpadded(times), contentShare: contentShare,
            isCapped: hasMoreFlows || whole.lengths.contains { $0.others > 0 }
                || flows.values.contains { $0.sums.lengths.contains { $0.others > 0 } })
    }

    private static func forecast(
        _ policy: PaddingPolicy, _ lengths: [LengthHistogram], _ bytes: Int, _ times: Double
    ) -> PaddingForecast {
        let padded = lengths.map { histogram in
            histogram.mapped { length in
                // What every record has over its content is the same for all.
                let content = max(0, length - overhead)
                return length + max(0, policy.length(for: content) - content)
            }
        }
        return forecast(policy, padded, from: bytes, times)
    }

    /// A byte for the type, and a tag.
    private static let overhead = 17

    private static func forecast(
        _ policy: PaddingPolicy, _ lengths: [LengthHistogram], from bytes: Int, _ times: Double
    ) -> PaddingForecast {
        let (client, server) = (SizeLeak(lengths[0]), SizeLeak(lengths[1]))
        let sizes = LeakScore.mean(client, server, \.distinguishability)
        let sum = lengths.reduce(0) { $0 + $1.sum }
        let others = lengths.contains { $0.others > 0 }
        return PaddingForecast(
            policy: policy, value: LeakScore.value(sizes: sizes, times: times),
            distinctSizes: client.distinct + server.distinct,
            sizeEntropy: LeakScore.mean(client, server, \.entropy), sizeDistinguishability: sizes,
            cost: bytes > 0 && !others ? Double(sum - bytes) / Double(bytes) : 0)
    }

    private func unpadded(_ times: Double) -> PaddingForecast? {
        guard opened > 0, opened == whole.lengths.reduce(0, { $0 + $1.total }) else { return nil }
        return Self.forecast(.none, bare, from: whole.bytes, times)
    }

    /// I(content; record) / H(content), the sender being known.
    private var contentShare: Double? {
        guard opened > 1, contents.others == 0, pairs.others == 0 else { return nil }
        var records = LengthHistogram()
        for (pair, count) in pairs.counts { records.add(pair & ((1 << 22) - 1), count: count) }
        let content = contents.entropy
        var senders = LengthHistogram()
        for (length, count) in contents.counts { senders.add(length & 1, count: count) }
        let own = content - senders.entropy
        guard own > 1e-9 else { return 0 }
        let shared = content + records.entropy - pairs.entropy - senders.entropy
        return max(0, min(1, shared / own))
    }
}
