import Crypto
import MLS
import MLSWire
import Testing

@Suite("what a member forgets, RFC 9420 §9.2 and §16.6")
struct ForwardSecrecyTests {
    /// All secrets from which the key of a chain's generation can be derived, in an epoch whose secrets are still all there.
    private func secrets(
        _ tree: SecretTree, leaf: LeafIndex, generation: UInt32
    ) throws -> [SymmetricKey] {
        var secrets = Array(tree.nodes.values)
        var copy = tree
        let chain = SecretTree.Chain(leaf: leaf, .application)
        var ratchet = try copy.ratchet(chain)
        for _ in 0...generation {
            secrets.append(ratchet.secret)
            let (_, key) = try ratchet.next(tree.suite)
            if ratchet.generation == generation + 1 { secrets.append(key.key) }
        }
        return secrets
    }

    private func holds(_ snapshot: GroupSnapshot, _ secret: SymmetricKey) -> Bool {
        let bytes = secret.bytes
        return [snapshot.epoch.bytes, snapshot.ratchets.bytes].contains { $0.firstRange(of: bytes) != nil }
    }

    @Test("after a message was read, nothing from which its key follows is there")
    func read() throws {
        var a = try Person("alice").found()
        var b = try a.add(Person("bob")).take()
        let before = b.epoch.protection.secretTree
        let known = try secrets(before, leaf: a.leaf, generation: 2)
        let held = known.count { holds(b.snapshot, $0) }
        #expect(held > 0, "the search finds what is there")
        for number in 0..<3 { _ = try b.read(a.say("letter \(number)")) }
        #expect(!known.contains { holds(b.snapshot, $0) })
        // The sender forgets as well.
        #expect(!known.contains { holds(a.snapshot, $0) })

        // And from the last message on, everything can still be read.
        #expect(try b.read(a.say("on")) == "on")
    }

    @Test("a skipped message's key is kept until the message comes, and nothing else of it")
    func skipped() throws {
        var a = try Person("alice").found()
        var b = try a.add(Person("bob")).take()
        let tree = b.epoch.protection.secretTree
        let first = try secrets(tree, leaf: a.leaf, generation: 0)
        let letters = try (0..<2).map { try a.say("\($0)") }
        _ = try b.read(letters[1])
        let messageKey = try #require(first.last)
        #expect(holds(b.snapshot, messageKey))
        #expect(!first.dropLast().contains { holds(b.snapshot, $0) })
        _ = try b.read(letters[0])
        #expect(!holds(b.snapshot, messageKey))
    }

    @Test("an epoch that is over takes its secrets along, but for messages that may come late")
    func epochs() throws {
        var policy = GroupPolicy()
        policy.pastEpochs = 2
        policy.resumptionEpochs = 1
        var a = try Person("alice", policy: policy).found()
        var b = try a.add(Person("bob", policy: policy)).take()
        let old = b.epoch
        let secrets = [
            old.secrets.exporter, old.secrets.external, old.secrets.confirmation, old.secrets.authenticator,
            old.secrets.initial, old.keys.leafKey.raw,
        ]
        #expect(secrets.allSatisfy { holds(b.snapshot, $0) })
        try a.follow(b.renew(isPublic: true))
        #expect(!secrets.contains { holds(b.snapshot, $0) })
        let tree = Array(old.protection.secretTree.nodes.values)
        #expect(tree.contains { holds(b.snapshot, $0) } && holds(b.snapshot, old.secrets.resumption))
        #expect(holds(b.snapshot, old.secrets.senderData) && holds(b.snapshot, old.secrets.membership))
        try a.follow(b.renew(isPublic: true))
        #expect(!holds(b.snapshot, old.secrets.resumption))
        #expect(tree.contains { holds(b.snapshot, $0) })
        try a.follow(b.renew(isPublic: true))
        #expect(!tree.contains { holds(b.snapshot, $0) })
        #expect(!holds(b.snapshot, old.secrets.senderData) && !holds(b.snapshot, old.secrets.membership))
    }

    @Test("who is removed keeps no secret")
    func removed() throws {
        var a = try Person("alice").found()
        var b = try a.add(Person("bob")).take()
        try a.follow(b.renew())
        _ = try a.hear(b.proposeUpdate())
        let own = b.epoch.ownUpdates.values.map(\.leafKey.raw)
        let epochs = [b.epoch.protection, try #require(b.past.first).protection]
        let s = b.epoch.secrets
        var secrets = [
            s.senderData, s.exporter, s.external, s.confirmation, s.membership, s.resumption, s.authenticator,
            s.initial, b.epoch.keys.leafKey.raw,
        ]
        secrets += own
        secrets += b.epoch.keys.parents.values.map(\.raw)
        secrets += b.resumption.keys.map(\.key)
        for epoch in epochs {
            secrets += epoch.secretTree.nodes.values
            secrets += epoch.secretTree.ratchets.values.map(\.secret)
        }
        #expect(own.count == 1 && !b.epoch.keys.parents.isEmpty)
        #expect(secrets.allSatisfy { holds(b.snapshot, $0) })
        let removal = try a.commit([.remove(b.leaf)])
        let staged = try b.stage(removal.message)
        let stored = b.snapshot(adopting: staged)
        #expect(!secrets.contains { holds(stored, $0) })
        b.adopt(staged)
        #expect(!secrets.contains { holds(b.snapshot, $0) })
        #expect(b.past.isEmpty && b.resumption.keys.isEmpty && b.epoch.ownUpdates.isEmpty)
    }
}
