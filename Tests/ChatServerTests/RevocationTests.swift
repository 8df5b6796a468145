import Chat
import ChatServer
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import Testing

@Suite("revoked devices")
struct RevocationTests {
    /// A room of alice, bob and carol at epoch 1; alice and carol have entered, bob's welcome waits.
    private func trio(loops: Int) throws -> (Cluster, TestClient, TestClient) {
        let cluster = Cluster(loops: loops)
        cluster.sign = { _ in [1, 2, 3] }
        let (first, third) = (try cluster.connect(alice), try cluster.connect(carol, on: loops - 1))
        try first.create(.tea)
        try first.add([(bob, 7), (carol, 2)], to: .tea)
        for client in [first, third] { try client.enter(.tea) }
        return (cluster, first, third)
    }

    @Test("are to be removed from their rooms: asked once in each epoch, until a commit does it", arguments: 1...3)
    func asksForRemoval(loops: Int) throws {
        let (cluster, first, third) = try trio(loops: loops)
        cluster.revoke(bob)
        cluster.revoke(bob)
        cluster.settle()
        #expect(first.sequences(of: .tea) == [3])
        let entry = try #require(first.entries(of: .tea).first)
        #expect(entry.kind == .removalRequest && entry.sender == bob && entry.token == 0)
        try first.submit(first.commit(in: .tea, ending: 1))
        #expect(first.sequences(of: .tea) == [3, 5], "its own commit is 4")
        #expect(third.entries(of: .tea).map(\.kind) == [.removalRequest, .commit, .removalRequest])
        try third.submit(third.commit(in: .tea, ending: 2, remove: [bob]))
        try first.submit(first.commit(in: .tea, ending: 3))
        #expect(third.entries(of: .tea).count == 4, "nothing more is asked")
    }

    @Test("that a commit adds nevertheless are to be removed again")
    func asksAfterAdding() throws {
        let (cluster, first, third) = try trio(loops: 2)
        let dave = device("dave/pc")
        cluster.revoke(dave)
        try first.submit(first.commit(in: .tea, ending: 1, add: [(dave, 3)]))
        #expect(third.entries(of: .tea).map(\.kind) == [.commit, .removalRequest])
        #expect(third.entries(of: .tea).last?.sender == dave)
    }

    @Test("have no key packages and no welcomes any more, until they come with a good certificate")
    func purges() throws {
        let (cluster, first, _) = try trio(loops: 2)
        let owner = try cluster.connect(bob)
        _ = try owner.ask {
            .publish($0, packages: [Forge.package(of: bob)], lastResort: Forge.package(of: bob, number: 9))
        }
        cluster.revoke(bob)
        let refused = try owner.ask {
            .publish($0, packages: [Forge.package(of: bob, number: 1)], lastResort: ByteBuffer())
        }
        #expect(refused.failure == .revoked, "before it is cut")
        cluster.close(owner)
        #expect(try first.ask { .claim($0, user("bob"), nil) }.offers == [])
        let again = try cluster.connect(bob)
        cluster.settle()
        #expect(again.welcomes.isEmpty)
        _ = try again.ask { .publish($0, packages: [Forge.package(of: bob, number: 2)], lastResort: ByteBuffer()) }
        #expect(try first.ask { .claim($0, user("bob"), nil) }.offers?.count == 1)
        try first.submit(first.commit(in: .tea, ending: 1))
        #expect(first.entries(of: .tea).count == 1, "no longer asked for")
    }

    @Test("stay when the server cannot sign, and the administrator is told")
    func warns() throws {
        struct NoKey: Error {}
        for sign in [nil, { (_: [UInt8]) throws -> [UInt8] in throw NoKey() }] as [ProposalSigner?] {
            let (cluster, first, _) = try trio(loops: 1)
            cluster.sign = sign
            cluster.revoke(bob)
            cluster.settle()
            #expect(first.entries(of: .tea).isEmpty)
            #expect(cluster.warnings.count == 1 && cluster.warnings[0].contains("bob/laptop"))
        }
    }

    @Test("are removed by a commit of a group that knows the server's key, and by no other's proposal")
    func isAcceptedByGroups() throws {
        let server = try SignaturePrivateKey(for: .p256AES128)
        let forger = try SignaturePrivateKey(for: .p256AES128)
        for (key, isGenuine) in [(server, true), (forger, false)] {
            let founder = try GroupDevice("alice/laptop")
            let other = try GroupDevice("bob/laptop")
            var extensions = Extensions()
            let sender = ExternalSender(
                signatureKey: server.publicKey, credential: .basic(identity: Array("server".utf8)))
            extensions[.externalSenders] = ExternalSenders([sender]).encoded
            var group = try MLSGroup(
                GroupID(bytes: RoomID.tea.bytes), suite: .p256AES128, client: founder.client, extensions: extensions)
            let package = try other.client.makeKeyPackage(for: .p256AES128)
            let outbound = try group.commit([.add(package.keyPackage)])
            let commit = ByteBuffer(bytes: outbound.message.encoded)
            group.adopt(outbound.take())

            let cluster = Cluster(loops: 2)
            cluster.sign = { bytes in try key.signature(of: bytes) }
            let client = try cluster.connect(alice)
            try client.create(.tea)
            try client.enter(.tea)
            let answer = try client.submit(
                Submission(
                    room: .tea, token: 1, epoch: 0, commit: commit, roster: Roster(added: [.init(bob, leaf: 1)])))
            try #require(answer.sequence == 2)
            cluster.revoke(bob)
            cluster.settle()
            guard case .inline(let payload)? = client.entries(of: .tea).first?.payload else {
                Issue.record("no proposal came")
                return
            }
            let message = try MLSMessage(decoding: Array(payload.readableBytesView))
            if isGenuine {
                _ = try group.receive(message)
                let removal = try group.commit()
                group.adopt(removal.take())
                let count = group.state.members.count
                #expect(count == 1)
            } else {
                var refusal: (any Error)?
                do { _ = try group.receive(message) } catch { refusal = error }
                #expect(refusal is MLSError)
            }
        }
    }
}
