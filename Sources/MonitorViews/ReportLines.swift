package import TLSMonitor
import TLSWire

/// A report as lines for people.
package struct ReportLines {
    private let paint: Paint
    private static let mostFlows = 30
    private static let mostFindings = 20

    package init(hasColours: Bool) {
        paint = Paint(isOn: hasColours)
    }

    package func lines(for report: TrafficReport, digests: [CaptureDigest], isProof: Bool) -> [String] {
        let flows = isProof ? [] : table(report)
        return flows + (flows.isEmpty ? [] : [""]) + verdict(report) + evidence(report.findings)
            + facts(report, digests).map(line) + (report.inside.map(inside) ?? [])
    }

    private func line(_ name: String, _ words: String) -> String { "  " + paint.dim(name.padded(to: 10)) + words }

    /// What was inside of what the keys opened.
    private func inside(_ report: InnerReport) -> [String] {
        let word =
            switch report.verdict {
            case .proven: paint.good("INSIDE PROVEN")
            case .refuted: paint.bad("INSIDE REFUTED")
            case .inconclusive: paint.open("INSIDE INCONCLUSIVE")
            }
        return ["\(word)  \(report.words)"] + evidence(report.findings) + report.facts.map { line($0.name, $0.words) }
    }

    private func verdict(_ report: TrafficReport) -> [String] {
        switch report.verdict {
        case .proven:
            let words = "only handshakes and ciphertext were on the wire, in \(report.flowCount.of("connection"))"
            return ["\(paint.good("PROVEN"))  \(words)"]
        case .refuted:
            return ["\(paint.bad("REFUTED"))  there was something else than handshakes and ciphertext on the wire"]
        case .inconclusive: return ["\(paint.open("INCONCLUSIVE"))  the capture does not show enough to say"]
        }
    }

    private func evidence(_ findings: [Finding]) -> [String] {
        let weighty = findings.filter { $0.weight != .note }
        var lines = weighty.prefix(Self.mostFindings).map { finding in
            let mark = finding.weight == .violation ? paint.bad("!!") : paint.open("??")
            return "  \(mark) \(finding.words)\(paint.dim(EventLines.place(of: finding)))"
        }
        if weighty.count > lines.count { lines.append("  … and \((weighty.count - lines.count).of("finding")) more") }
        return lines
    }

    private func facts(_ report: TrafficReport, _ digests: [CaptureDigest]) -> [(String, String)] {
        let ledger = report.ledger
        var facts = [
            (
                "ledger",
                "\(report.payloadBytes.grouped) B = handshake \(ledger.handshake.grouped) + ccs "
                    + "\(ledger.changeCipherSpec.grouped) + alert \(ledger.alert.grouped) + encrypted "
                    + "\(ledger.protected.grouped) + unaccounted \(ledger.unaccounted.grouped)"
            ),
            ("tls", tls(report)),
        ]
        if let rules = rules(report) { facts.append(("rules", rules)) }
        if report.opened + report.unopened > 0 {
            facts.append(
                (
                    "keys",
                    "\(report.opened.grouped) of \((report.opened + report.unopened).of("encrypted record")) for which there "
                        + "are keys were opened, and are what their senders made"
                ))
        }
        if !report.markers.isEmpty {
            let hits = report.findings.filter { $0.words.hasPrefix("the marker") }.count
            facts.append(
                (
                    "markers",
                    "\(report.markers.count.of("text")), \(report.control.of.of("pattern")): \(hits.of("hit")) on the wire; "
                        + "the same search found \(report.control.found) of \(report.control.of) in a copy that has them"
                ))
        }
        facts.append(("capture", "\(report.packets.of("packet"))"))
        for finding in report.findings where finding.weight == .note { facts.append(("", finding.words)) }
        for digest in digests { facts.append(("sha256", "\(digest.sha256)  \(digest.file)")) }
        if report.payloadBytes > 0 {
            facts.append(("visible", "to everybody all the same: \(visible(report))"))
        }
        return facts
    }

    private func tls(_ report: TrafficReport) -> String {
        let spoken = report.flows.filter { $0.version == .tls13 }
        var words = "\(report.establishedCount) of \(report.flowCount.of("connection")) under TLS 1.3 keys"
        let suites = Set(spoken.compactMap { $0.cipherSuite?.description }).sorted()
        let groups = Set(spoken.compactMap { $0.group?.description }).sorted()
        if !suites.isEmpty { words += " · " + suites.joined(separator: ", ") }
        if !groups.isEmpty { words += " · " + groups.joined(separator: ", ") }
        return words
    }

    /// Of the rules that something in the capture exercised, how many are kept.
    private func rules(_ report: TrafficReport) -> String? {
        var checked = RuleSet(), broken = RuleSet()
        for flow in report.flows {
            checked.formUnion(flow.conformance.checked)
            broken.formUnion(flow.conformance.broken)
        }
        guard !checked.isEmpty else { return nil }
        return "\(checked.count - broken.count) of \(checked.count) rules of TLS that could be checked are kept"
            + (broken.isEmpty ? "" : "; tlsmon conform tells which are not")
    }

    private func visible(_ report: TrafficReport) -> String {
        var parts = ["addresses", "ports", "times", "sizes"]
        let names = Set(report.flows.compactMap(\.serverName)).sorted()
        let protocols = Set(report.flows.compactMap(\.applicationProtocol)).sorted()
        if !names.isEmpty { parts.append("server name \(names.prefix(3).joined(separator: ", "))") }
        if !protocols.isEmpty { parts.append("protocol \(protocols.prefix(3).joined(separator: ", "))") }
        return parts.joined(separator: ", ")
    }

    /// A row for each connection.
    private func table(_ report: TrafficReport) -> [String] {
        guard !report.flows.isEmpty else { return [] }
        var rows = [["", "client", "server", "version", "records", "in the clear", "encrypted", "unaccounted"]]
        for flow in report.flows.prefix(Self.mostFlows) {
            let clear = flow.ledger.handshake + flow.ledger.changeCipherSpec + flow.ledger.alert
            rows.append([
                "#\(flow.number)", "\(flow.client)", "\(flow.server)", flow.version?.description ?? "–",
                flow.records.grouped, "\(clear.grouped) B", "\(flow.ledger.protected.grouped) B",
                "\(flow.ledger.unaccounted.grouped) B",
            ])
        }
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        var lines = rows.enumerated().map { index, row in
            let cells = zip(row, widths).enumerated().map { column, cell in
                column < 4 ? cell.0.padded(to: cell.1) : cell.0.padded(to: cell.1, onLeft: true)
            }
            let line = cells.joined(separator: "  ")
            return index == 0 ? paint.dim(line) : line
        }
        if report.flowCount > Self.mostFlows {
            lines.append("… and \((report.flowCount - Self.mostFlows).of("connection")) more")
        }
        return [""] + lines
    }
}

extension String {
    package func padded(to width: Int, onLeft: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - count))
        return onLeft ? space + self : self + space
    }
}
