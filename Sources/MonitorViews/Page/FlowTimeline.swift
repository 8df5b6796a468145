package import TLSMonitor

/// The records of one connection over time, in so many marks at most: where there are more records, marks stand for several.
package struct FlowTimeline: Sendable {
    /// What a mark stands for, as the picture tells them apart.
    package enum Look: Int, Hashable, Sendable, CaseIterable {
        case handshake, changeCipherSpec, alert, protected, inferred, opened, failed, unaccounted
    }

    /// A record, or several of the same kind that one side sent one after the other.
    package struct Mark: Sendable {
        /// Nanoseconds since the connection's first record, of the first and the last record.
        package var start: Int64
        package var end: Int64
        package var direction: FlowDirection
        package var look: Look
        package var records: Int
        /// With the records' headers; 0 if that is not known.
        package var bytes: Int
        /// What is known of it; of several records, of the first.
        package var words: String
        /// Why that is believed, of what is inferred.
        package var reason = ""
    }

    /// Of one direction's records, with their headers.
    package struct Sizes: Sendable {
        package var records = 0
        package var bytes = 0
        package var smallest = 0
        package var largest = 0
    }

    package private(set) var marks: [Mark] = []
    /// The first records, each by itself.
    package private(set) var opening: [Mark] = []
    package private(set) var sizes = [Sizes(), Sizes()]
    /// Nanoseconds since 1970, of the first record.
    package let begin: Int64
    /// Marks stand for what came within so many nanoseconds; 0 for single records.
    package private(set) var interval: Int64 = 0

    private var limit: Int
    /// Words that were said before, to be kept once.
    private var said: Set<String> = []
    package static let mostOpening = 24
    private static let mostWords = 120

    /// - Parameter limit: of marks, 16 at least.
    package init(begin: Int64, limit: Int) {
        self.begin = begin
        self.limit = max(limit, 2 * Look.allCases.count)
    }

    /// The last mark is what was found there, and the record there has not come.
    private var found: (direction: FlowDirection, offset: Int)?

    /// Something that refutes, which may be a record that comes next, or none.
    package mutating func take(_ finding: Finding, at time: Int64) {
        guard let direction = finding.direction, let offset = finding.offset else { return }
        let time = Measures.elapsed(from: begin, to: time)
        let mark = Mark(
            start: time, end: time, direction: direction, look: .unaccounted, records: 1, bytes: 0,
            words: String(finding.words.prefix(Self.mostWords)))
        add(mark)
        found = (direction, offset)
    }

    package mutating func take(_ record: RecordEvent) {
        if let (direction, offset) = found, (direction, offset) == (record.direction, record.offset),
            marks.last?.bytes == 0
        {
            marks.removeLast()
            if opening.last?.bytes == 0 { opening.removeLast() }
        }
        found = nil
        let time = Measures.elapsed(from: begin, to: record.sighting.time)
        let mark = Mark(
            start: time, end: time, direction: record.direction, look: Self.look(of: record), records: 1,
            bytes: 5 + record.length, words: Self.words(of: record),
            reason: String((record.inner == nil ? record.inference?.reason ?? "" : "").prefix(Self.mostWords)))
        count(mark)
        add(mark)
    }

    /// From now on there are no more marks than this.
    mutating func confine(to limit: Int) {
        self.limit = max(limit, 2 * Look.allCases.count)
        if marks.count > self.limit { coarsen(to: self.limit / 2) }
    }

    /// The same words, and the same memory.
    private mutating func once(_ words: String) -> String {
        if let place = said.firstIndex(of: words) { return said[place] }
        if said.count < 32 { said.insert(words) }
        return words
    }

    private mutating func add(_ mark: Mark) {
        var mark = mark
        mark.words = once(mark.words)
        mark.reason = once(mark.reason)
        if opening.count < Self.mostOpening { opening.append(mark) }
        if let place = placeToJoin(mark) {
            join(mark, to: place)
        } else {
            marks.append(mark)
            if marks.count > limit { coarsen(to: limit / 2) }
        }
    }

    private mutating func count(_ mark: Mark) {
        let side = mark.direction == .clientToServer ? 0 : 1
        sizes[side].smallest = sizes[side].records == 0 ? mark.bytes : min(sizes[side].smallest, mark.bytes)
        sizes[side].largest = max(sizes[side].largest, mark.bytes)
        sizes[side].records += 1
        sizes[side].bytes += mark.bytes
    }

    /// In fewer marks, so that there are no more than `limit`.
    package func reduced(to limit: Int) -> FlowTimeline {
        var result = self
        if marks.count > limit { result.coarsen(to: max(limit, 2 * Look.allCases.count)) }
        return result
    }

    private func placeToJoin(_ mark: Mark) -> Int? {
        guard interval > 0 else { return nil }
        return marks.indices.suffix(2 * Look.allCases.count).last { belongsTogether(marks[$0], mark) }
    }

    private func belongsTogether(_ left: Mark, _ right: Mark) -> Bool {
        left.direction == right.direction && left.look == right.look && left.start / interval == right.start / interval
    }

    private mutating func join(_ mark: Mark, to place: Int) {
        marks[place].start = min(marks[place].start, mark.start)
        marks[place].end = max(marks[place].end, mark.end)
        marks[place].records += mark.records
        marks[place].bytes += mark.bytes
    }

    private struct Bin: Hashable {
        var direction: FlowDirection
        var look: Look
        var number: Int64
    }

    /// Wider and wider intervals, until what is left of the marks is few enough.
    private mutating func coarsen(to target: Int) {
        let span = marks.map(\.end).max() ?? 0
        interval = max(interval, span / 256, 1)
        while marks.count > target {
            interval = interval > .max / 4 ? .max : interval * 2
            let old = marks
            marks = []
            var places: [Bin: Int] = [:]
            for mark in old {
                let bin = Bin(direction: mark.direction, look: mark.look, number: mark.start / interval)
                if let place = places[bin] {
                    join(mark, to: place)
                } else {
                    places[bin] = marks.count
                    marks.append(mark)
                }
            }
        }
    }

    private static func look(of record: RecordEvent) -> Look {
        switch record.kind {
        case .handshake: return .handshake
        case .changeCipherSpec: return .changeCipherSpec
        case .alert: return .alert
        case .unaccounted: return .unaccounted
        case .protected:
            switch record.inner {
            case .authentic: return .opened
            case .failed: return .failed
            case nil:
                let names = record.inference?.names ?? []
                // That it is data is what one would think anyway.
                return names.isEmpty || names == ["application data"] ? .protected : .inferred
            }
        }
    }

    private static func words(of record: RecordEvent) -> String {
        let words: String
        switch (record.kind, record.inner, record.inference) {
        case (.protected, .authentic(let content), _):
            words =
                content.words.isEmpty
                ? content.type == 23 ? "application data" : "content of type \(content.type)"
                : content.words.joined(separator: " + ")
        case (.protected, .failed(_, let reason), _): words = reason
        case (.protected, nil, .some(let guess)) where !guess.names.isEmpty:
            words = "\(guess.names.joined(separator: " + ")) (\(Measures.short(guess.confidence * 100)) %)"
        case (.handshake, _, _) where record.words.isEmpty: words = "part of a handshake message"
        default: words = record.words.joined(separator: " + ")
        }
        return String(words.prefix(mostWords))
    }
}
