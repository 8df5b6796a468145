package import TLSMonitor

/// A verdict in the words that every view uses.
package enum VerdictWords {
    /// `PROVEN`
    package static func name(of verdict: Verdict) -> String { verdict.rawValue.uppercased() }

    /// What it says of the wire, in one sentence.
    package static func sentence(for report: TrafficReport) -> String {
        switch report.verdict {
        case .proven:
            "only handshakes and ciphertext were on the wire, in \(report.flowCount.of("connection"))"
        case .refuted: "there was something else than handshakes and ciphertext on the wire"
        case .inconclusive: "the capture does not show enough to say"
        }
    }

    /// What the positive control of the search for markers found.
    package static func control(of report: TrafficReport) -> String {
        guard !report.markers.isEmpty else { return "no marker was searched for" }
        return
            "\(report.markers.count.of("text")), \(report.control.of.of("pattern")): \(hits(in: report).of("hit")) on the "
            + "wire; the same search found \(report.control.found) of \(report.control.of) in a copy that has them"
    }

    /// Markers that were found on the wire.
    package static func hits(in report: TrafficReport) -> Int {
        report.findings.count { $0.topic == .marker || $0.words.hasPrefix("the marker") }
    }
}
