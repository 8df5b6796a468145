import ChatClient
import Crypto
import Testing

@Suite("the store that tests use")
struct MemoryStoreTests {
    private func value(_ byte: UInt8) -> SymmetricKey { SymmetricKey(data: [byte]) }

    private func filled() throws -> MemoryStore {
        let store = MemoryStore()
        let keys: [[UInt8]] = [[2], [1, 0], [1], [1, 255], [0], [1, 1]]
        for (number, key) in keys.enumerated() {
            try store.write([RecordWrite(.rooms, key, value(UInt8(number)))])
        }
        return store
    }

    @Test("gives records in the order of keys, from a range, up to a limit")
    func ranges() throws {
        let store = try filled()
        func keys(_ prefix: [UInt8], _ after: [UInt8]?, _ before: [UInt8]?, _ limit: Int = .max) throws -> [[UInt8]] {
            try store.records(in: .rooms, prefix: prefix, after: after, before: before, limit: limit).map(\.key)
        }
        #expect(try store.records(in: .rooms).map(\.key) == [[0], [1], [1, 0], [1, 1], [1, 255], [2]])
        #expect(try keys([1], nil, nil) == [[1], [1, 0], [1, 1], [1, 255]])
        #expect(try keys([1], [1, 0], nil, 1) == [[1, 1]])
        #expect(try keys([1], nil, [1, 255], 2) == [[1, 0], [1, 1]])
        #expect(try keys([], [1], [2], 2) == [[1, 1], [1, 255]])
        #expect(try keys([], [2], [1]) == [])
        #expect(try keys([], nil, nil, 0) == [])
        #expect(try keys([], nil, nil, -1) == [])
        #expect(try store.records(in: .chain).isEmpty)
    }

    @Test("replaces, deletes, and takes the last of several writes to one place")
    func writes() throws {
        let store = try filled()
        try store.write([
            RecordWrite(.rooms, [1], nil), RecordWrite(.rooms, [2], value(7)), RecordWrite(.rooms, [9], nil),
            RecordWrite(.rooms, [8], value(1)), RecordWrite(.rooms, [8], value(2)),
        ])
        #expect(try store.value(in: .rooms, at: [1]) == nil)
        #expect(try store.value(in: .rooms, at: [2]) == value(7))
        #expect(try store.value(in: .rooms, at: [8]) == value(2))
        #expect(throws: StoreError.self) { try store.write([RecordWrite(.rooms, [], value(1))]) }
    }

    @Test("fails and dies where it is told to")
    func faults() throws {
        let store = MemoryStore()
        store.faults = [2: .refused(.diskFull), 4: .crashAfter]
        try store.write([RecordWrite(.rooms, [1], value(1))])
        #expect(throws: StoreError.diskFull) { try store.write([RecordWrite(.rooms, [2], value(2))]) }
        try store.write([RecordWrite(.rooms, [3], value(3))])
        #expect(throws: MemoryStore.crash) { try store.write([RecordWrite(.rooms, [4], value(4))]) }
        #expect(throws: MemoryStore.crash) { try store.value(in: .rooms, at: [1]) }
        let next = store.restarted()
        #expect(try next.records(in: .rooms).map(\.key) == [[1], [3], [4]])
        next.faults = [1: .crashBefore]
        #expect(throws: MemoryStore.crash) { try next.write([RecordWrite(.rooms, [5], value(5))]) }
        #expect(next.isDead)
        #expect(try next.restarted().records(in: .rooms).map(\.key) == [[1], [3], [4]])
    }
}
