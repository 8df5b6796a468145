import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

@Suite("commits that members cannot accept")
struct VoidingTests {
    /// A room of five devices, u0 to u4, at epoch 1, all entered.
    private func five(loops: Int) throws -> (Cluster, [TestClient]) {
        let cluster = Cluster(loops: loops)
        let clients = try (0..<5).map { try cluster.connect(device("u\($0)/pc"), on: $0 % loops) }
        try clients[0].create(.tea)
        try clients[0].add((1..<5).map { (clients[$0].identity, UInt32($0)) }, to: .tea)
        for client in clients { try client.enter(.tea) }
        return (cluster, clients)
    }

    @Test("are set aside when more than half of those who are here say so", arguments: 1...3)
    func setAside(loops: Int) throws {
        let (cluster, clients) = try five(loops: loops)
        let dave = device("dave/pc")
        let newcomer = try cluster.connect(dave)
        let commit = clients[0].commit(in: .tea, ending: 1, add: [(dave, 4)], remove: [clients[4].identity])
        #expect(try clients[0].submit(commit).sequence == 3)
        try newcomer.enter(.tea)
        // Three have a say: the committer, who is removed and who is added have none.
        #expect(try clients[1].reject(3, in: .tea) == .done(RequestID(2)))
        #expect(try clients[1].reject(3, in: .tea).failure == nil, "twice is once")
        #expect(clients[2].sequences(of: .tea) == [3])
        #expect(try clients[2].reject(3, in: .tea).failure == nil)
        for index in [1, 2, 3] { #expect(clients[index].sequences(of: .tea) == [3, 4]) }
        #expect(clients[0].sequences(of: .tea) == [4])
        let entry = try #require(clients[1].entries(of: .tea).last)
        #expect(entry.kind == .voided && entry.token == 0 && entry.sender == clients[0].identity)
        #expect(entry.payload == .inline(ByteBuffer(integer: 3 as UInt64)))
        // All is as it was.
        #expect(clients[4].sequences(of: .tea) == [3, 4], "who was removed is told, and is back")
        let status = try #require(try clients[4].enter(.tea).status)
        #expect(status.epoch == 1 && status.head == 4)
        #expect(try newcomer.enter(.tea).failure == .notAMember)
        #expect(newcomer.sequences(of: .tea) == [4])
        let again = try cluster.connect(dave)
        cluster.settle()
        #expect(again.welcomes.isEmpty, "its welcome is gone")
        #expect(try clients[1].submit(clients[1].commit(in: .tea, ending: 1)).sequence == 5)
    }

    @Test("stay when half or fewer say so, or the others are away", arguments: 1...2)
    func stay(loops: Int) throws {
        let (cluster, clients) = try five(loops: loops)
        try clients[0].submit(clients[0].commit(in: .tea, ending: 1))
        for index in [1, 2] { #expect(try clients[index].reject(3, in: .tea).failure == nil) }
        #expect(clients[3].sequences(of: .tea) == [3], "two of four")
        cluster.close(clients[4])
        cluster.settle()
        #expect(try clients[2].reject(3, in: .tea).failure == nil)
        #expect(clients[3].sequences(of: .tea) == [3, 4], "two of three")
    }

    @Test("can be rejected only as long as they made the present epoch, and by those who have a say")
    func checksWhoRejects() throws {
        let (cluster, clients) = try five(loops: 2)
        #expect(try clients[1].reject(2, in: .tea).failure == .notAllowed, "it was added by it")
        try clients[0].submit(clients[0].commit(in: .tea, ending: 1))
        #expect(try clients[0].reject(3, in: .tea).failure == .notAllowed, "its own")
        for sequence in [0, 1, 2, 4, .max] as [UInt64] {
            #expect(try clients[1].reject(sequence, in: .tea).failure == .staleEpoch)
        }
        let absent = try cluster.connect(clients[4].identity)
        cluster.close(clients[4])
        #expect(try absent.reject(3, in: .tea).failure == .notAllowed, "it has not entered")
        try clients[0].submit(clients[0].commit(in: .tea, ending: 2))
        #expect(try clients[1].reject(3, in: .tea).failure == .staleEpoch)
        #expect(clients[1].sequences(of: .tea) == [3, 4])
    }

    @Test("give back what a member lost that came in anew, or leave out who has left since")
    func restoresBeginnings() throws {
        let (_, clients) = try five(loops: 2)
        try clients[0].say("x", in: .tea, epoch: 1)
        let (first, second) = (clients[1].identity, clients[2].identity)
        let readd = clients[0].commit(in: .tea, ending: 1, add: [(first, 1), (second, 2)], remove: [first, second])
        #expect(try clients[0].submit(readd).sequence == 4)
        try clients[2].leave(.tea)
        for index in [3, 4] { #expect(try clients[index].reject(4, in: .tea).failure == nil) }
        #expect(clients[3].entries(of: .tea).map(\.kind) == [.message, .commit, .leave, .voided])
        #expect(clients[1].sequences(of: .tea) == [3, 4, 5, 6], "it stayed all the time")
        #expect(try clients[1].read(.tea).head == 6)
        #expect(clients[1].sequences(of: .tea).dropFirst(4).first == 2, "from where it began first")
        #expect(try clients[2].enter(.tea).failure == .notAMember)
    }

    @Test("cost a device the right to commit, after three")
    func forbidsTheCommitter() throws {
        let (_, clients) = try five(loops: 2)
        for round in 0..<3 as Range<UInt64> {
            let answer = try clients[0].submit(clients[0].commit(in: .tea, ending: 1))
            #expect(answer.sequence == 3 + round * 2)
            for index in 1..<4 { _ = try clients[index].reject(3 + round * 2, in: .tea) }
        }
        let refusal = try clients[0].submit(clients[0].commit(in: .tea, ending: 1))
        #expect(refusal.failure == .notAllowed)
        #expect(try clients[1].submit(clients[1].commit(in: .tea, ending: 1)).failure == nil)
        #expect(try clients[0].say("I can still speak", in: .tea, epoch: 2).failure == nil)
    }
}
