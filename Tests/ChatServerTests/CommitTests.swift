import Chat
import ChatServer
import ChatWire
import MLSWire
import NIOCore
import Testing

@Suite("commits")
struct CommitTests {
    /// A room of alice with bob and carol in it, at epoch 1, all entered.
    private func trio(loops: Int) throws -> (Cluster, TestClient, TestClient, TestClient) {
        let cluster = Cluster(loops: loops)
        let first = try cluster.connect(alice)
        let second = try cluster.connect(bob, on: loops - 1)
        let third = try cluster.connect(carol, on: loops / 2)
        try first.create(.tea)
        try first.add([(bob, 1), (carol, 2)], to: .tea)
        for client in [first, second, third] { try client.enter(.tea) }
        return (cluster, first, second, third)
    }

    @Test("of two that end the same epoch the first to arrive wins, whoever asked first", arguments: [0, 1])
    func takesTheFirst(winner: Int) throws {
        let cluster = Cluster(loops: 3)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(bob, on: 2))
        try first.create(.tea)
        try first.add([(bob, 1)], to: .tea)
        for client in [first, second] { try client.enter(.tea) }
        // Room 1 is loop 1's: both commits are under way to it.
        let dave = device("dave/pc")
        let watcher = try cluster.connect(dave, on: 1)
        let commits = [
            first.commit(in: .tea, ending: 1, add: [(dave, 2)]), second.commit(in: .tea, ending: 1, add: [(dave, 2)]),
        ]
        let requests = [try first.send { .submit($0, commits[0]) }, try second.send { .submit($0, commits[1]) }]
        cluster.endTick(of: 0)
        cluster.endTick(of: 2)
        cluster.arrive(from: winner * 2, to: 1)
        cluster.settle()
        let clients = [first, second]
        let answers = clients.indices.map { index in clients[index].received.filter { $0.request == requests[index] } }
        #expect(clients[winner].received.contains { $0.request == requests[winner] && $0.sequence == 3 })
        #expect(
            clients[1 - winner].received.contains { $0.request == requests[1 - winner] && $0.failure == .epochTaken })
        #expect(answers.allSatisfy { $0.count == 1 })
        #expect(clients[1 - winner].entries(of: .tea).map(\.sender) == [clients[winner].identity], "it gets the winner")
        #expect(watcher.welcomes.map(\.sender) == [clients[winner].identity], "the welcome of the winner alone")
        #expect(try first.enter(.tea).status?.epoch == 2)
    }

    @Test("must end the present epoch, and say so themselves")
    func checksTheEpoch() throws {
        let (_, first, _, _) = try trio(loops: 2)
        #expect(try first.submit(first.commit(in: .tea, ending: 0)).failure == .epochTaken)
        #expect(try first.submit(first.commit(in: .tea, ending: 2)).failure == .staleEpoch)
        var lying = first.commit(in: .tea, ending: 1)
        lying.commit = Forge.commit(in: .tea, epoch: 2)
        #expect(try first.submit(lying).failure == .malformedMessage)
        lying.commit = Forge.message(in: .tea, epoch: 1, "x")
        #expect(try first.submit(lying).failure == .malformedMessage)
        lying.commit = Forge.commit(in: .lab, epoch: 1)
        #expect(try first.submit(lying).failure == .malformedMessage)
        lying.commit = ByteBuffer(string: "x")
        #expect(try first.submit(lying).failure == .malformedMessage)
        #expect(try first.submit(first.commit(in: .tea, ending: 1)).sequence == 3)
    }

    @Test("that are submitted again are answered like the first time, and taken once", arguments: 1...2)
    func areIdempotent(loops: Int) throws {
        let (_, first, second, _) = try trio(loops: loops)
        let commit = first.commit(in: .tea, ending: 1, remove: [carol])
        #expect(try first.submit(commit).sequence == 3)
        try first.submit(first.commit(in: .tea, ending: 2))
        #expect(try first.submit(commit).sequence == 3)
        #expect(second.sequences(of: .tea) == [3, 4])
    }

    @Test("a refused commit leaves nothing behind: no entry, no welcome, no epoch, no token")
    func refusedWhole() throws {
        let (cluster, first, second, _) = try trio(loops: 2)
        let dave = device("dave/pc")
        let newcomer = try cluster.connect(dave)
        var commit = first.commit(in: .tea, ending: 1, add: [(dave, 2)])
        #expect(try first.submit(commit).failure == .notAllowed, "leaf 2 is carol's")
        commit.roster.added[0].leaf = 3
        commit.welcome = ByteBuffer(string: "x")
        #expect(try first.submit(commit).failure == .malformedMessage)
        #expect(newcomer.welcomes.isEmpty && second.entries(of: .tea).isEmpty)
        #expect(try newcomer.enter(.tea).failure == .notAMember)
        commit.welcome = Forge.welcome("x")
        #expect(try first.submit(commit).sequence == 3)
        #expect(newcomer.welcomes.map(\.sequence) == [3])
    }

    @Test("change the roster only in ways that a commit can")
    func checksTheRoster() throws {
        let (_, first, _, _) = try trio(loops: 1)
        let dave = device("dave/pc")
        func refusal(
            add: [(PeerIdentity, UInt32)] = [], remove: [PeerIdentity] = [],
            change: (inout Submission) -> Void = { _ in }
        ) throws -> Failure.Code? {
            var commit = first.commit(in: .tea, ending: 1, add: add, remove: remove)
            change(&commit)
            return try first.submit(commit).failure
        }
        #expect(try refusal(add: [(bob, 3)]) == .notAllowed, "bob is in already")
        #expect(try refusal(add: [(dave, 3), (dave, 4)]) == .notAllowed, "twice")
        #expect(try refusal(add: [(dave, 3), (device("eve/pc"), 3)]) == .notAllowed, "two on one leaf")
        #expect(try refusal(remove: [bob, bob]) == .notAllowed, "twice")
        #expect(try refusal(remove: [alice]) == .notAllowed, "a committer does not remove itself")
        #expect(try refusal { $0.welcome = Forge.welcome("x") } == .malformedMessage, "a welcome for nobody")
        #expect(try refusal(add: [(dave, 3)]) { $0.welcome = ByteBuffer() } == .malformedMessage)
        #expect(
            try refusal(add: [(dave, 3)]) { $0.recipients = [.init(bob, package: [1])] } == .notAllowed,
            "a welcome for one who is in")
        #expect(try refusal { $0.groupInfo = Forge.groupInfo("x") } == .notAllowed, "the room is not open")
        let crowd = (0..<1_500).map { (device("user\($0)/a-device-with-a-long-name"), UInt32($0 + 3)) }
        #expect(try refusal(add: crowd) == .tooLarge)
        #expect(try refusal(add: [(dave, 1)], remove: [bob, device("gone/pc")]) == nil, "bob's leaf is free then")
    }

    @Test("a room takes so many devices and no more")
    func limitsDevices() throws {
        var limits = ServerLimits()
        limits.devicesPerRoom = 2
        let cluster = Cluster(loops: 1, limits: limits)
        let first = try cluster.connect(alice)
        try first.create(.tea)
        #expect(try first.add([(bob, 1), (carol, 2)], to: .tea).failure == .roomIsFull)
        #expect(try first.add([(bob, 1)], to: .tea).failure == nil)
        #expect(try first.add([(carol, 2)], to: .tea, ending: 1).failure == .roomIsFull)
        #expect(try first.submit(first.commit(in: .tea, ending: 1, add: [(carol, 2)], remove: [bob])).failure == nil)
    }

    @Test("whom a commit adds reads from that commit on, and gets what comes", arguments: 1...3)
    func gatesByBeginning(loops: Int) throws {
        let (cluster, first, _, _) = try trio(loops: loops)
        try first.say("before", in: .tea, epoch: 1)
        let dave = device("dave/pc")
        let newcomer = try cluster.connect(dave, on: loops - 1)
        #expect(try newcomer.read(.tea).failure == .notAMember)
        try first.submit(first.commit(in: .tea, ending: 1, add: [(dave, 3)]))
        let status = try #require(try newcomer.enter(.tea).status)
        #expect(status.epoch == 2 && status.head == 4)
        try first.say("after", in: .tea, epoch: 2)
        #expect(newcomer.sequences(of: .tea) == [5])
        #expect(try newcomer.read(.tea, after: 0).head == 5)
        #expect(newcomer.sequences(of: .tea) == [5, 4, 5])
        #expect(newcomer.welcomes.first?.chain == status.chain)
    }

    @Test("whom a commit removes gets that commit and nothing later, and may read up to it", arguments: 1...3)
    func removes(loops: Int) throws {
        let (cluster, first, second, third) = try trio(loops: loops)
        let again = try cluster.connect(bob)
        try again.enter(.tea)
        try first.submit(first.commit(in: .tea, ending: 1, remove: [bob]))
        try first.say("secret", in: .tea, epoch: 2)
        for client in [second, again] { #expect(client.sequences(of: .tea) == [3]) }
        #expect(third.sequences(of: .tea) == [3, 4])
        #expect(try second.read(.tea, after: 0).head == 3)
        #expect(second.sequences(of: .tea) == [3, 2, 3])
        #expect(try second.enter(.tea).failure == .notAMember)
        #expect(try second.describe(.tea).failure == .unknownRoom)
        #expect(try second.say("x", in: .tea, epoch: 2).failure == .notAMember)
        #expect(try second.submit(second.commit(in: .tea, ending: 2)).failure == .notAMember)
    }

    @Test("a commit that is too large for its entry is fetched in parts, by those who may read it")
    func keepsLargeCommits() throws {
        let (cluster, first, second, _) = try trio(loops: 2)
        let commit = first.commit(in: .tea, ending: 1, size: 300_000)
        #expect(try first.submit(commit).sequence == 3)
        let entry = try #require(second.entries(of: .tea).last)
        #expect(entry.payload == .blob(BlobRef(of: commit.commit)))
        #expect(try second.fetch(BlobRef(of: commit.commit), of: .tea) == commit.commit)
        let stranger = try cluster.connect(device("dave/pc"))
        #expect(try stranger.fetch(BlobRef(of: commit.commit), of: .tea) == nil)
        try first.submit(first.commit(in: .tea, ending: 2, add: [(stranger.identity, 3)]))
        #expect(try stranger.fetch(BlobRef(of: commit.commit), of: .tea) == nil, "it came after that")
        let hash = BlobRef(of: commit.commit).hash
        #expect(try second.ask { .fetch($0, .tea, hash, offset: 400_000) }.failure == .unknownBlob)
        #expect(try second.ask { .fetch($0, .lab, hash, offset: 0) }.failure == .unknownBlob)
    }

    @Test("a roster and a commit that together are too large for a frame do not trap the server")
    func splitsLargeEntries() throws {
        let (_, first, second, _) = try trio(loops: 1)
        let crowd = (0..<700).map { (device("user\($0)/a-device-with-a-long-name"), UInt32($0 + 3)) }
        var commit = first.commit(in: .tea, ending: 1, add: crowd, size: 50_000)
        commit.recipients = []
        commit.welcome = ByteBuffer()
        #expect(try first.submit(commit).sequence == 3)
        #expect(second.entries(of: .tea).last?.payload == .blob(BlobRef(of: commit.commit)))
        #expect(second.entries(of: .tea).last?.roster == commit.roster)
    }
}
