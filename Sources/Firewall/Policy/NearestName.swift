/// What somebody may have meant who wrote something unknown.
package enum NearestName {
    /// The name that the fewest changes (a letter put in, left out, exchanged, or swapped with its neighbour) turn `word` into; `nil` if
    /// none is near: more than a third of its letters, and at most 3, would have to change.
    package static func name(to word: some StringProtocol, among names: some Sequence<String>) -> String? {
        let word = Array(word.lowercased().unicodeScalars.prefix(40))
        var best: (name: String, distance: Int)?
        for name in names {
            let other = Array(name.lowercased().unicodeScalars)
            let distance = distance(word, other)
            guard distance <= min(3, max(1, other.count / 3)), distance < best?.distance ?? .max else { continue }
            best = (name, distance)
        }
        return best?.name
    }

    /// Damerau's distance of neighbours, with three rows of its table.
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var (before, last) = ([Int](), Array(0...right.count))
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                let isSame = left[row] == right[column]
                var least = min(last[column] + (isSame ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    least = min(least, before[column - 1] + 1)
                }
                current.append(least)
            }
            (before, last) = (last, current)
        }
        return last[right.count]
    }
}
