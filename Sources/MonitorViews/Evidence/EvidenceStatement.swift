package import TLSMonitor
import TLSWire

/// What `prove` found, as a statement that can be signed: everything that the verdict rests on, in one form.
package struct EvidenceStatement: Sendable {
    package static let format = "tlsmon evidence 1"
    /// Connections and findings that are listed; their number always stands there.
    private static let mostListed = 1_000

    /// What was asked, and by what it was answered.
    package struct Setting: Sendable {
        /// Of the program.
        package var version: String
        /// As in man pcap-filter; empty for all packets.
        package var filter: String
        package var capture: CaptureFacts
        /// In nanoseconds since 1970.
        package var made: Int64
        /// Whether keys were given.
        package var hasKeys: Bool
        /// The markers' salt in hexadecimal digits, and the SHA-256 of salt and marker of each; `nil` to name them.
        package var hidden: (salt: String, digests: [String])?

        package init(
            version: String, filter: String, capture: CaptureFacts, made: Int64, hasKeys: Bool,
            hidden: (salt: String, digests: [String])?
        ) {
            self.version = version
            self.filter = filter
            self.capture = capture
            self.made = made
            self.hasKeys = hasKeys
            self.hidden = hidden
        }
    }

    private let report: TrafficReport
    private let digests: [CaptureDigest]
    private let setting: Setting
    private let veil: MarkerVeil?

    package init(_ report: TrafficReport, digests: [CaptureDigest], setting: Setting) {
        self.report = report
        self.digests = digests
        self.setting = setting
        veil = setting.hidden == nil ? nil : MarkerVeil(report.markers)
    }

    package var json: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "format": .text(Self.format),
            "program": .object(["name": .text("tlsmon"), "version": .text(setting.version)]),
            "made": .text(Measures.stamp(setting.made)),
            "verdict": .text(report.wholeVerdict.rawValue),
            "wire_verdict": .text(report.verdict.rawValue),
            "words": .text(VerdictWords.sentence(for: report)),
            "filter": .text(setting.filter),
            "captures": .list(
                digests.map { .object(["file": .text(ReportPage.lastPart($0.file)), "sha256": .text($0.sha256)]) }),
            "packets": .object([
                "read": .number(report.packets), "lost": .number(setting.capture.drops),
                "ends_early": .truth(setting.capture.endsEarly),
            ]),
            "payload": .number(report.payloadBytes),
            "ledger": Self.ledger(report.ledger),
            "connections": .object([
                "count": .number(report.flowCount), "established": .number(report.establishedCount),
                "listed": .list(report.flows.prefix(Self.mostListed).map(flow)),
            ]),
            "keys": .object([
                "given": .truth(setting.hasKeys), "opened": .number(report.opened),
                "unopened": .number(report.unopened),
            ]),
            "conformance": RuleSection(report.flows).json,
            "markers": markers,
            "findings": findings(report.findings),
        ]
        if let span { members["span"] = span }
        if let inside = report.inside { members["inside"] = self.inside(inside) }
        return .object(members)
    }

    private var span: CanonicalJSON? {
        guard let first = report.flows.map(\.start.time).min(), let last = report.flows.map(\.last.time).max() else {
            return nil
        }
        return .object(["first": .text(Measures.stamp(first)), "last": .text(Measures.stamp(last))])
    }

    // MARK: Markers

    private var markers: CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "count": .number(report.markers.count), "patterns": .number(report.control.of),
            "control_found": .number(report.control.found), "hits": .number(VerdictWords.hits(in: report)),
        ]
        if let hidden = setting.hidden {
            members["salt"] = .text(hidden.salt)
            members["sha256"] = .list(hidden.digests.map { .text($0) })
        } else {
            members["texts"] = .list(report.markers.map { .text($0) })
        }
        return .object(members)
    }

    /// Markers may be secrets, and words quote what was on the wire.
    private func veil(_ words: String) -> String {
        guard let veil else { return words }
        return veil.hide(words)
    }

    // MARK: Parts

    private static func ledger(_ ledger: ByteLedger) -> CanonicalJSON {
        .object([
            "handshake": .number(ledger.handshake), "ccs": .number(ledger.changeCipherSpec),
            "alert": .number(ledger.alert), "protected": .number(ledger.protected),
            "unaccounted": .number(ledger.unaccounted),
        ])
    }

    private func findings(_ findings: [Finding]) -> CanonicalJSON {
        .object([
            "violations": .number(findings.count { $0.weight == .violation }),
            "doubts": .number(findings.count { $0.weight == .doubt }),
            "notes": .number(findings.count { $0.weight == .note }),
            "listed": .list(findings.prefix(Self.mostListed).map(finding)),
        ])
    }

    private func finding(_ finding: Finding) -> CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "weight": .text(finding.weight.rawValue), "words": .text(veil(finding.words)),
        ]
        if let flow = finding.flow { members["connection"] = .number(flow) }
        if let direction = finding.direction { members["direction"] = .text(direction.rawValue) }
        if let offset = finding.offset { members["offset"] = .number(offset) }
        if let packet = finding.packet { members["packet"] = .number(packet) }
        switch finding.topic {
        case .rule(let rule):
            members["rule"] = .text(rule.rawValue)
            members["section"] = .text(rule.section)
        case .keys(let failure): members["keys"] = .text(failure.rawValue)
        default: break
        }
        return .object(members)
    }

    private func flow(_ flow: FlowSummary) -> CanonicalJSON {
        var members: [String: CanonicalJSON] = [
            "number": .number(flow.number), "client": .text("\(flow.client)"), "server": .text("\(flow.server)"),
            "first": .text(Measures.stamp(flow.start.time)), "last": .text(Measures.stamp(flow.last.time)),
            "established": .truth(flow.isEstablished), "ending": .text(flow.ending.rawValue),
            "records": .number(flow.records), "ledger": Self.ledger(flow.ledger),
        ]
        let texts: [(String, String?)] = [
            ("version", flow.version?.description), ("cipher_suite", flow.cipherSuite?.description),
            ("group", flow.group?.description), ("server_name", flow.serverName), ("ja4", flow.ja4),
        ]
        for (name, text) in texts { if let text { members[name] = .text(veil(text)) } }
        return .object(members)
    }

    private func inside(_ inside: InnerReport) -> CanonicalJSON {
        .object([
            "verdict": .text(inside.verdict.rawValue), "words": .text(veil(inside.words)),
            "facts": .object(Dictionary(inside.facts.map { ($0.name, .text(veil($0.words))) }) { first, _ in first }),
            "counts": .object(Dictionary(inside.counts.map { ($0.name, .number($0.count)) }) { first, _ in first }),
            "ledger": .object(Dictionary(inside.ledger.map { ($0.name, .number($0.bytes)) }) { first, _ in first }),
            "findings": findings(inside.findings),
        ])
    }
}
