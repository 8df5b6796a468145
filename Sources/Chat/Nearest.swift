/// Guesses what somebody meant to type.
public enum Nearest {
    /// Characters of a word that are compared.
    private static let maximumLength = 64

    /// The word that takes the fewest edits, if those are few enough for a slip of the finger.
    public static func word(to typed: String, among words: [String]) -> String? {
        let limit = max(1, min(typed.count, maximumLength) / 3)
        let ranked = words.map { ($0, distance(typed, $0)) }.filter { $0.1 <= limit }
        return ranked.min { ($0.1, $0.0) < ($1.1, $1.0) }?.0
    }

    /// Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other
    /// (Damerau and Levenshtein). Of a long word the first ``maximumLength`` characters count.
    static func distance(_ left: String, _ right: String) -> Int {
        let a = Array(left.prefix(maximumLength)), b = Array(right.prefix(maximumLength))
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            before = last
            last = row
        }
        return last[b.count]
    }
}
