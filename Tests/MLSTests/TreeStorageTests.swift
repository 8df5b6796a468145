import MLS
import Testing

@Suite("What a large tree is kept in")
struct TreeStorageTests {
    @Test("pieces hold what one array holds, whatever is done", arguments: [UInt64(1), 2, 3])
    func chunked(seed: UInt64) {
        var random = TreeRandom(seed)
        var plain: [Int] = []
        var chunked = ChunkedArray<Int>()
        var copies: [([Int], ChunkedArray<Int>)] = []
        for step in 0..<2000 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0...1:
                let count = [0, 1, 2, 127, 128, 129, 300].randomElement(using: &random) ?? 1
                plain.append(contentsOf: repeatElement(step, count: count))
                chunked.append(step, count: count)
            case 2:
                let kept = Int.random(in: 0...plain.count, using: &random)
                plain.removeLast(plain.count - kept)
                chunked.truncate(to: kept)
            case 3:
                copies.append((plain, chunked))
                if copies.count > 8 { copies.removeFirst() }
            default:
                guard let place = plain.indices.randomElement(using: &random) else { continue }
                plain[place] = step
                chunked[place] = step
            }
            #expect(chunked.count == plain.count)
        }
        for (plain, chunked) in copies + [(plain, chunked)] {
            #expect(chunked.count == plain.count && plain.indices.allSatisfy { chunked[$0] == plain[$0] })
        }
    }

    @Test("shards count what a dictionary counts, whatever is done", arguments: [UInt64(1), 2, 3])
    func multiset(seed: UInt64) {
        var random = TreeRandom(seed)
        var plain: [Int: Int] = [:]
        var multiset = Multiset<Int>()
        var copies: [([Int: Int], Multiset<Int>)] = []
        for step in 0..<5000 {
            let value = Int.random(in: 0..<200, using: &random)
            if Bool.random(using: &random) {
                plain[value, default: 0] += 1
                multiset.insert(value)
            } else {
                plain[value] = plain[value].flatMap { $0 > 1 ? $0 - 1 : nil }
                multiset.remove(value)
            }
            #expect(multiset.count(of: value) == plain[value, default: 0])
            if step % 500 == 0 { copies.append((plain, multiset)) }
        }
        for (plain, multiset) in copies + [(plain, multiset)] {
            #expect((0..<200).allSatisfy { multiset.count(of: $0) == plain[$0, default: 0] })
            #expect((0..<200).allSatisfy { multiset.contains($0) == (plain[$0] != nil) })
            #expect(multiset.duplicates == plain.values.count { $0 > 1 })
        }
    }
}
