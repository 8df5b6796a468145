import TLSMonitor

/// Where every byte went, as a bar and as a table that sums to the payload.
struct LedgerBar {
    var ledger: ByteLedger
    /// Counted apart from the ledger.
    var payload: Int

    struct Entry {
        var look: FlowTimeline.Look
        var name: String
        var bytes: Int
        var words: String
    }

    var entries: [Entry] {
        [
            Entry(
                look: .handshake, name: "Handshake in the clear", bytes: ledger.handshake,
                words: "readable by everybody; belongs to every TLS connection"),
            Entry(
                look: .changeCipherSpec, name: "Change of cipher", bytes: ledger.changeCipherSpec,
                words: "readable, says nothing"),
            Entry(
                look: .alert, name: "Alerts in the clear", bytes: ledger.alert, words: "readable: why a side gave up"),
            Entry(
                look: .protected, name: "Encrypted records", bytes: ledger.protected,
                words: "under keys; size and time are seen"),
            Entry(
                look: .unaccounted, name: "Unaccounted", bytes: ledger.unaccounted,
                words: "no part of TLS, or not to be assigned: nobody can vouch for it"),
        ]
    }

    var html: String {
        let sums = ledger.total == payload
        let words =
            sums
            ? "The five classes add up to the payload, byte for byte."
            : "The classes do not add up to the payload, which is an error of this program."
        return picture
            + HTML.table(
                caption: "Every byte of TCP payload, in exactly one class",
                head: ["Class", "Bytes", "Share", "What it is"],
                rows: entries.map { entry in
                    [
                        Shape(entry.look).glyph + entry.name, entry.bytes.grouped,
                        Measures.percent(entry.bytes, of: ledger.total), entry.words,
                    ]
                }, numbers: [1, 2], foot: ["Sum", ledger.total.grouped, "", "payload: \(payload.grouped) bytes"])
            + HTML.element("p", sums ? "quiet" : "bad", words)
    }

    /// Parts that are there are seen, however small: 0.6 percent at least.
    private var picture: String {
        let total = max(ledger.total, 1)
        let shown = entries.filter { $0.bytes > 0 }
        let raw = shown.map { max(Double($0.bytes) / Double(total) * 100, 0.6) }
        let sum = max(raw.reduce(0, +), 1)
        var x = 0.0
        var parts = ""
        for (entry, size) in zip(shown, raw) {
            let width = size / sum * 100
            parts += """
                <g><title>\(entry.name): \(entry.bytes.grouped) bytes, \(Measures.percent(entry.bytes, of: ledger.total))</title>\
                <rect class="\(Shape(entry.look).kind) part" x="\(Self.number(x))%" y="0" width="\(Self.number(width))%" height="28"/></g>
                """
            x += width
        }
        let words = shown.map { "\($0.name) \(Measures.percent($0.bytes, of: ledger.total))" }.joined(separator: ", ")
        return """
            <svg class="ledger" role="img" aria-label="\(words)" width="100%" height="28">\(parts)</svg>

            """
    }

    private static func number(_ value: Double) -> String {
        let thousandths = Int((value * 1_000).rounded())
        let rest = "\(1_000 + thousandths % 1_000)".dropFirst()
        return "\(thousandths / 1_000).\(rest)"
    }
}
