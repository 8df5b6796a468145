import Chat
import ChatServer
import ChatWire
import MLSWire
import NIOCore
import Testing

@Suite("devices that join by themselves")
struct ExternalJoinTests {
    private func join(
        _ client: TestClient, ending epoch: UInt64, leaf: UInt32 = 1, credential: Credential? = nil,
        sender: Sender = .newMemberCommit, change: (inout Submission) -> Void = { _ in }
    ) throws -> ServerFrame {
        var commit = Submission(
            room: .tea, token: client.nextToken(), epoch: epoch,
            commit: Forge.externalCommit(
                in: .tea, epoch: epoch, credential ?? Forge.name(client.identity), sender: sender),
            roster: Roster(added: [.init(client.identity, leaf: leaf)]),
            groupInfo: Forge.groupInfo("epoch \(epoch + 1)"))
        change(&commit)
        return try client.submit(commit)
    }

    private func open(loops: Int) throws -> (Cluster, TestClient, TestClient) {
        let cluster = Cluster(loops: loops)
        let founder = try cluster.connect(alice)
        try founder.create(.tea, RoomPolicy(.open), groupInfo: Forge.groupInfo("epoch 0"))
        try founder.enter(.tea)
        return (cluster, founder, try cluster.connect(bob, on: loops - 1))
    }

    @Test("come into open rooms by their own commit, and may read the log from its beginning", arguments: 1...3)
    func join(loops: Int) throws {
        let (_, founder, newcomer) = try open(loops: loops)
        #expect(try join(newcomer, ending: 0).sequence == 2)
        let status = try #require(try newcomer.enter(.tea).status)
        #expect(status.epoch == 1 && status.groupInfo == BlobRef(of: Forge.groupInfo("epoch 1")))
        #expect(founder.entries(of: .tea).map(\.kind) == [.commit])
        #expect(founder.entries(of: .tea).first?.roster.added.map(\.device) == [bob])
        #expect(try newcomer.read(.tea).head == 2)
        // What came before is for the chain; to read it, it lacks the keys.
        #expect(newcomer.sequences(of: .tea) == [1, 2])
    }

    @Test("do not come into other rooms")
    func staysOutOfOthers() throws {
        let cluster = Cluster(loops: 1)
        let founder = try cluster.connect(alice)
        let newcomer = try cluster.connect(bob)
        try founder.create(.tea)
        #expect(try join(newcomer, ending: 0) { $0.groupInfo = ByteBuffer() }.failure == .notAMember)
        #expect(try join(founder, ending: 0, leaf: 0) { $0.groupInfo = ByteBuffer() }.failure == .notAllowed)
    }

    @Test("join as themselves and change nothing else")
    func forge() throws {
        let (cluster, founder, newcomer) = try open(loops: 2)
        #expect(try join(newcomer, ending: 0, credential: Forge.name(carol)).failure == .notAllowed)
        #expect(try join(newcomer, ending: 0, credential: .x509(certificates: [[1]])).failure == .notAllowed)
        #expect(
            try join(newcomer, ending: 0) { $0.roster = Roster(added: [.init(carol, leaf: 1)]) }.failure == .notAllowed)
        #expect(try join(newcomer, ending: 0) { $0.roster.added.append(.init(carol, leaf: 2)) }.failure == .notAllowed)
        #expect(try join(newcomer, ending: 0) { $0.roster.removed = [alice] }.failure == .notAllowed)
        #expect(try join(newcomer, ending: 0) { $0.roster = Roster() }.failure == .notAllowed)
        #expect(
            try join(newcomer, ending: 0) {
                $0.recipients = [.init(bob, package: [1])]
                $0.welcome = Forge.welcome("x")
            }.failure == .notAllowed)
        #expect(try join(newcomer, ending: 0, leaf: 0).failure == .notAllowed, "the founder's leaf")
        #expect(try join(newcomer, ending: 0, sender: .member(LeafIndex(rawValue: 0))).failure == .malformedMessage)
        #expect(try join(newcomer, ending: 0, sender: .external(index: 0)).failure == .malformedMessage)
        #expect(try join(newcomer, ending: 1).failure == .staleEpoch)
        let long = try join(newcomer, ending: 0) { $0.commit.writeBytes([UInt8](repeating: 0, count: 2 << 20)) }
        #expect(long.failure == .tooLarge)
        #expect(try join(newcomer, ending: 0) { $0.commit.writeBytes([0]) }.failure == .malformedMessage)
        #expect(founder.entries(of: .tea).isEmpty)
        let shown = try cluster.connect(carol, certificate: [1, 2, 3])
        #expect(try join(shown, ending: 0).failure == .notAllowed, "a name is nothing where certificates are")
        #expect(
            try join(shown, ending: 0, credential: .x509(certificates: [[1, 2], [1, 2, 3]])).failure == .notAllowed)
        #expect(try join(shown, ending: 0, credential: .x509(certificates: [[1, 2, 3], [4]])).sequence == 2)
    }

    @Test("a member that comes in anew stays where it is", arguments: 1...2)
    func rejoins(loops: Int) throws {
        let (_, founder, newcomer) = try open(loops: loops)
        #expect(try join(newcomer, ending: 0).sequence == 2)
        try newcomer.enter(.tea)
        try founder.say("x", in: .tea, epoch: 1)
        #expect(try join(newcomer, ending: 1, leaf: 2).sequence == 4)
        try founder.say("y", in: .tea, epoch: 2)
        #expect(newcomer.sequences(of: .tea) == [3, 5])
        #expect(try newcomer.read(.tea).head == 5)
        #expect(newcomer.sequences(of: .tea) == [3, 5, 1, 2, 3, 4, 5])
        #expect(founder.sequences(of: .tea) == [2, 4])
        #expect(try join(newcomer, ending: 1).failure == .epochTaken)
    }

    @Test("a device that was removed may come again into an open room")
    func comesAgain() throws {
        let (_, founder, newcomer) = try open(loops: 1)
        try #require(try join(newcomer, ending: 0).failure == nil)
        try founder.submit(founder.commit(in: .tea, ending: 1, remove: [bob]))
        #expect(try newcomer.enter(.tea).failure == .notAMember)
        #expect(try founder.enter(.tea).status?.groupInfo == nil, "that commit brought none")
        #expect(try join(newcomer, ending: 2).sequence == 4)
        #expect(try newcomer.enter(.tea).failure == nil)
    }
}
