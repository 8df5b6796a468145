import TLSMonitor

/// How much sizes and times give away, and what padding would change.
struct LeakSection {
    var leaks: LeakReport

    var html: String {
        guard leaks.whole.records > 0 else { return "" }
        let value = leaks.whole.value
        // What padding would change is in the table.
        let words = leaks.words.dropFirst().filter { !$0.hasPrefix("Padded to ") }
        return """
            <section aria-labelledby="leaks"><h2 id="leaks">How much sizes and times give away</h2>
            <div class="gauge"><b>\(value)</b><span>of 100 · 0 gives nothing away, 100 everything</span></div>
            \(Self.bar(value, words: "Leak score: \(value) of 100"))
            <ul>\(words.map { "<li>\(HTML.text($0))</li>" }.joined(separator: "\n"))</ul>
            \(forecasts)</section>

            """
    }

    private var forecasts: String {
        guard leaks.forecasts.count > 1 else { return "" }
        let rows = leaks.forecasts.map { forecast in
            [
                HTML.text(forecast.policy == .none ? "as it is" : forecast.policy.words),
                "\(forecast.value)", Self.bar(forecast.value, words: ""), forecast.distinctSizes.grouped,
                forecast.policy == .none ? "–" : Self.cost(forecast.cost),
            ]
        }
        return HTML.table(
            caption: "The same records, if they were padded",
            head: ["Padding", "Score", "<span class=\"sr\">Score as a bar</span>", "Different sizes", "More bytes"],
            rows: rows,
            numbers: [1, 3, 4])
    }

    private static func cost(_ share: Double) -> String {
        let percent = share * 100
        return percent > 0 && percent < 0.1 ? "under 0.1 %" : "\(Measures.short(percent)) %"
    }

    /// - Parameter words: for those who do not see it; empty if they stand beside it.
    static func bar(_ value: Int, words: String) -> String {
        let width = min(max(value, 0), 100)
        let role = words.isEmpty ? "aria-hidden=\"true\"" : "role=\"img\" aria-label=\"\(words)\""
        return """
            <svg class="score" \(role) width="100%" height="10"><rect class="trough" width="100%" height="10" rx="5"/>\
            <rect class="fill" width="\(width)%" height="10" rx="5"/></svg>
            """
    }
}
