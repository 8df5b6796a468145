import Chat
import ChatWire
import NIOCore
import Testing

@Suite("Corpus of the fuzzer, server") struct CorpusTests {
    private static let corpus = CorpusFolder(beside: #filePath)

    @Test("every program is answered", arguments: FuzzedDecoder.server)
    func replay(decoder: FuzzedDecoder) throws { try Self.corpus.replay(decoder) }

    @Test("there is an input for every decoder, and for nothing else")
    func complete() throws { try Self.corpus.expectNothing(but: FuzzedDecoder.server) }

    @Test("a program tells what is refused from what is answered")
    func refusals() throws {
        let ping = try Self.step(0, .ping(RequestID(1)))
        #expect(try FuzzedServer.run(ping) == ping)
        #expect(throws: FuzzedServer.Refusal.self) { try FuzzedServer.run(Self.step(0, .enter(RequestID(1), .lab))) }
        // A type that no frame has; a frame that is cut.
        #expect(throws: FuzzedServer.Refusal.self) { try FuzzedServer.run([0, 60, 0, 0]) }
        #expect(throws: FuzzedServer.Refusal.self) { try FuzzedServer.run([0, 1, 0, 1, 0]) }
    }

    private static func step(_ session: UInt8, _ frame: ClientFrame) throws -> [UInt8] {
        var bytes = ByteBuffer()
        try frame.write(to: &bytes)
        let content = Array(bytes.readableBytesView.dropFirst(Frame.prefixLength))
        let length = content.count - 1
        return [session, content[0], UInt8(length >> 8), UInt8(length & 0xFF)] + content.dropFirst()
    }

    private static let rest: [UInt8] = [0x80]

    /// A room with three devices in which all happens that can.
    private static func everyday(_ room: RoomID, _ policy: RoomPolicy) throws -> [[UInt8]] {
        let id = RequestID(7)
        func commit(_ epoch: UInt64, add: [PeerIdentity], remove: [PeerIdentity] = [], by token: UInt64) -> Submission {
            Submission(
                room: room, token: token, epoch: epoch, commit: Forge.commit(in: room, epoch: epoch, size: 9),
                roster: Roster(added: add.map { Roster.Addition($0, leaf: UInt32(epoch) + 1) }, removed: remove),
                recipients: add.map { Submission.Recipient($0, package: [1]) },
                welcome: add.isEmpty ? ByteBuffer() : Forge.welcome("w"),
                groupInfo: policy.admission == .open ? Forge.groupInfo("i") : ByteBuffer())
        }
        let info = policy.admission == .open ? Forge.groupInfo("i") : ByteBuffer()
        return [
            try step(0, .create(id, room, policy, groupInfo: info)), rest,
            try step(0, .submit(id, commit(0, add: [bob], by: 1))), rest,
            try step(2, .read(id, room, after: 0)), try step(2, .enter(id, room)), rest,
            try step(2, .send(id, room, token: 1, payload: Forge.message(in: room, epoch: 1, "m"))),
            try step(0, .enter(id, room)), rest,
            try step(0, .send(id, room, token: 2, payload: Forge.proposal(in: room, epoch: 1))), rest,
            try step(0, .submit(id, commit(1, add: [carol], by: 3))), rest,
            try step(3, .enter(id, room)), try step(3, .read(id, room, after: 2)), rest,
            try step(2, .reject(id, room, sequence: 5)), try step(3, .reject(id, room, sequence: 5)), rest,
            try step(0, .describe(id, room)), try step(2, .leave(id, room, token: 2, payload: ByteBuffer())), rest,
            try step(3, .readd(id, room, token: 1, package: Forge.package(of: carol))), rest,
            try step(3, .mark(id, room, sequence: 4)), rest, [0xA0], try step(3, .mark(id, room, sequence: 2)), rest,
        ]
    }

    /// Not a test, but how the values were made: with other frames they are to be made anew.
    @Test("write values to the corpus", .enabled(if: CorpusFolder.isWritten, "CONCLAVE_WRITE_CORPUS is not 1"))
    func write() throws {
        let id = RequestID(3)
        let packages: [[UInt8]] = [
            try Self.step(
                2, .publish(id, packages: [Forge.package(of: bob, number: 1)], lastResort: Forge.package(of: bob))),
            try Self.step(0, .claim(id, bob.user, nil)), try Self.step(1, .claim(id, bob.user, bob.device)),
            [0x92], try Self.step(2, .publish(id, packages: [], lastResort: ByteBuffer())),
        ]
        let lists: [[UInt8]] = [
            try Self.step(0, .listOnline(id, after: nil)), [0xA0], try Self.step(1, .listOnline(id, after: alice)),
            try Self.step(3, .ping(id)), [0x91, 0xB1], Self.rest,
        ]
        let founding = try Self.everyday(.lab, RoomPolicy(.invite)).prefix(4)
        let all = try Self.everyday(.tea, RoomPolicy(.invite)) + Self.everyday(.lab, RoomPolicy(.open))
        let external = Submission(
            room: .lab, token: 1, epoch: 0, commit: Forge.externalCommit(in: .lab, epoch: 0, Forge.name(carol)),
            roster: Roster(added: [.init(carol, leaf: 1)], removed: []), groupInfo: Forge.groupInfo("j"))
        let open = try [
            Self.step(0, .create(id, .lab, RoomPolicy(.open), groupInfo: Forge.groupInfo("i"))), Self.rest,
            Self.step(3, .describe(id, .lab)), Self.step(3, .submit(id, external)), Self.rest,
        ]
        let pieces: [UInt8] = [1, 62, 0, 4, 0, 0, 0, 9, 1, 63, 0, 7, 6, 0, 0, 0, 0, 0, 0]
        let values = [packages, lists, Array(founding), all, open, [pieces]].map { $0.flatMap { $0 } }
        for value in values { print(value.count, (try? FuzzedServer.run(value)) != nil) }
        try Self.corpus.write(values.filter { (try? FuzzedServer.run($0)) != nil }, of: "Shard.receive")
        let refused = values.filter { (try? FuzzedServer.run($0)) == nil }
        try Self.corpus.write(refused, of: "Shard.receive", kind: "found")
    }
}
