import TLSMonitor
import TLSWire

extension ReportPage {
    var lessons: String {
        let eavesdropper = Eavesdropper(report: report, span: collected.span)
        let items = eavesdropper.lessons.map { "<li><h3>\(HTML.text($0.title))</h3><p>\(HTML.text($0.words))</p></li>" }
        let hidden = eavesdropper.hidden.map { "<li>\(HTML.text($0))</li>" }
        return """
            <section aria-labelledby="learns"><h2 id="learns">What an eavesdropper learns</h2>
            <p>Somebody who only reads along, without keys, learns this from the capture:</p>
            <ul class="lessons">
            \(items.joined(separator: "\n"))
            </ul>
            <h3 class="not">And what they do not learn</h3>
            <ul class="hiddens">\(hidden.joined(separator: "\n"))</ul>
            \(setting.hasKeys ? "<p class=\"quiet\">Keys were given: where this page says “opened with the keys”, it shows more than an eavesdropper sees.</p>" : "")
            </section>

            """
    }

    var ledger: String {
        """
        <section aria-labelledby="ledger"><h2 id="ledger">Where every byte went</h2>
        \(LedgerBar(ledger: report.ledger, payload: report.payloadBytes).html)</section>

        """
    }

    // MARK: Who talks to whom

    private struct Pair: Hashable {
        var client: IPAddress
        var server: Endpoint
        var name: String
    }

    var pairs: String {
        guard report.flows.count > 1 else { return "" }
        var sums: [Pair: (count: Int, up: Int, down: Int, first: Int64)] = [:]
        for flow in report.flows {
            let pair = Pair(client: flow.client.address, server: flow.server, name: flow.serverName ?? "")
            var sum = sums[pair] ?? (0, 0, 0, flow.start.time)
            sum.count += 1
            sum.up += flow.bytes.first ?? 0
            sum.down += flow.bytes.last ?? 0
            sum.first = min(sum.first, flow.start.time)
            sums[pair] = sum
        }
        let sorted = sums.sorted {
            ($1.value.up + $1.value.down, $0.key.client, $0.key.server, $0.key.name)
                < ($0.value.up + $0.value.down, $1.key.client, $1.key.server, $1.key.name)
        }
        let rows = sorted.prefix(Self.mostPairs).map { pair, sum in
            [
                "\(pair.client)", "\(pair.server)", HTML.text(pair.name.isEmpty ? "–" : pair.name), sum.count.grouped,
                Measures.bytes(sum.up), Measures.bytes(sum.down), Measures.clock(sum.first),
            ]
        }
        let rest = sorted.count - rows.count
        return """
            <section aria-labelledby="pairs"><h2 id="pairs">Who talks to whom</h2>
            \(HTML.table(
                caption: "Pairs, the busiest first",
                head: ["Client", "Server", "Name asked for", "Connections", "Sent", "Received", "First (UTC)"], rows: rows,
                numbers: [3, 4, 5, 6]))\(rest > 0 ? "<p class=\"quiet\">And \(rest.of("pair")) more, not listed.</p>" : "")
            </section>

            """
    }

    // MARK: Connections

    var connections: String {
        let rows = report.flows.prefix(Self.mostRows).map(row)
        let left = report.flowCount - rows.count
        var notes: [String] = []
        if left > 0 { notes.append("\(left.of("connection")) more are not in the table.") }
        if collected.unpictured > 0 {
            notes.append(
                "\(collected.timelines.count.of("connection")) of "
                    + "\((collected.timelines.count + collected.unpictured).grouped) with records are pictured below: those that "
                    + "refute, then the first ones. Choose others with a filter.")
        }
        return """
            <section aria-labelledby="connections"><h2 id="connections">Connections</h2>
            \(rows.isEmpty ? "<p>No connection with data is in the capture.</p>" : HTML.table(
                caption: "Connections, in the order of their first packets",
                head: ["", "Client", "Server", "Name asked for", "Version", "Key exchange", "Records", "Sent", "Received", "Duration"],
                rows: rows, numbers: [6, 7, 8, 9]))
            \(notes.isEmpty ? "" : "<p class=\"quiet\">\(notes.joined(separator: " "))</p>")
            </section>

            """
    }

    private func row(_ flow: FlowSummary) -> [String] {
        let number =
            collected.timelines[flow.number] == nil
            ? "\(flow.number)" : "<a href=\"#flow-\(flow.number)\">\(flow.number)</a>"
        return [
            number, "\(flow.client)", "\(flow.server)", HTML.text(flow.serverName ?? "–"),
            HTML.text(flow.version?.description ?? "–"), HTML.text(flow.group?.description ?? "–"),
            flow.records.grouped, Measures.bytes(flow.bytes.first ?? 0), Measures.bytes(flow.bytes.last ?? 0),
            Measures.duration(Measures.elapsed(from: flow.start.time, to: flow.last.time)),
        ]
    }

    // MARK: Alarms

    var alarms: String {
        guard collected.alarmCount > 0 else { return "" }
        let rows = collected.alarms.map(row)
        let rest = collected.alarmCount - rows.count
        return """
            <section aria-labelledby="alarms"><h2 id="alarms">Alarms</h2>
            \(HTML.table(
                caption: "Alarms, in the order in which they were raised",
                head: ["Alarm", "Severity", "Time (UTC)", "What happened", "From", "To", "Connection"], rows: rows))\
            \(rest > 0 ? "<p class=\"quiet\">And \(rest.of("alarm")) more, not listed.</p>" : "")
            </section>

            """
    }

    private func row(_ alarm: Alarm) -> [String] {
        let forgeable = alarm.isForgeable ? " <small>could be forged</small>" : ""
        var place = "–"
        if let flow = alarm.flow {
            place = collected.timelines[flow] == nil ? "\(flow)" : "<a href=\"#flow-\(flow)\">\(flow)</a>"
        }
        return [
            HTML.text(alarm.kind.rawValue.replacing("_", with: " ")), alarm.severity.rawValue,
            Measures.clock(alarm.time), HTML.text(alarm.words) + forgeable, alarm.source?.description ?? "–",
            alarm.target?.description ?? "–", place,
        ]
    }

    // MARK: How to read

    var guide: String {
        let legend = FlowTimeline.Look.allCases.map { look in
            let shape = Shape(look)
            return "<li>\(shape.glyph)<span><b>\(shape.name)</b><br>\(shape.meaning)</span></li>"
        }
        return """
            <section aria-labelledby="guide"><h2 id="guide">How to read this</h2>
            <h3>The pictures</h3>
            <p>Time runs to the right. What the client sent stands above the line, what the server sent hangs below it. The height of a bar
            is its size, and every line across is ten times the one before. Shape and colour both tell what it is. What was sent
            at once stands side by side. In long
            conversations a bar stands for several records of one kind: its words, which appear when you point at it, say how many.</p>
            <ul class="legend">\(legend.joined(separator: "\n"))</ul>
            <h3>The verdict</h3>
            <ul>
            <li><b>Proven</b>: both directions are there from beginning to end, every byte is in one class, and each is a handshake, an
            alert, a change of cipher or an encrypted record that follows TLS 1.3.</li>
            <li><b>Refuted</b>: something else was on the wire.</li>
            <li><b>Inconclusive</b>: the capture does not show enough: packets are missing, or it is not TLS 1.3.</li>
            </ul>
            <h3>What watching cannot show</h3>
            <ul>
            <li>That ciphertext is good ciphertext. A broken or hostile program can encrypt under a key that others have; only the keys,
            and looking inside (<code>tlsmon prove --keylog FILE --inner conclave</code>), show what is in it.</li>
            <li>What was not captured: other interfaces, other times, other paths.</li>
            <li>That evenly spread bytes are encrypted. Compressed data looks much the same, so spread supports a verdict and never
            makes it.</li>
            <li>What is <b>inferred</b> is a guess from sizes and places, with how sure it is. Fingerprints are hints: programs share
            libraries, and can imitate each other.</li>
            <li>Who a certificate really belongs to: certificates are shown as they stand there, and are not verified here.</li>
            </ul>
            </section>

            """
    }

    // MARK: Evidence

    var evidence: String {
        var facts: [(name: String, content: String)] = digests.map {
            ("File", "\(HTML.text($0.file))<br><code>sha256 \(HTML.text($0.sha256))</code>")
        }
        facts.append(
            ("Filter", setting.filter.isEmpty ? "none: all packets" : "<code>\(HTML.text(setting.filter))</code>"))
        if let span = collected.span {
            facts.append(("Time", "\(Measures.moment(span.lowerBound)) to \(Measures.moment(span.upperBound))"))
        }
        let end = setting.capture.endsEarly ? "; the file ends in the middle of a packet" : ""
        facts.append(
            ("Packets", "\(report.packets.grouped), lost in capturing: \(setting.capture.drops.grouped)\(end)"))
        facts.append(
            ("Ledger", "\(report.ledger.total.grouped) of \(report.payloadBytes.grouped) bytes of payload in a class"))
        facts.append(("Markers", HTML.text(VerdictWords.control(of: report))))
        if setting.hasKeys || report.opened + report.unopened > 0 {
            facts.append(
                (
                    "Keys",
                    "opened \(report.opened.grouped) of \((report.opened + report.unopened).of("encrypted record")) for which there are keys"
                ))
        }
        return """
            <section aria-labelledby="evidence"><h2 id="evidence">Evidence</h2>
            \(HTML.definitions(facts))
            <p class="quiet">To check: compute the SHA-256 of the file, and run <code>tlsmon prove</code> on it yourself. For a statement
            that is signed, there is <code>tlsmon prove --evidence FILE --sign KEY</code>.</p>
            </section>

            """
    }
}
