import Foundation
import Glibc

/// A figure of one round.
struct Metric {
    var name: String
    var unit: String
    var value: Double

    init(_ name: String, _ unit: String, _ value: Double) {
        self.name = name
        self.unit = unit
        self.value = value
    }
}

/// The figures of all rounds of a measurement.
struct Report: Encodable {
    let name: String
    let title: String
    let drivers: [Driver]
    private var lines: [Line] = []

    /// A figure of all servers and rounds.
    struct Line: Encodable {
        var metric: String
        var unit: String
        /// For each server one value a round.
        var values: [String: [Double]]
        /// The first server to the second, round by round.
        var ratios: [Double]

        init(_ metric: String, _ unit: String, _ values: [String: [Double]]) {
            (self.metric, self.unit, self.values) = (metric, unit, values)
            ratios = []
        }

        private enum CodingKeys: CodingKey {
            case metric, unit, values, ratios, medianRatio
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(metric, forKey: .metric)
            try container.encode(unit, forKey: .unit)
            try container.encode(values, forKey: .values)
            try container.encode(ratios, forKey: .ratios)
            try container.encodeIfPresent(median(of: ratios), forKey: .medianRatio)
        }
    }

    init(name: String, title: String, drivers: [Driver]) {
        self.name = name
        self.title = title
        self.drivers = drivers
    }

    mutating func add(_ metrics: [Metric], of driver: Driver, round: Int) {
        for metric in metrics {
            if let index = lines.firstIndex(where: { $0.metric == metric.name && $0.unit == metric.unit }) {
                lines[index].values[driver.rawValue, default: []].append(metric.value)
            } else {
                lines.append(Line(metric.name, metric.unit, [driver.rawValue: [metric.value]]))
            }
        }
        guard drivers.count > 1 else { return }
        for index in lines.indices {
            let (own, other) = (lines[index].values[drivers[0].rawValue], lines[index].values[drivers[1].rawValue])
            lines[index].ratios = zip(own ?? [], other ?? []).compactMap { $1 > 0 ? $0 / $1 : nil }
        }
    }

    // MARK: For people

    /// Medians, and where there are two servers the median of the ratios round by round.
    var table: String {
        var rows: [[String]] = [[""] + drivers.map(\.rawValue) + (drivers.count > 1 ? ["ratio"] : [])]
        for line in lines {
            var row = ["\(line.metric), \(line.unit)"]
            for driver in drivers { row.append(Self.show(median(of: line.values[driver.rawValue] ?? []))) }
            if drivers.count > 1 { row.append(Self.show(median(of: line.ratios))) }
            rows.append(row)
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        let text = rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let gap = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + gap : gap + cell
            }
            return "  " + cells.joined(separator: "   ")
        }
        return "\(title)\n" + text.joined(separator: "\n") + "\n"
    }

    static func show(_ value: Double?) -> String {
        guard let value else { return "–" }
        switch abs(value) {
        case 1_000_000...: return String(format: "%.2f M", value / 1_000_000)
        case 10_000...: return String(format: "%.0f k", value / 1_000)
        case 100...: return String(format: "%.0f", value)
        case 10...: return String(format: "%.1f", value)
        default: return String(format: "%.2f", value)
        }
    }

    // MARK: For programs

    private enum CodingKeys: CodingKey {
        case name, title, lines
    }

    func append(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = try encoder.encode(self) + Data("\n".utf8)
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw LoadError.system("cannot write \(path)") }
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        try handle.write(contentsOf: line)
    }
}

extension Driver: Encodable {}

/// `nil` without values.
func median(of values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
}

func standardError(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
}
