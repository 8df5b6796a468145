import TLSMonitor
import TLSWire

/// One connection on the page: its story, its picture, its handshake, and everything that was negotiated.
struct FlowCard {
    var page: ReportPage
    private let findings: [Int: [Finding]]
    private let eavesdropper: Eavesdropper
    private let scores: [Int: Int]

    private static let mostFindings = 20

    init(page: ReportPage) {
        self.page = page
        findings = Dictionary(grouping: page.report.findings.filter { $0.flow != nil }) { $0.flow ?? 0 }
        scores = Dictionary(page.leaks.flows.map { ($0.number, $0.score.value) }) { first, _ in first }
        eavesdropper = Eavesdropper(report: page.report, span: page.collected.span)
    }

    func html(for flow: FlowSummary) -> String {
        guard let timeline = page.collected.timelines[flow.number] else { return "" }
        let found = findings[flow.number] ?? []
        let items = found.prefix(Self.mostFindings).map { ReportPage.item($0, isPlaced: false) }
        let rest = found.count - items.count
        return """
            <article class="flow" id="flow-\(flow.number)" aria-labelledby="flow-\(flow.number)-h">
            <h3 id="flow-\(flow.number)-h"><span class="number">\(flow.number)</span> \(heading(flow))</h3>
            <p class="badges">\(badges(flow, found))</p>
            <p>\(HTML.text(eavesdropper.story(of: flow)))</p>
            \(items.isEmpty ? "" : "<ul class=\"findings\">\(items.joined(separator: "\n"))</ul>")
            \(rest > 0 ? "<p class=\"quiet\">And \(rest.of("finding")) more in this connection.</p>" : "")
            \(pictures(flow, timeline.reduced(to: page.marksEach)))
            <div class="two">\(Ladder(timeline: timeline, records: flow.records, isOpen: opens(found)).html)
            \(HTML.definitions(FlowFacts.facts(of: flow, timeline: timeline, score: scores[flow.number])))</div>
            \(FlowFacts.details(of: flow))
            </article>

            """
    }

    /// On a page of many connections only what matters is unfolded.
    private func opens(_ found: [Finding]) -> Bool {
        page.collected.timelines.count <= 12 || found.contains { $0.weight == .violation }
    }

    private func heading(_ flow: FlowSummary) -> String {
        let ends = "\(flow.client) <span aria-label=\"to\">→</span> \(flow.server)"
        return flow.serverName.map { "\(HTML.text($0)) <small>\(ends)</small>" } ?? ends
    }

    // MARK: Badges

    private func badges(_ flow: FlowSummary, _ found: [Finding]) -> String {
        var badges: [(kind: String, words: String)] = []
        if found.contains(where: { $0.weight == .violation }) {
            badges.append(("bad", "✕ refutes"))
        } else if found.contains(where: { $0.weight == .doubt }) {
            badges.append(("open", "? leaves open"))
        } else {
            badges.append(("good", "✓ only handshake and ciphertext"))
        }
        if let version = flow.version { badges.append((version < .tls12 ? "bad" : "", "\(version)")) }
        if let group = flow.group {
            badges.append(group.isPostQuantum ? ("good", "✓ post-quantum") : ("", "not post-quantum"))
        } else if flow.serverHello != nil {
            badges.append(("", "not post-quantum"))
        }
        if let guess = flow.clientCertificate {
            let sure = "inferred, \(Measures.short(guess.confidence * 100)) %"
            badges.append(
                ("guess", guess.saysNone ? "no client certificate (\(sure))" : "client certificate (\(sure))"))
        }
        if !flow.clientCertificates.isEmpty { badges.append(("", "client certificate in the clear")) }
        if flow.isResumed { badges.append(("", "resumed")) }
        if flow.hasRetry { badges.append(("", "hello retried")) }
        if flow.clientHello?.extensions.hasEncryptedClientHello ?? false { badges.append(("", "ECH or a bluff")) }
        if flow.nestedRecords > 0 { badges.append(("open", "TLS inside of TLS")) }
        return badges.map { "<span class=\"badge \($0.kind)\">\(HTML.text($0.words))</span>" }.joined(separator: " ")
    }

    // MARK: Pictures

    private func pictures(_ flow: FlowSummary, _ timeline: FlowTimeline) -> String {
        let end = timeline.marks.map(\.end).max() ?? 0
        let name = "flow-\(flow.number)-p"
        var pictures = ""
        let first = timeline.opening.last?.end ?? 0
        // Where most of it happens at once, the beginning gets a picture of its own.
        if let zoom = zoom(timeline, end), zoom > 0 {
            pictures += figure(
                "The beginning: \(Measures.duration(zoom))", timeline.opening.filter { $0.end <= zoom }, 0...zoom,
                name + "z", spacing: 1.2)
        }
        let bundled = timeline.interval > 0 ? ", in steps of \(Measures.duration(timeline.interval))" : ""
        pictures += figure(
            "The whole conversation: \(flow.records.of("record")) in \(Measures.duration(end))\(bundled)",
            timeline.marks,
            0...max(end, first), name, spacing: pictures.isEmpty ? 1.2 : 0.45)
        return pictures
    }

    /// Where the beginning ends: within a sixth of the time, before the longest pause for what came before it.
    private func zoom(_ timeline: FlowTimeline, _ end: Int64) -> Int64? {
        let times = timeline.opening.map(\.end)
        var best: (ratio: Double, time: Int64)?
        for index in times.indices.dropFirst(3) where times[index] > 0 && times[index] <= end / 6 {
            // What comes behind the ones that were kept is not known.
            let next = index + 1 < times.count ? Double(times[index + 1]) : 2 * Double(times[index])
            let ratio = next / Double(times[index])
            if ratio >= best?.ratio ?? 0 { best = (ratio, times[index]) }
        }
        return best?.time
    }

    private func figure(
        _ title: String, _ marks: [FlowTimeline.Mark], _ range: ClosedRange<Int64>, _ name: String,
        spacing: Double
    ) -> String {
        let up = marks.filter { $0.direction == .clientToServer }.reduce(0) { $0 + $1.records }
        let down = marks.reduce(0) { $0 + $1.records } - up
        let picture = TimelinePicture(
            title: title,
            description:
                "The client sends \(up.of("record")), the server \(down.of("record")). The list below it names the first.",
            marks: marks, range: range, spacing: spacing)
        return """
            <figure><figcaption>\(HTML.text(title))</figcaption>
            \(picture.svg(name: name))</figure>

            """
    }
}

/// The first records of a connection as a talk between two sides.
struct Ladder {
    var timeline: FlowTimeline
    var records: Int
    /// Whether it is unfolded; on paper it always is.
    var isOpen: Bool

    var html: String {
        let marks = timeline.opening
        guard !marks.isEmpty else { return "" }
        let rest = records - marks.count
        let more = rest > 0 ? "<p class=\"quiet\">And \(rest.of("record")) more, in the picture above.</p>" : ""
        return """
            <details class="talk"\(isOpen ? " open" : "")><summary>The first \(marks.count.of("record")), one by one</summary>
            <div class="ends" aria-hidden="true"><b>client</b><b>server</b></div>
            <ol class="ladder">
            \(marks.map(step).joined(separator: "\n"))
            </ol>\(more)</details>
            """
    }

    private func step(_ mark: FlowTimeline.Mark) -> String {
        let shape = Shape(mark.look)
        let (side, sender) = mark.direction == .clientToServer ? ("c2s", "client: ") : ("s2c", "server: ")
        let what =
            switch mark.look {
            case .inferred:
                "<i>\(HTML.text(mark.words))</i> <small>inferred\(mark.reason.isEmpty ? "" : ": " + HTML.text(mark.reason))</small>"
            case .protected where mark.words.isEmpty: "<span class=\"quiet\">encrypted</span>"
            case .protected: "<i class=\"quiet\">\(HTML.text(mark.words))</i> <small>inferred</small>"
            case .opened: "\(HTML.text(mark.words)) <small>with the keys</small>"
            case .failed: "not opened: \(HTML.text(mark.words))"
            case .unaccounted: "unaccounted\(mark.words.isEmpty ? "" : ": " + HTML.text(mark.words))"
            case .changeCipherSpec: "ChangeCipherSpec"
            case .alert: "alert \(HTML.text(mark.words))"
            case .handshake: "<b>\(HTML.text(mark.words))</b>"
            }
        let size = mark.bytes > 0 ? " <span class=\"size\">\(Measures.bytes(mark.bytes))</span>" : ""
        return """
            <li class="\(side) l\(shape.kind.dropFirst())"><span class="when">\(Measures.duration(mark.start))</span><span class="step">\(shape.glyph)\
            <span><span class="sr">\(sender)</span>\(what)\(size)</span></span></li>
            """
    }
}
