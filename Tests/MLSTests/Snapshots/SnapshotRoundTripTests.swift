import Crypto
import MLS
import MLSWire
import Testing

@Suite("snapshots of a group: what comes back")
struct SnapshotRoundTripTests {
    @Test("a group comes back in every suite, and goes on", arguments: MLSCipherSuite.supported)
    func suites(suite: MLSCipherSuite) throws {
        let (alice, bob) = (try Person("alice", suite), try Person("bob", suite))
        var a = try alice.found()
        var b = try a.add(bob).take()
        a = try MLSGroup(restoring: a.snapshot, client: alice.client)
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        #expect(try b.read(a.say("hello")) == "hello")
        try b.follow(a.renew())
        #expect(a.epochAuthenticator == b.epochAuthenticator)
    }

    @Test("proposals that wait, and own Updates, with another key too, come back")
    func proposals() throws {
        let (alice, bob) = (try Person("alice"), try Person("bob"))
        var a = try alice.found()
        var b = try a.add(bob).take()
        _ = try a.hear(b.propose(.setExtensions(Extensions())))
        let renewed = try Person("bob").client
        _ = try a.hear(b.proposeUpdate(as: renewed))
        a = try MLSGroup(restoring: a.snapshot, client: alice.client)
        b = try MLSGroup(restoring: b.snapshot, client: bob.client, renewed: [renewed])
        #expect(a.pendingProposalCount == 2 && b.pendingProposalCount == 2)
        try b.follow(a.renew())
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        #expect(b.client.signer.publicKey == renewed.signer.publicKey)
        #expect(try a.read(b.say("new key")) == "new key")
    }

    @Test("an Update whose new key is not given cannot be followed, and the group stays as it is")
    func missingKey() throws {
        let (alice, bob) = (try Person("alice"), try Person("bob"))
        var a = try alice.found()
        var b = try a.add(bob).take()
        _ = try a.hear(b.proposeUpdate(as: Person("bob").client))
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        let message = try a.renew()
        #expect(throws: MLSError.missingUpdateKey) { try b.follow(message) }
        #expect(b.state.epoch == 1)
    }

    @Test("skipped keys and past epochs come back, and read what comes late once")
    func late() throws {
        let bob = try Person("bob")
        var a = try Person("alice").found()
        var b = try a.add(bob).take()
        let letters = try (0..<4).map { try a.say("letter \($0)") }
        #expect(try b.read(letters[2]) == "letter 2")
        try b.follow(a.renew())
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        #expect(try b.read(letters[0]) == "letter 0")
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        #expect(try b.read(letters[3]) == "letter 3")
        for index in [0, 2, 3] {
            #expect(throws: MLSError.invalid(.generationIsUnused)) { try b.read(letters[index]) }
        }
        #expect(try b.read(letters[1]) == "letter 1")
    }

    @Test("resumption keys come back")
    func resumption() throws {
        let bob = try Person("bob")
        var a = try Person("alice").found()
        var b = try a.add(bob).take()
        for _ in 0..<3 { try b.follow(a.renew()) }
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        let commit = try a.commit([.preSharedKey(.resumption(usage: .application, group: a.id, epoch: 2))])
        try b.follow(commit.message)
        a.adopt(commit.take())
        #expect(a.epochAuthenticator == b.epochAuthenticator)
    }

    @Test("a group that was left, and one that was closed, come back as that")
    func ends() throws {
        let (alice, bob) = (try Person("alice"), try Person("bob"))
        var a = try alice.found()
        var b = try a.add(bob).take()
        let removal = try a.commit([.remove(b.leaf)])
        try b.follow(removal.message)
        b = try MLSGroup(restoring: b.snapshot, client: bob.client)
        let isRemoved = b.isRemoved
        #expect(isRemoved)
        #expect(throws: MLSError.misuse(.notAMember)) { try b.say("?") }
        #expect(throws: MLSError.misuse(.notAMember)) { try b.export(label: "x", length: 1) }
        a.adopt(removal.take())

        let next = ReInit(groupID: GroupID(bytes: [9]), cipherSuite: .p256AES128)
        let commit = try a.commit([.reInit(next)])
        a.adopt(commit.take())
        a = try MLSGroup(restoring: a.snapshot, client: alice.client)
        #expect(a.successor == next)
        #expect(throws: MLSError.misuse(.groupIsClosed)) { try a.say("?") }
        #expect(try a.reInitialise(with: []).take().id == next.groupID)
    }

    @Test("the parts of one group belong together: ratchets of another epoch are refused, and of this one's rival too")
    func parts() throws {
        let alice = try Person("alice")
        var a = try alice.found()
        let before = a.snapshot
        let first = try a.commit()
        let second = try a.commit()
        let (one, other) = (a.snapshot(adopting: first.take()), a.snapshot(adopting: second.take()))
        for (epoch, ratchets) in [
            (before.epoch, one.ratchets), (one.epoch, before.ratchets), (one.epoch, other.ratchets),
        ] {
            let mixed = GroupSnapshot(epoch: epoch, ratchets: ratchets)
            #expect(throws: MLSError.self) { _ = try MLSGroup(restoring: mixed, client: alice.client) }
        }
        #expect(try MLSGroup(restoring: other, client: alice.client).state.epoch == 1)
    }

    @Test("another client's key opens no snapshot")
    func wrongClient() throws {
        let alice = try Person("alice")
        let snapshot = try alice.found().snapshot
        #expect(throws: MLSError.misuse(.signerMismatch)) {
            _ = try MLSGroup(restoring: snapshot, client: Person("alice").client)
        }
        #expect(try MLSGroup(restoring: snapshot, client: alice.client).state.epoch == 0)
    }

    @Test("a staged epoch comes back with its effects, and follows its own epoch only")
    func staged() throws {
        let (alice, bob) = (try Person("alice"), try Person("bob"))
        var a = try alice.found()
        var b = try a.add(bob).take()
        var options = CommitOptions()
        let renewed = try Person("alice").client
        options.renewedClient = renewed
        let package = try Person("carol").keyPackage()
        let outbound = try a.commit(
            [
                .add(package.keyPackage), .remove(b.leaf),
                .preSharedKey(.resumption(usage: .application, group: a.id, epoch: 1)),
            ],
            options: options)
        let (message, effects) = (outbound.message, outbound.effects)
        let stored = outbound.take().snapshot
        a = try MLSGroup(restoring: a.snapshot, client: alice.client)
        #expect(throws: MLSError.misuse(.signerMismatch)) { _ = try a.staged(restoring: stored) }
        let staged = try a.staged(restoring: stored, renewed: [renewed])
        #expect(staged.effects == effects)
        a.adopt(staged)
        #expect(throws: MLSError.misuse(.otherEpoch)) { _ = try a.staged(restoring: stored, renewed: [renewed]) }
        #expect(a.client.signer.publicKey == renewed.signer.publicKey)

        // Who is removed can store that too.
        let farewell = try b.stage(message).snapshot
        b.adopt(try b.staged(restoring: farewell))
        let isRemoved = b.isRemoved
        #expect(isRemoved)
    }

    @Test("a key package comes back with its keys, and no part of it with others")
    func keyPackages() throws {
        let (alice, bob) = (try Person("alice"), try Person("bob"))
        let first = try bob.keyPackage()
        let second = try bob.keyPackage()
        let stored = try KeyPackageSecrets(restoring: first.snapshot)
        #expect(stored.keyPackage == first.keyPackage)
        var a = try alice.found()
        let outbound = try a.commit([.add(stored.keyPackage)])
        let offered = outbound.welcome
        a.adopt(outbound.take())
        let b = try MLSGroup.join(#require(offered), with: stored, client: bob.client)
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        let (own, others) = (first.initKey.raw, second.leafKey.raw)
        #expect(throws: MLSError.misuse(.snapshot)) {
            _ = try KeyPackageSecrets(first.keyPackage, initKey: own, leafKey: others)
        }
    }
}

extension MLSGroup {
    /// Commits and adopts nothing but a new path and the proposals that wait.
    mutating func renew(isPublic: Bool = false) throws -> MLSMessage {
        var options = CommitOptions()
        options.isPublic = isPublic
        let outbound = try commit(options: options)
        let message = outbound.message
        adopt(outbound.take())
        return message
    }

    /// Receives a commit.
    mutating func stage(_ message: MLSMessage) throws -> StagedEpoch {
        switch try receive(message) {
        case .commit(let staged): return staged
        default: throw Unexpected("something other than a commit")
        }
    }

    /// The stored form of an epoch of an own commit that is never submitted.
    mutating func stagedSnapshot() throws -> SymmetricKey { try commit().take().snapshot }
}
