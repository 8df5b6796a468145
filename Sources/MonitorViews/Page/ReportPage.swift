package import TLSMonitor

/// A report as one HTML page that needs nothing else: no network, no script, no fonts, no pictures from elsewhere.
package struct ReportPage {
    /// What the page says beside what the monitor found.
    package struct Setting: Sendable {
        /// Of the program.
        package var version: String
        /// As in man pcap-filter; empty for all packets.
        package var filter: String
        package var capture: CaptureFacts
        /// When the page was made, in nanoseconds since 1970.
        package var made: Int64
        /// Whether keys were given, so that the page shows more than an eavesdropper sees.
        package var hasKeys: Bool

        package init(
            version: String, filter: String = "", capture: CaptureFacts = CaptureFacts(), made: Int64,
            hasKeys: Bool = false
        ) {
            self.version = version
            self.filter = filter
            self.capture = capture
            self.made = made
            self.hasKeys = hasKeys
        }
    }

    let report: TrafficReport
    let digests: [CaptureDigest]
    let collected: TimelineCollector
    let setting: Setting
    let leaks: LeakReport

    /// Marks in all pictures together, so that the page stays small.
    static let mostMarks = 12_000
    static let mostFindings = 100
    static let mostRows = 1_000
    static let mostPairs = 50

    package init(
        _ report: TrafficReport, digests: [CaptureDigest], collected: TimelineCollector, setting: Setting
    ) {
        self.report = report
        self.digests = digests
        self.collected = collected
        self.setting = setting
        leaks = collected.leaks
    }

    /// How every page begins, so that an earlier one is known again.
    package static let beginning = "<!doctype html>\n<!-- tlsmon report -->\n"

    package var html: String {
        var text = ""
        write { text += $0 }
        return text
    }

    /// - Parameter sink: gets the page piece by piece.
    package func write(_ sink: (String) -> Void) {
        sink(head)
        sink(banner)
        sink(findings)
        sink(lessons)
        sink(ledger)
        sink(LeakSection(leaks: leaks).html)
        sink(RuleSection(report.flows).html(links: Set(collected.timelines.keys)))
        sink(pairs)
        sink(connections)
        let card = FlowCard(page: self)
        for flow in pictured { sink(card.html(for: flow)) }
        sink(alarms)
        sink(guide)
        sink(evidence)
        sink(foot)
    }

    // MARK: What is pictured

    var pictured: [FlowSummary] { report.flows.filter { collected.timelines[$0.number] != nil } }

    /// Marks for each picture.
    var marksEach: Int { min(400, max(60, Self.mostMarks / max(1, collected.timelines.count))) }

    var title: String {
        let files = digests.map { Self.lastPart($0.file) }.joined(separator: ", ")
        return files.isEmpty ? "a capture" : files
    }

    static func lastPart(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    // MARK: The frame

    private var head: String {
        Self.beginning + """
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
            base-uri 'none'; form-action 'none'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="referrer" content="no-referrer">
            <meta name="robots" content="noindex">
            <meta name="generator" content="tlsmon \(HTML.text(setting.version))">
            <title>\(VerdictWords.name(of: report.wholeVerdict)): \(HTML.text(title)) · tlsmon report</title>
            <style>
            \(PageStyle.sheet)
            </style>
            </head>
            <body>
            <a class="skip" href="#main">To the report</a>
            \(Shape.definitions)
            <header class="top"><p><strong>tlsmon</strong> report</p>
            <nav aria-label="Sections"><a href="#learns">What is learnt</a> <a href="#ledger">Bytes</a> \
            \(leaks.whole.records > 0 ? "<a href=\"#leaks\">Sizes and times</a> " : "")\
            <a href="#connections">Connections</a> <a href="#guide">How to read</a> <a href="#evidence">Evidence</a></nav></header>
            <main id="main">

            """
    }

    private var foot: String {
        """
        </main>
        <footer><p>Made by tlsmon \(HTML.text(setting.version)) at \(Measures.moment(setting.made)). This page loads nothing and runs
        nothing. It shows who talked to whom: hand it on with care.</p></footer>
        </body>
        </html>

        """
    }

    // MARK: The verdict

    private var banner: String {
        let verdict = report.wholeVerdict
        let symbol =
            switch verdict {
            case .proven: "<path d=\"M14 25l8 8 14-17\"/>"
            case .refuted: "<path d=\"M16 16l18 18M34 16 16 34\"/>"
            case .inconclusive: "<path d=\"M18 20a7 7 0 1 1 9.500 6.500c-2 .8-2.500 2-2.500 4M25 36v.5\"/>"
            }
        return """
            <section class="banner v-\(verdict.rawValue)" aria-labelledby="verdict">
            <svg class="seal" width="50" height="50" viewBox="0 0 50 50" aria-hidden="true"><circle cx="25" cy="25" r="22"/>\(symbol)</svg>
            <div>
            <h1 id="verdict">\(VerdictWords.name(of: verdict))</h1>
            <p class="lead">\(HTML.text(sentence))</p>
            <p class="quiet">\(HTML.text(title))\(setting.filter.isEmpty ? "" : " · only packets that match <code>\(HTML.text(setting.filter))</code>")</p>
            </div>
            </section>
            \(figures)\(inside)
            """
    }

    private var sentence: String {
        let inside = report.inside.flatMap { $0.verdict == report.wholeVerdict ? $0.words : nil }
        let sentence =
            report.verdict == report.wholeVerdict ? VerdictWords.sentence(for: report) : inside ?? ""
        return (sentence.first.map { $0.uppercased() } ?? "") + sentence.dropFirst() + "."
    }

    private var figures: String {
        let span = collected.span.map { Measures.duration(Measures.elapsed(from: $0.lowerBound, to: $0.upperBound)) }
        let losses = setting.capture.drops > 0 ? setting.capture.drops.of("packet") : "none"
        let tiles: [(String, String, String)] = [
            (report.flowCount.grouped, report.flowCount == 1 ? "connection" : "connections", "with data"),
            (report.establishedCount.grouped, "under TLS 1.3 keys", "both sides spoke"),
            (report.packets.grouped, report.packets == 1 ? "packet" : "packets", "lost in capturing: \(losses)"),
            (
                Measures.bytes(report.payloadBytes), "TCP payload",
                "\(Measures.percent(report.ledger.protected, of: report.payloadBytes)) encrypted"
            ),
            (
                span ?? "–", "time span",
                collected.span.map { "from \(Measures.moment($0.lowerBound))" } ?? "nothing seen"
            ),
            ("\(leaks.whole.value) of 100", "leak score", "by sizes and times"),
            (collected.alarmCount.grouped, collected.alarmCount == 1 ? "alarm" : "alarms", "see below"),
        ]
        let items = tiles.filter {
            ($0.1 != "alarms" || collected.alarmCount > 0) && ($0.1 != "leak score" || leaks.whole.records > 0)
        }
        .map { "<li><b>\($0.0)</b> <span>\($0.1)</span> <small>\($0.2)</small></li>" }
        return "<ul class=\"tiles\" aria-label=\"Key figures\">\(items.joined())</ul>\n"
    }

    /// What is inside of what the keys opened.
    private var inside: String {
        guard let inside = report.inside else { return "" }
        let facts = inside.facts.map { (name: HTML.text($0.name), content: HTML.text($0.words)) }
        let findings = inside.findings.prefix(Self.mostFindings).map { Self.item($0) }
        return """
            <section aria-labelledby="inside"><h2 id="inside">Inside of TLS: \(VerdictWords.name(of: inside.verdict).lowercased())</h2>
            <p>\(HTML.text(inside.words))</p>
            \(findings.isEmpty ? "" : "<ul class=\"findings\">\(findings.joined())</ul>")
            \(HTML.definitions(facts))
            </section>

            """
    }

    // MARK: Why

    private var findings: String {
        let weighty = report.findings.filter { $0.weight != .note }
        let notes = report.findings.filter { $0.weight == .note }
        var text = "<section aria-labelledby=\"why\"><h2 id=\"why\">Why</h2>\n"
        if weighty.isEmpty {
            text += """
                <p>Every byte was assigned to a class, both directions are there from their beginning, no record breaks a rule that is
                checked here, and nothing that is marked as encrypted looks like text.</p>

                """
        } else {
            let groups = Self.groups(of: weighty)
            let items = groups.prefix(Self.mostFindings).map(Self.item(for:))
            text += "<ul class=\"findings\">\(items.joined(separator: "\n"))</ul>\n"
            let rest = groups.dropFirst(Self.mostFindings).reduce(0) { $0 + $1.count }
            if rest > 0 { text += "<p class=\"quiet\">And \(rest.of("finding")) more, not listed.</p>\n" }
        }
        if !notes.isEmpty {
            text +=
                "<p class=\"quiet\">Also: \(HTML.text(notes.prefix(20).map(\.words).joined(separator: " · ")))</p>\n"
        }
        return text + "</section>\n"
    }

    /// What was found in several places, once; the order stays.
    private static func groups(of findings: [Finding]) -> [[Finding]] {
        var places: [String: Int] = [:]
        var groups: [[Finding]] = []
        for finding in findings {
            let key = finding.weight.rawValue + finding.words
            if let place = places[key] {
                groups[place].append(finding)
            } else {
                places[key] = groups.count
                groups.append([finding])
            }
        }
        return groups
    }

    private static func item(for group: [Finding]) -> String {
        guard let first = group.first else { return "" }
        if group.count == 1 { return item(first) }
        var flows: [Int] = []
        for flow in group.compactMap(\.flow) where !flows.contains(flow) && flows.count < 12 { flows.append(flow) }
        let links = flows.map { "<a href=\"#flow-\($0)\">\($0)</a>" }.joined(separator: ", ")
        let places = flows.isEmpty ? "" : "\(flows.count == 1 ? "connection" : "connections") \(links): "
        return item(first, place: "\(places)\(group.count.of("time"))")
    }

    /// - Parameter isPlaced: whether it says in which connection.
    static func item(_ finding: Finding, isPlaced: Bool = true) -> String {
        var parts: [String] = []
        if isPlaced, let flow = finding.flow { parts.append("<a href=\"#flow-\(flow)\">connection \(flow)</a>") }
        if let packet = finding.packet { parts.append("packet \(packet.grouped)") }
        if let offset = finding.offset {
            parts.append("byte \(offset.grouped)" + (finding.direction.map { " from \($0.sender)" } ?? ""))
        }
        return item(finding, place: parts.joined(separator: ", "))
    }

    /// - Parameter place: in HTML.
    private static func item(_ finding: Finding, place: String) -> String {
        let (mark, name) =
            switch finding.weight {
            case .violation: ("✕", "Refutes")
            case .doubt: ("?", "Leaves open")
            case .note: ("i", "Worth knowing")
            }
        var parts = place.isEmpty ? [] : [place]
        if case .rule(let rule) = finding.topic { parts.append(HTML.text(rule.section)) }
        return """
            <li class="w-\(finding.weight.rawValue)"><b class="mark" aria-hidden="true">\(mark)</b><span><b>\(name):</b> \
            \(HTML.text(finding.words))\(parts.isEmpty ? "" : " <small>\(parts.joined(separator: ", "))</small>")</span></li>
            """
    }
}
