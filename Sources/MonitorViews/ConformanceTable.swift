package import TLSMonitor

/// The rules of TLS that can be checked from outside, one by one: broken, kept, or not exercised.
package struct ConformanceTable {
    private var breaches: [ConformanceRule: Breaches] = [:]
    private var checked = RuleSet()
    private var flows = 0

    private struct Breaches {
        var count = 0
        var flow: Int
        var first: ConformanceSummary.Breakage

        var finding: Finding {
            Finding(
                weight: first.rule.weight, topic: .rule(first.rule), words: first.words, flow: flow,
                direction: first.direction, offset: first.offset, packet: first.packet)
        }
    }

    private enum State: String {
        case broken
        case kept
        case unexercised = "not exercised"
    }

    package init() {}

    package mutating func take(_ event: MonitorEvent) {
        guard case .closed(let flow) = event else { return }
        flows += 1
        checked.formUnion(flow.conformance.checked)
        for breakage in flow.conformance.breakages {
            breaches[breakage.rule, default: Breaches(flow: flow.number, first: breakage)].count += 1
        }
    }

    package var hasBroken: Bool { !breaches.isEmpty }

    private func state(_ rule: ConformanceRule) -> State {
        breaches[rule] != nil ? .broken : checked.contains(rule) ? .kept : .unexercised
    }

    private func count(_ state: State) -> Int { ConformanceRule.allCases.count { self.state($0) == state } }

    // MARK: Text

    /// - Parameter isVerbose: whether rules are listed that nothing exercised.
    package func lines(hasColours: Bool, isVerbose: Bool) -> [String] {
        let paint = Paint(isOn: hasColours)
        var lines: [String] = []
        for rule in ConformanceRule.allCases {
            let state = state(rule)
            if state == .unexercised, !isVerbose { continue }
            let mark =
                switch state {
                case .broken: paint.bad("✗ broken       ")
                case .kept: paint.good("✓ kept         ")
                case .unexercised: paint.dim("– not exercised")
                }
            lines.append("\(mark)  \(rule.summary)  \(paint.dim("\(rule.section) · \(rule.rawValue)"))")
            guard let broken = breaches[rule] else { continue }
            let place = EventLines.place(of: broken.finding)
            lines.append("                   \(broken.first.words)\(paint.dim(place))")
            if broken.count > 1 { lines.append("                   … and \((broken.count - 1).of("more time"))") }
        }
        let exercised = count(.kept) + count(.broken)
        let words =
            "\(count(.kept).grouped) of \(exercised.of("rule")) that the capture exercises are kept, "
            + "\(count(.broken).grouped) broken; \(count(.unexercised).grouped) of \(ConformanceRule.allCases.count) "
            + "not exercised"
        if !lines.isEmpty { lines.append("") }
        let word =
            hasBroken ? paint.bad("BROKEN") : exercised > 0 ? paint.good("CONFORMS") : paint.open("NOTHING TO CHECK")
        return lines + ["\(word)  \(words)"]
    }

    // MARK: JSON

    package func write(to out: inout JSONWriter) {
        for rule in ConformanceRule.allCases {
            out.beginObject()
            out.add("t", "rule")
            out.add("rule", rule.rawValue)
            out.add("section", rule.section)
            out.add("summary", rule.summary)
            out.add("weight", rule.weight.rawValue)
            out.add("state", state(rule).rawValue)
            if let broken = breaches[rule] {
                out.add("count", broken.count)
                out.object("first") { EventJSON.members(of: broken.finding, to: &$0) }
            }
            out.endObject()
            out.endLine()
        }
    }
}

extension Inference {
    /// ``confidence``, from 0 to 100.
    package var percent: Int { confidence.isFinite ? Int((min(max(confidence, 0), 1) * 100).rounded()) : 0 }
}
