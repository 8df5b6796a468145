import Foundation

/// How much is tried: `scripts/test --crash` and `--full` try everything, every other run a tenth.
enum Extent {
    static let isFull = ProcessInfo.processInfo.environment["CONCLAVE_FULL"] == "1"

    /// So many rounds of so many.
    static func rounds(_ full: Int) -> Int { isFull ? full : max(1, full / 10) }

    /// All of these, or a tenth, spread over all of them and never the same for long.
    static func some<Element>(_ all: [Element]) -> [Element] {
        guard !isFull, all.count > 1 else { return all }
        let count = min(all.count, max(3, all.count / 10))
        let first = Int.random(in: 0..<max(1, all.count / count))
        return stride(from: first, to: all.count, by: max(1, all.count / count)).map { all[$0] }
    }

    /// The first ones, the last ones and others of 1 to `count`, `most` at most.
    static func spread(_ most: Int, over count: Int) -> [Int] {
        guard count > most else { return Array(1...count) }
        let (edge, middle) = (most / 4, most / 2)
        let others = (0..<middle).map { edge + 1 + $0 * (count - 2 * edge) / middle }
        return Array(1...edge) + others + Array((count - edge + 1)...count)
    }
}
