/// How often each value occurs, in shards that copies share until they are changed.
package struct Multiset<Element: Hashable & Sendable>: Sendable {
    private static var shardCount: Int { 256 }

    private var shards: [[Element: Int]]
    /// How many values occur more than once.
    package private(set) var duplicates = 0

    package init() {
        shards = Array(repeating: [:], count: Self.shardCount)
    }

    package func contains(_ element: Element) -> Bool { count(of: element) > 0 }

    package func count(of element: Element) -> Int { shards[shard(of: element)][element] ?? 0 }

    package mutating func insert(_ element: Element) {
        let count = shards[shard(of: element)][element, default: 0]
        shards[shard(of: element)][element] = count + 1
        if count == 1 { duplicates += 1 }
    }

    package mutating func remove(_ element: Element) {
        let count = shards[shard(of: element)][element, default: 0]
        shards[shard(of: element)][element] = count > 1 ? count - 1 : nil
        if count == 2 { duplicates -= 1 }
    }

    private func shard(of element: Element) -> Int {
        element.hashValue & (Self.shardCount - 1)
    }
}
