import Crypto
import MLS
import MLSWire
import Testing

@Suite("a group's life, RFC 9420 §11 and §12")
struct GroupLifeTests {
    @Test("two members talk, in every suite", arguments: MLSCipherSuite.supported)
    func twoTalk(suite: MLSCipherSuite) throws {
        let (alice, bob) = (try Person("alice", suite), try Person("bob", suite))
        var a = try alice.found()
        var b = try a.add(bob).take()
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        #expect(try b.read(a.say("hello")) == "hello")
        #expect(try a.read(b.say("hello yourself")) == "hello yourself")
        #expect(
            try a.export(label: "x", context: [1], length: 77) == b.export(label: "x", context: [1], length: 77))
    }

    @Test("members are added, updated and removed, publicly and privately", arguments: [true, false])
    func membership(isPublic: Bool) throws {
        var options = CommitOptions()
        options.isPublic = isPublic
        var a = try Person("alice").found()
        var b = try a.add(Person("bob"), options: options).take()
        let third = try a.add(Person("carol"), options: options)
        try b.follow(third.commit)
        var c = third.take()
        #expect(a.state.members.count == 3)

        _ = try a.hear(c.proposeUpdate(isPublic: isPublic))
        // The same proposal reaches everybody: b gets its own copy of what a got.
        let update = try c.proposeUpdate(isPublic: isPublic)
        _ = try a.hear(update)
        _ = try b.hear(update)
        let commit = try b.commit(options: options)
        let message = commit.message
        b.adopt(commit.take())
        try a.follow(message)
        try c.follow(message)
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        #expect(b.epochAuthenticator == c.epochAuthenticator)

        let removal = try c.commit([.remove(a.leaf)], options: options)
        let goodbye = removal.message
        c.adopt(removal.take())
        try a.follow(goodbye)
        try b.follow(goodbye)
        let isRemoved = a.isRemoved
        #expect(isRemoved)
        #expect(b.epochAuthenticator == c.epochAuthenticator)
        #expect(try b.read(c.say("alone")) == "alone")
        #expect(throws: MLSError.misuse(.notAMember)) { try a.say("still here?") }
    }

    @Test("a commit that came before its proposal can be received again after it", arguments: [true, false])
    func early(isPublic: Bool) throws {
        var options = CommitOptions()
        options.isPublic = isPublic
        var a = try Person("alice").found()
        var b = try a.add(Person("bob"), options: options).take()
        let third = try a.add(Person("carol"), options: options)
        try b.follow(third.commit)
        var c = third.take()

        let proposal = try c.proposeUpdate(isPublic: isPublic)
        _ = try a.hear(proposal)
        let commit = try a.commit(options: options)
        let message = commit.message
        a.adopt(commit.take())
        #expect(throws: MLSError.invalid(.commitIsAboutKnownProposals)) { try b.follow(message) }
        _ = try b.hear(proposal)
        try b.follow(message)
        try c.follow(message)
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        #expect(a.epochAuthenticator == c.epochAuthenticator)
    }

    @Test("a client joins by its own commit, and comes back by another")
    func externalJoin() throws {
        var a = try Person("alice").found()
        let bob = try Person("bob")
        let join = try MLSGroup.joinExternally(a.groupInfo(), client: bob.client)
        try a.follow(join.message)
        let info = join.groupInfo
        let b = join.take()
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        let again = try MLSGroup.joinExternally(info, replacing: b.leaf, client: bob.client)
        try a.follow(again.message)
        var new = again.take()
        #expect(a.epochAuthenticator == new.epochAuthenticator)
        #expect(try a.read(new.say("back")) == "back")
        #expect(a.state.memberCount == 2)
    }

    @Test("a group is reinitialised with the same members, and branched with some of them")
    func successors() throws {
        let (alice, bob, carol) = (try Person("alice"), try Person("bob"), try Person("carol"))
        var a = try alice.found()
        var b = try a.add(bob).take()
        let third = try a.add(carol)
        try b.follow(third.commit)
        var c = third.take()

        let bobs = try bob.keyPackage()
        let branch = try a.branch(GroupID(bytes: [7]), with: [bobs.keyPackage])
        let sideWelcome = branch.welcome
        let side = try MLSGroup.join(
            #require(sideWelcome), with: bobs, client: bob.client, origins: [try b.origin(.branch)])
        let sideA = branch.take()
        #expect(side.epochAuthenticator == sideA.epochAuthenticator)

        let next = ReInit(groupID: GroupID(bytes: [9]), cipherSuite: .p256AES128)
        let commit = try a.commit([.reInit(next)])
        let message = commit.message
        a.adopt(commit.take())
        try b.follow(message)
        try c.follow(message)
        #expect(throws: MLSError.misuse(.groupIsClosed)) { try a.say("on") }

        let alices = try alice.keyPackage()
        let carols = try carol.keyPackage()
        let founded = try b.reInitialise(with: [alices.keyPackage, carols.keyPackage])
        let offered = founded.welcome
        let welcome = try #require(offered)
        let newB = founded.take()
        let newA = try MLSGroup.join(welcome, with: alices, client: alice.client, origins: [try a.origin(.reInit)])
        let newC = try MLSGroup.join(welcome, with: carols, client: carol.client, origins: [try c.origin(.reInit)])
        #expect(newA.epochAuthenticator == newB.epochAuthenticator)
        #expect(newC.epochAuthenticator == newB.epochAuthenticator)
        #expect(newA.id == next.groupID)
        #expect(throws: MLSError.self) { _ = try MLSGroup.join(welcome, with: carols, client: carol.client) }
    }

    @Test("keys from outside enter for members and newcomers alike")
    func preSharedKeys() throws {
        var psks = PreSharedKeys()
        psks.set(SymmetricKey(size: .bits256), externalID: [1])
        var a = try Person("alice", psks: psks).found()
        var b = try a.add(Person("bob", psks: psks)).take()
        let carol = try Person("carol", psks: psks)
        let package = try Person("dave").keyPackage()
        let carols = try carol.keyPackage()
        let commit = try a.commit([
            .preSharedKey(.external(id: [1])), .add(carols.keyPackage),
            .preSharedKey(.resumption(usage: .application, group: a.id, epoch: 1)),
        ])
        let (message, offered) = (commit.message, commit.welcome)
        let welcome = try #require(offered)
        a.adopt(commit.take())
        try b.follow(message)
        #expect(a.epochAuthenticator == b.epochAuthenticator)
        // A newcomer cannot know the resumption key of an epoch before it came.
        #expect(throws: MLSError.self) { _ = try MLSGroup.join(welcome, with: carols, client: carol.client) }
        let second = try b.commit([.preSharedKey(.external(id: [1])), .add(package.keyPackage)])
        b.adopt(second.take())
        #expect(a.epochAuthenticator != b.epochAuthenticator)
    }
}
