extension AuditReport {
    /// For people.
    package var lines: [String] {
        var lines = [range]
        if let cut {
            lines.append("  dropped      records up to \(cut.size), by a signed cut of \(AuditTime.text(cut.time))")
        }
        let upTo = latest.map { "; the latest that fits is of \(AuditTime.text($0.time)), record \($0.size)" } ?? ""
        lines.append("  checkpoints  \(checkpoints)\(upTo)")
        if !keys.isEmpty { lines.append("  key          \(keys.joined(separator: ", "))") }
        for given in given {
            lines.append("  compared     with a checkpoint of \(AuditTime.text(given.time)), record \(given.size)")
        }
        guard !isIntact else {
            lines.append("intact: nothing was edited, deleted, moved or cut off\(caveat)")
            return lines
        }
        lines += findings.map { "  ✗ \($0)" }
        if findingCount > findings.count { lines.append("  … and \(findingCount - findings.count) more") }
        lines.append("NOT intact: \(findingCount == 1 ? "1 finding" : "\(findingCount) findings")")
        return lines
    }

    private var range: String {
        guard let first, let times else { return "no records" }
        let from = AuditTime.text(times.lowerBound)
        let to = AuditTime.text(times.upperBound)
        return "\(count) \(count == 1 ? "record" : "records"), \(first)–\(last), \(from) to \(to) UTC"
    }

    /// What intact does not mean.
    private var caveat: String {
        let signed = max(latest?.size ?? 0, given.last?.size ?? 0, cut?.size ?? 0)
        guard signed < last else { return "" }
        return signed == 0
            ? "; no checkpoint vouches for its end yet"
            : "; no checkpoint vouches for what follows record \(signed) yet"
    }
}
