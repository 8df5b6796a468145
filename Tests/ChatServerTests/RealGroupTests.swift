import Chat
import ChatServer
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

@Suite("real MLS groups over the delivery service")
struct RealGroupTests {
    private func bytes(_ message: MLSMessage?) -> ByteBuffer { ByteBuffer(bytes: message?.encoded ?? []) }

    private func message(_ buffer: ByteBuffer) throws -> MLSMessage {
        try MLSMessage(decoding: Array(buffer.readableBytesView))
    }

    /// What an entry carries, fetched if need be.
    private func payload(_ entry: LogEntry, for client: TestClient) throws -> MLSMessage {
        switch entry.payload {
        case .inline(let bytes): try message(bytes)
        case .blob(let blob): try message(try #require(try client.fetch(blob, of: entry.room)))
        }
    }

    private func read(_ message: MLSMessage, in group: inout MLSGroup) throws -> String? {
        switch try group.receive(message) {
        case .application(let text): return String(decoding: text.data, as: UTF8.self)
        case .commit(let staged):
            group.adopt(staged)
            return nil
        case .proposal: return nil
        case .own: return nil
        }
    }

    @Test("a member is added by its key package, joins by its welcome, and both read each other", arguments: 1...2)
    func welcome(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(bob, on: loops - 1))
        let (founder, newcomer) = (try GroupDevice("alice/laptop"), try GroupDevice("bob/laptop"))
        let package = try newcomer.client.makeKeyPackage(for: .p256AES128)
        let published = bytes(.keyPackage(package.keyPackage))
        _ = try second.ask { .publish($0, packages: [published], lastResort: ByteBuffer()) }

        var group = try MLSGroup(GroupID(bytes: RoomID.tea.bytes), suite: .p256AES128, client: founder.client)
        try first.create(.tea)
        try first.enter(.tea)
        let offer = try #require(try first.ask { .claim($0, bob.user, nil) }.offers?.first)
        guard case .keyPackage(let offered) = try message(offer.package) else {
            Issue.record("no key package")
            return
        }
        let outbound = try group.commit([.add(offered)])
        let submission = Submission(
            room: .tea, token: 1, epoch: 0, commit: bytes(outbound.message),
            roster: Roster(added: [.init(bob, leaf: 1)]), recipients: [.init(bob, package: [1])],
            welcome: bytes(outbound.welcome.map { .welcome($0) }))
        #expect(try first.submit(submission).sequence == 2)
        group.adopt(outbound.take())

        let notice = try #require(second.welcomes.first)
        guard case .welcome(let welcome) = try message(try #require(try second.fetch(notice.welcome, of: .tea))) else {
            Issue.record("no welcome")
            return
        }
        var other = try MLSGroup.join(welcome, with: package, client: newcomer.client)
        #expect(try second.enter(.tea).status?.chain == notice.chain)
        let hello = bytes(try group.seal(Array("hello".utf8)))
        #expect(try first.ask { .send($0, .tea, token: 2, payload: hello) }.sequence == 3)
        let entry = try #require(second.entries(of: .tea).last)
        let text = try read(try payload(entry, for: second), in: &other)
        #expect(text == "hello")
        let answer = bytes(try other.seal(Array("hi".utf8)))
        #expect(try second.ask { .send($0, .tea, token: 1, payload: answer) }.sequence == 4)
        let reply = try read(try payload(try #require(first.entries(of: .tea).last), for: first), in: &group)
        #expect(reply == "hi")
    }

    @Test("a device joins an open room by itself, from the group info that the server keeps", arguments: 1...2)
    func external(loops: Int) throws {
        let cluster = Cluster(loops: loops)
        let (first, second) = (try cluster.connect(alice), try cluster.connect(bob, on: loops - 1))
        let (founder, newcomer) = (try GroupDevice("alice/laptop"), try GroupDevice("bob/laptop"))
        var group = try MLSGroup(GroupID(bytes: RoomID.tea.bytes), suite: .p256AES128, client: founder.client)
        let info = bytes(.groupInfo(try group.groupInfo()))
        try first.create(.tea, RoomPolicy(.open), groupInfo: info)
        try first.enter(.tea)

        let blob = try #require(try second.describe(.tea).status?.groupInfo)
        guard case .groupInfo(let shown) = try message(try #require(try second.fetch(blob, of: .tea))) else {
            Issue.record("no group info")
            return
        }
        let outbound = try MLSGroup.joinExternally(shown, client: newcomer.client)
        let submission = Submission(
            room: .tea, token: 1, epoch: 0, commit: bytes(outbound.message),
            roster: Roster(added: [.init(bob, leaf: 1)]), groupInfo: bytes(.groupInfo(outbound.groupInfo)))
        #expect(try second.submit(submission).sequence == 2)
        let joined = try #require(first.entries(of: .tea).last)
        _ = try read(try payload(joined, for: first), in: &group)
        let epoch = group.state.epoch
        #expect(epoch == 1)
        #expect(try first.describe(.tea).status?.epoch == 1)
    }
}
