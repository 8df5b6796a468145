import Crypto
import MLS
import MLSWire
import Testing

@Suite("the bounds of a group's policy")
struct GroupPolicyTests {
    private func pair(_ policy: GroupPolicy) throws -> (GroupBox, GroupBox) {
        let a = GroupBox(try Person("alice", policy: policy).found())
        let b = GroupBox(try a.group.add(Person("bob", policy: policy)).take())
        return (a, b)
    }

    @Test("late messages are read for so many past epochs, and no more", arguments: [0, 1, 3])
    func pastEpochs(limit: Int) throws {
        var policy = GroupPolicy()
        policy.pastEpochs = limit
        let (a, b) = try pair(policy)
        let letters = try (0..<limit + 1).map { number in
            let letter = try a.group.say("letter \(number)")
            try b.group.follow(a.group.renew())
            return letter
        }
        #expect(throws: MLSError.pastEpoch(1)) { try b.group.read(letters[0]) }
        for number in 1..<limit + 1 { #expect(try b.group.read(letters[number]) == "letter \(number)") }
        #expect(b.group.past.count == limit)
    }

    @Test("resumption keys are kept for so many past epochs, and no more", arguments: [0, 2])
    func resumptionEpochs(limit: Int) throws {
        var policy = GroupPolicy()
        policy.resumptionEpochs = limit
        let (a, b) = try pair(policy)
        for _ in 0..<5 { try b.group.follow(a.group.renew()) }
        let epoch = a.group.state.epoch
        let last = epoch - UInt64(limit)
        let gone = Change.preSharedKey(.resumption(usage: .application, group: a.group.id, epoch: last - 1))
        #expect(throws: MLSError.self) { _ = try a.group.commit([gone]) }
        let kept = Change.preSharedKey(.resumption(usage: .application, group: a.group.id, epoch: last))
        let commit = try a.group.commit([kept])
        try b.group.follow(commit.message)
        a.group.adopt(commit.take())
        #expect(a.group.epochAuthenticator == b.group.epochAuthenticator)
        #expect(b.group.resumption.keys.count == limit)
    }

    @Test("a message may be so far ahead, and no farther")
    func forward() throws {
        var policy = GroupPolicy()
        policy.ratchets = RatchetLimits(forward: 5, kept: 100)
        let (a, b) = try pair(policy)
        let letters = try (0..<7).map { try a.group.say("\($0)") }
        #expect(throws: MLSError.invalid(.generationIsNear)) { try b.group.read(letters[6]) }
        #expect(try b.group.read(letters[5]) == "5")
        #expect(try b.group.read(letters[6]) == "6")
        #expect(try b.group.read(letters[0]) == "0")
    }

    @Test("so many keys of skipped messages are kept, and the oldest go first")
    func kept() throws {
        var policy = GroupPolicy()
        policy.ratchets = RatchetLimits(forward: 100, kept: 3)
        let (a, b) = try pair(policy)
        let letters = try (0..<6).map { try a.group.say("\($0)") }
        #expect(try b.group.read(letters[5]) == "5")
        for number in 0..<2 {
            #expect(throws: MLSError.invalid(.generationIsUnused)) { try b.group.read(letters[number]) }
        }
        for number in 2..<5 { #expect(try b.group.read(letters[number]) == "\(number)") }
    }

    @Test("so many proposals wait, and no more; a commit makes room", arguments: [1, 4])
    func pendingProposals(limit: Int) throws {
        var policy = GroupPolicy()
        policy.pendingProposals = limit
        let (a, b) = try pair(policy)
        for _ in 0..<limit { _ = try b.group.hear(a.group.propose(.setExtensions(Extensions()))) }
        #expect(throws: MLSError.refusedByPolicy(.tooManyProposals)) {
            _ = try a.group.propose(.setExtensions(Extensions()))
        }
        #expect(throws: MLSError.refusedByPolicy(.tooManyProposals)) { _ = try b.group.proposeUpdate() }
        let outsider = try Person("carol")
        let add = try ExternalProposal.add(
            outsider.keyPackage().keyPackage, to: a.group.id, epoch: a.group.state.epoch, signer: outsider.client.signer
        )
        #expect(throws: MLSError.refusedByPolicy(.tooManyProposals)) { _ = try b.group.hear(add) }
        try b.group.follow(a.group.renew())
        _ = try b.group.hear(a.group.propose(.setExtensions(Extensions())))
    }
}

/// A group that is passed around.
final class GroupBox {
    var group: MLSGroup
    init(_ group: consuming MLSGroup) { self.group = group }
}
