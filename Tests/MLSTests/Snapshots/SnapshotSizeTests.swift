import MLS
import MLSWire
import Testing

@Suite("snapshots of a group: size")
struct SnapshotSizeTests {
    /// In suite 2. The tree is what grows; each sender that was heard of adds what its two chains take.
    @Test("the ratchets do not grow with the group, but with those who were heard of", arguments: [10, 100, 1000])
    func size(count: Int) throws {
        guard count <= 100 || MachineEffort.isFull else { return }
        let alice = try Person("alice")
        var a = try alice.found()
        let packages = try (1..<count - 1).map { try Change.add(Person("n\($0)").keyPackage().keyPackage) }
        let commit = try a.commit(packages)
        a.adopt(commit.take())
        let b = GroupBox(try a.add(Person("bob")).take())
        let fresh = b.group.snapshot
        #expect(fresh.ratchets.bitCount / 8 < 200)
        #expect(fresh.epoch.bitCount / 8 < 800 * count + 4096)
        _ = try b.group.read(a.say("one"))
        let heard = b.group.ratchetSnapshot.bitCount / 8
        #expect(heard < 200 + 2 * 80 + 40 * 20)
        for number in 0..<100 { _ = try b.group.read(a.say("\(number)")) }
        #expect(b.group.ratchetSnapshot.bitCount / 8 <= heard + 8)
        MachineEffort.tell(
            "\(count) members: epoch part \(fresh.epoch.bitCount / 8) B, ratchets \(fresh.ratchets.bitCount / 8) B, \(heard) B after one sender"
        )
    }
}
