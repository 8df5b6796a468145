import JSONText

/// What somebody wrote, for a message: in quotation marks, short, and without anything that acts on a terminal.
enum Quoted {
    static func text(_ text: some StringProtocol, limit: Int = 60) -> String {
        let short = text.unicodeScalars.prefix(limit + 1)
        guard short.count > limit else { return JSON.string(String(text)).compact }
        var start = String.UnicodeScalarView()
        start.append(contentsOf: short.prefix(limit - 1))
        return JSON.string(String(start) + "…").compact
    }
}
