import Crypto
import MLS
import MLSWire
import Testing

/// Snapshots are secret and sealed; yet bytes that are not what was stored end in an error or a group, never in a trap.
@Suite("snapshots of a group: damage")
struct SnapshotDamageTests {
    /// A group with all that a snapshot can hold, and messages that it can still read.
    private final class Scene {
        let bob: Person
        let renewed: MLSClient
        let snapshot: GroupSnapshot
        let staged: SymmetricKey
        let messages: [MLSMessage]

        init() throws {
            bob = try Person("bob")
            renewed = try Person("bob").client
            var a = try Person("alice").found()
            var group = try a.add(bob).take()
            let carol = try a.add(Person("carol"))
            try group.follow(carol.commit)
            var c = carol.take()
            var messages = try (0..<4).map { try a.say("old \($0)") }
            _ = try group.read(messages[1])
            let commit = try a.renew()
            try group.follow(commit)
            try c.follow(commit)
            messages += try (0..<3).map { try a.say("new \($0)") } + [c.say("c")]
            _ = try group.read(messages[5])
            staged = try group.stagedSnapshot()
            _ = try group.proposeUpdate(as: renewed)
            _ = try group.hear(a.propose(.preSharedKey(.external(id: [1]))))
            messages.append(try a.renew())
            snapshot = group.snapshot
            self.messages = messages
        }

        /// What a damaged snapshot yields must bear use.
        func use(_ snapshot: GroupSnapshot) -> Bool {
            guard var group = try? MLSGroup(restoring: snapshot, client: bob.client, renewed: [renewed]) else {
                return false
            }
            for message in messages {
                do {
                    switch try group.receive(message) {
                    case .commit(let staged): group.adopt(staged)
                    default: continue
                    }
                } catch {
                    continue
                }
            }
            _ = try? group.commit()
            _ = try? group.say("again")
            _ = try? group.export(label: "x", length: 1)
            _ = try? group.groupInfo()
            return true
        }

        func useStaged(_ bytes: SymmetricKey) -> Bool {
            guard var group = try? MLSGroup(restoring: snapshot, client: bob.client, renewed: [renewed]),
                let staged = try? group.staged(restoring: bytes)
            else { return false }
            group.adopt(staged)
            _ = try? group.commit()
            _ = try? group.say("again")
            return true
        }
    }

    @Test("nothing that is cut short or has bytes behind it is a snapshot")
    func truncation() throws {
        let scene = try Scene()
        #expect(scene.use(scene.snapshot) && scene.useStaged(scene.staged))
        let (epoch, ratchets, staged) = (scene.snapshot.epoch.bytes, scene.snapshot.ratchets.bytes, scene.staged.bytes)
        for part in [epoch, ratchets, staged] {
            for bytes in (0..<part.count).map({ Array(part.prefix($0)) }) + [part + [0]] {
                let damaged = SymmetricKey(data: bytes)
                if part == epoch {
                    #expect(throws: MLSError.self) { try restore(damaged, scene.snapshot.ratchets, scene.bob) }
                }
                if part == ratchets {
                    #expect(throws: MLSError.self) { try restore(scene.snapshot.epoch, damaged, scene.bob) }
                }
                if part == staged { #expect(!scene.useStaged(damaged)) }
            }
        }
    }

    private func restore(_ epoch: SymmetricKey, _ ratchets: SymmetricKey, _ person: Person) throws(MLSError) {
        _ = try MLSGroup(restoring: GroupSnapshot(epoch: epoch, ratchets: ratchets), client: person.client)
    }

    @Test("a byte that changed makes an error or a group that bears use", arguments: [UInt8(0x01), 0x80, 0xFF])
    func changes(flip: UInt8) throws {
        let scene = try Scene()
        let (epoch, ratchets, staged) = (scene.snapshot.epoch.bytes, scene.snapshot.ratchets.bytes, scene.staged.bytes)
        // A group costs its signatures; all bytes have their turn when there is time.
        let stride = MachineEffort.isFull ? 1 : 13
        let start = Int(flip) % stride
        var refused = 0
        for place in Swift.stride(from: start, to: epoch.count, by: stride) {
            let damaged = GroupSnapshot(epoch: epoch.changed(place, flip), ratchets: scene.snapshot.ratchets)
            if !scene.use(damaged) { refused += 1 }
        }
        for place in Swift.stride(from: start, to: ratchets.count, by: stride) {
            let damaged = GroupSnapshot(epoch: scene.snapshot.epoch, ratchets: ratchets.changed(place, flip))
            if !scene.use(damaged) { refused += 1 }
        }
        for place in Swift.stride(from: start, to: staged.count, by: stride) {
            if !scene.useStaged(staged.changed(place, flip)) { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test("a key package's snapshot that was damaged is refused, or holds the keys of its package")
    func keyPackage() throws {
        let stored = try Person("bob").keyPackage().snapshot.bytes
        for count in 0..<stored.count {
            #expect(throws: MLSError.self) {
                _ = try KeyPackageSecrets(restoring: SymmetricKey(data: Array(stored.prefix(count))))
            }
        }
        for place in stored.indices {
            guard let secrets = try? KeyPackageSecrets(restoring: stored.changed(place, 0x10)) else { continue }
            #expect(secrets.initKey.publicKey == secrets.keyPackage.initKey)
            #expect(secrets.leafKey.publicKey == secrets.keyPackage.leafNode.encryptionKey)
        }
    }
}

extension [UInt8] {
    fileprivate func changed(_ place: Int, _ flip: UInt8) -> SymmetricKey {
        var bytes = self
        bytes[place] ^= flip
        return SymmetricKey(data: bytes)
    }
}
