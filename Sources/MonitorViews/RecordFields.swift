package import TLSMonitor

/// Records as lines of fields that somebody chose.
package struct RecordFields {
    private let fields: [Field]
    private let separator: UInt8
    /// Whether records have lines of which a part is missing: somebody asks how much of them came.
    private let showsPartial: Bool
    private var flows: [Int: FlowState] = [:]
    private var line = FieldText()

    private struct FlowState {
        var uid: String
        var isTLS13 = false
    }

    /// A name that is none, and the nearest that is one.
    package struct UnknownField: Error, Hashable, Sendable {
        package var name: String
        package var nearest: String?
    }

    /// - Parameter separator: between the fields; a tab unless somebody wants another.
    /// - Throws: ``UnknownField``.
    package init(_ names: [String], separator: UInt8 = UInt8(ascii: "\t")) throws(UnknownField) {
        var fields: [Field] = []
        for name in names {
            guard let field = Field.byName[name] else {
                throw UnknownField(name: name, nearest: Self.nearest(to: name))
            }
            fields.append(field)
        }
        self.fields = fields
        self.separator = separator
        showsPartial = names.contains("seen")
    }

    /// Names of the columns.
    package var header: [UInt8] {
        Array(fields.map(\.name).joined(separator: String(Unicode.Scalar(separator))).utf8) + [UInt8(ascii: "\n")]
    }

    /// Every field with what it means, for people.
    package static var help: [String] {
        let width = Field.all.map(\.name.count).max() ?? 0
        return Field.all.map { $0.name.padded(to: width + 2) + $0.meaning }
    }

    /// Appends the line of a record; other events have none.
    package mutating func write(_ event: MonitorEvent, to bytes: inout [UInt8]) {
        switch event {
        case .opened(let flow):
            flows[flow.number] = FlowState(
                uid: FlowIdentity.uid(client: flow.client, server: flow.server, start: flow.start.time))
        case .closed(let flow): flows[flow.number] = nil
        case .record(let record): write(record, to: &bytes)
        case .established, .finding, .alarm: break
        }
    }

    private mutating func write(_ record: RecordEvent, to bytes: inout [UInt8]) {
        if record.serverHello?.version == .tls13 { flows[record.flow]?.isTLS13 = true }
        guard showsPartial || !record.isPartial else { return }
        let state = flows[record.flow]
        let context = Field.Context(record: record, uid: state?.uid ?? "", isTLS13: state?.isTLS13 ?? false)
        line.removeAll()
        for (index, field) in fields.enumerated() {
            if index > 0 { line.next(separator) }
            field.write(context, &line)
        }
        line.endLine()
        bytes.append(contentsOf: line.bytes)
    }

    /// The field whose name takes the fewest edits, or whose name ends or begins like it.
    private static func nearest(to name: String) -> String? {
        let names = Field.all.map(\.name)
        let ranked = names.map { ($0, EditDistance.between(name, $0)) }
        if let best = ranked.min(by: { ($0.1, $0.0) < ($1.1, $1.0) }), best.1 <= max(1, name.count / 3) {
            return best.0
        }
        return names.first { $0.contains(name) } ?? names.first { name.contains($0) && $0.count > 3 }
    }
}

/// How far two words are apart.
package enum EditDistance {
    /// Characters that are compared.
    private static let longest = 64

    /// Insertions, deletions and replacements that lead from one to the other (Levenshtein).
    package static func between(_ left: String, _ right: String) -> Int {
        let a = Array(left.prefix(longest)), b = Array(right.prefix(longest))
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                row.append(min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1)))
            }
            last = row
        }
        return last[b.count]
    }
}
