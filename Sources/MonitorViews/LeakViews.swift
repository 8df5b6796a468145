package import TLSMonitor

/// What lengths and times tell, for people and for programs.
package struct LeakViews {
    private let report: LeakReport
    private static let mostFlows = 20

    package init(_ report: LeakReport) {
        self.report = report
    }

    // MARK: Text

    /// - Parameter isVerbose: whether all connections are listed.
    package func lines(hasColours: Bool, isVerbose: Bool) -> [String] {
        let paint = Paint(isOn: hasColours)
        guard report.whole.records > 0 else { return ["There is no encrypted record in the capture."] }
        let value = report.whole.value
        let mark = value < 25 ? paint.good("\(value)") : value < 60 ? paint.open("\(value)") : paint.bad("\(value)")
        var lines = ["LEAK \(mark) of 100  what sizes and times tell, without any key"]
        // What padding would change stands in the table below.
        lines += report.words.filter { !$0.hasPrefix("Padded to ") }.map { "  \($0)" }
        lines += [""] + padding(paint)
        var table = TextTable(
            ["flow", "client", "server", "leak", "records", "sizes", "bits a record"], right: [3, 4, 5, 6])
        let flows = report.flows.prefix(isVerbose ? report.flows.count : Self.mostFlows)
        for flow in flows {
            table.add([
                "#\(flow.number)", "\(flow.client)", "\(flow.server)", "\(flow.score.value)",
                flow.score.records.grouped, flow.score.distinctSizes.grouped, Self.decimal(flow.score.sizeEntropy),
            ])
        }
        lines += [""] + table.lines(paint)
        if flows.count < report.flows.count {
            lines.append("… and \((report.flows.count - flows.count).of("connection")) more; -v lists all")
        }
        return lines
    }

    private func padding(_ paint: Paint) -> [String] {
        var table = TextTable(["padding", "leak", "sizes", "bits a record", "costs"], right: [1, 2, 3, 4])
        for forecast in report.forecasts + [report.unpadded].compactMap({ $0 }) {
            let cost = Self.percent(forecast.cost)
            table.add([
                forecast.policy.words, "\(forecast.value)", forecast.distinctSizes.grouped,
                Self.decimal(forecast.sizeEntropy), forecast.cost == 0 ? "" : "\(cost > 0 ? "+" : "")\(cost) %",
            ])
        }
        return table.lines(paint)
    }

    private static func percent(_ share: Double) -> Int {
        share.isFinite ? Int((min(max(share, -1), 1e9) * 100).rounded()) : 0
    }

    /// With one digit behind the point.
    private static func decimal(_ value: Double) -> String {
        let tenths = value.isFinite ? Int((min(max(value, 0), 1e9) * 10).rounded()) : 0
        return "\(tenths / 10).\(tenths % 10)"
    }

    // MARK: JSON

    package func write(to out: inout JSONWriter) {
        for flow in report.flows {
            out.beginObject()
            out.add("t", "leak_flow")
            out.add("flow", flow.number)
            out.add("client", flow.client.description)
            out.add("server", flow.server.description)
            write(flow.score, to: &out)
            out.endObject()
            out.endLine()
        }
        out.beginObject()
        out.add("t", "leak")
        write(report.whole, to: &out)
        out.array("forecasts", report.forecasts + [report.unpadded].compactMap { $0 }) { out, forecast in
            out.beginObject()
            out.add("padding", forecast.policy.words)
            out.add("leak", forecast.value)
            out.add("sizes", forecast.distinctSizes)
            out.add("millibits", Int((min(max(forecast.sizeEntropy, 0), 1e9) * 1_000).rounded()))
            out.add("cost_percent", Self.percent(forecast.cost))
            out.endObject()
        }
        if let share = report.contentShare { out.add("content_share", share: share) }
        out.add("capped", report.isCapped)
        out.add("words", report.words)
        out.endObject()
        out.endLine()
    }

    private func write(_ score: LeakScore, to out: inout JSONWriter) {
        out.add("leak", score.value)
        out.add("records", score.records)
        out.add("bytes", score.bytes)
        out.add("duration", nanoseconds: score.duration)
        out.add("sizes", score.distinctSizes)
        out.add("millibits", Int((min(max(score.sizeEntropy, 0), 1e9) * 1_000).rounded()))
        out.add("distinguishable", share: score.sizeDistinguishability)
        out.add("keystrokes", score.times.keystrokes)
        out.add("turns", score.times.turns)
    }
}
