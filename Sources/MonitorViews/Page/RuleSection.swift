import TLSMonitor

/// Which rules of TLS the capture was held against, and which are broken.
struct RuleSection {
    private var checked = RuleSet()
    private var broken = RuleSet()
    /// The first breach of each rule.
    private var first: [ConformanceRule: (flow: Int, breakage: ConformanceSummary.Breakage)] = [:]
    private var counts: [ConformanceRule: Int] = [:]

    init(_ flows: [FlowSummary]) {
        for flow in flows {
            checked.formUnion(flow.conformance.checked)
            broken.formUnion(flow.conformance.broken)
            for breakage in flow.conformance.breakages {
                counts[breakage.rule, default: 0] += 1
                if first[breakage.rule] == nil { first[breakage.rule] = (flow.number, breakage) }
            }
        }
    }

    private var all: Int { ConformanceRule.allCases.count }

    /// `31 of 31 that could be checked are kept`; `nil` if there was nothing to check.
    static func words(of conformance: ConformanceSummary) -> String? {
        guard !conformance.checked.isEmpty else { return nil }
        let kept = conformance.checked.count - conformance.broken.count
        return "\(kept) of \(conformance.checked.count) that could be checked are kept"
    }

    var json: CanonicalJSON {
        .object([
            "rules": .number(all), "checked": .number(checked.count), "kept": .number(checked.count - broken.count),
            "broken": .list(ConformanceRule.allCases.filter { broken.contains($0) }.map { .text($0.rawValue) }),
        ])
    }

    func html(links: Set<Int>) -> String {
        guard !checked.isEmpty else { return "" }
        let rows = ConformanceRule.allCases.compactMap { rule -> [String]? in
            guard broken.contains(rule), let (flow, breakage) = first[rule] else { return nil }
            let place = links.contains(flow) ? "<a href=\"#flow-\(flow)\">\(flow)</a>" : "\(flow)"
            return [
                HTML.text(rule.section), HTML.text(rule.summary), HTML.text(breakage.words), place,
                breakage.packet.grouped, (counts[rule] ?? 0).grouped,
            ]
        }
        let table =
            rows.isEmpty
            ? ""
            : HTML.table(
                caption: "Rules that are broken, each with its first breach",
                head: ["Where it stands", "What it asks for", "What was seen", "Connection", "Packet", "Breaches"],
                rows: rows, numbers: [3, 4, 5])
        return """
            <section aria-labelledby="rules"><h2 id="rules">Rules of TLS</h2>
            <p>\(checked.count - broken.count) of \(checked.count.of("rule")) that could be checked from outside are kept. Another \
            \((all - checked.count).grouped) were not exercised by this capture, and so say nothing.</p>
            \(table)</section>

            """
    }
}
