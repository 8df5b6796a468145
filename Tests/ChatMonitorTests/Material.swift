import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

/// What a room's members and its server send: real messages of real groups.
struct Material {
    let suite: MLSCipherSuite
    let room = RoomID(high: 0x0102_0304_0506_0708, low: 0xA1A2_A3A4_A5A6_A7A8)
    let policy: RoomPolicy
    let keyPackages: [ByteBuffer]
    let lastResort: ByteBuffer
    let foundingInfo: ByteBuffer
    /// Of epoch 0, with the welcome that it needs and the group info after it.
    let commit: ByteBuffer
    let welcome: ByteBuffer
    let groupInfo: ByteBuffer
    /// Of epoch 1.
    let messages: [ByteBuffer]
    let proposal: ByteBuffer
    /// Of epoch 1, by one who is not a member.
    let externalCommit: ByteBuffer
    let removalRequest: ByteBuffer
    /// A member's messages that are not encrypted.
    let publicCommit: ByteBuffer
    let publicProposal: ByteBuffer

    static let suites: [MLSCipherSuite] = [.p256AES128, .x25519ChaCha20]

    /// Made once.
    static let usual: Result<Material, any Error> = Result { try Material(.p256AES128) }

    init(_ suite: MLSCipherSuite) throws {
        self.suite = suite
        let (alice, bob, carol) = (
            try Device("conclave:alice/laptop", suite), try Device("conclave:bob/phone", suite),
            try Device("conclave:carol/tablet", suite)
        )
        let auditor = try #require(UserName("olga"))
        policy = RoomPolicy(.open, auditor: auditor)
        var context = Extensions()
        context[Device.policy] = policy.encoded
        let server = try SignaturePrivateKey(for: suite)
        let sender = ExternalSender(
            signatureKey: server.publicKey,
            credential: .x509(certificates: [DER.certificate("server", server.publicKey.bytes)]))
        context[.externalSenders] = ExternalSenders([sender]).encoded
        func buffer(_ message: MLSMessage) -> ByteBuffer { ByteBuffer(bytes: message.encoded) }

        let bobsKeys = try bob.keyPackage()
        var packages = [buffer(.keyPackage(bobsKeys.keyPackage))]
        for _ in 0..<3 { packages.append(buffer(.keyPackage(try bob.keyPackage().keyPackage))) }
        keyPackages = packages
        lastResort = buffer(.keyPackage(try bob.keyPackage(isLastResort: true).keyPackage))

        var group = try MLSGroup(
            GroupID(bytes: room.bytes), suite: suite, client: alice.client, extensions: context)
        var options = CommitOptions()
        options.invitesExternalJoins = true
        options.authenticatedData = [1] + [UInt8](repeating: 0x9C, count: 16)
        let adding = try group.commit([.add(bobsKeys.keyPackage)], options: options)
        let (message, letter, info) = (adding.message, adding.welcome, adding.groupInfo)
        commit = buffer(message)
        welcome = buffer(.welcome(try #require(letter)))
        let infoAfter = try #require(info)
        groupInfo = buffer(.groupInfo(infoAfter))
        foundingInfo = groupInfo
        group.adopt(adding.take())

        var sealed: [ByteBuffer] = []
        for index in 0..<12 {
            let text = Array("something that nobody else may read, \(index)".utf8)
            sealed.append(
                buffer(
                    try group.seal(
                        text, authenticatedData: [1] + [UInt8](repeating: 0x31, count: 16), padding: 256)))
        }
        messages = sealed
        externalCommit = buffer(try Self.externalCommit(infoAfter, carol))
        removalRequest = buffer(
            try ExternalProposal.make(
                .remove(LeafIndex(rawValue: 1)), for: group.id, epoch: 1, sender: 0, signer: server))
        var bobsGroup = try MLSGroup.join(try #require(letter), with: bobsKeys, client: bob.client)
        publicProposal = buffer(try bobsGroup.propose(.remove(LeafIndex(rawValue: 0)), isPublic: true))
        proposal = buffer(try bobsGroup.propose(.remove(LeafIndex(rawValue: 1))))
        var inTheClear = CommitOptions()
        inTheClear.isPublic = true
        let open = try group.commit(options: inTheClear)
        let openMessage = open.message
        publicCommit = buffer(openMessage)
        _ = open.take()
    }

    private static func externalCommit(_ info: GroupInfo, _ device: Device) throws -> MLSMessage {
        let join = try MLSGroup.joinExternally(info, client: device.client)
        let message = join.message
        _ = join.take()
        return message
    }

    // MARK: Frames

    func identity(_ text: String) throws -> PeerIdentity { try #require(PeerIdentity(text)) }

    func entry(
        _ kind: EntryKind, _ payload: LogEntry.Payload, sequence: UInt64 = 7, roster: Roster = Roster()
    ) throws -> LogEntry {
        LogEntry(
            room: room, sequence: sequence, time: Timestamp(milliseconds: 1_790_000_000_000),
            sender: try identity("alice/laptop"), token: 3, kind: kind, roster: roster, payload: payload)
    }

    func submission() throws -> Submission {
        let bob = try identity("bob/phone")
        return Submission(
            room: room, token: 1, epoch: 0, commit: commit, roster: Roster(added: [Roster.Addition(bob, leaf: 1)]),
            recipients: [Submission.Recipient(bob, package: [UInt8](repeating: 7, count: 32))], welcome: welcome,
            groupInfo: groupInfo)
    }

    /// A frame of every type, in an order that makes sense.
    func clientFrames() throws -> [ClientFrame] {
        let id = RequestID(5)
        return [
            .create(id, room, policy, groupInfo: foundingInfo), .create(id, room, policy, groupInfo: ByteBuffer()),
            .enter(id, room), .read(id, room, after: 4), .send(id, room, token: 1, payload: messages[0]),
            .send(id, room, token: 2, payload: proposal), .submit(id, try submission()),
            .submit(id, Submission(room: room, token: 9, epoch: 1, commit: externalCommit)),
            .publish(id, packages: keyPackages, lastResort: lastResort),
            .publish(id, packages: [], lastResort: ByteBuffer()),
            .claim(id, try identity("bob/phone").user, nil),
            .claim(id, try identity("bob/phone").user, try identity("bob/phone").device),
            .describe(id, room), .listOnline(id, after: nil), .listOnline(id, after: try identity("bob/phone")),
            .ping(id), .leave(id, room, token: 3, payload: proposal), .leave(id, room, token: 3, payload: ByteBuffer()),
            .readd(id, room, token: 4, package: keyPackages[1]), .takeWelcome(id, 4), .reject(id, room, sequence: 2),
            .mark(id, room, sequence: 7),
        ]
    }

    func status() -> RoomStatus {
        RoomStatus(
            room: room, first: 1, head: 7, chain: Digest(of: [1]), cursor: 6, epoch: 1, policy: policy,
            groupInfo: BlobRef(of: groupInfo))
    }

    /// A frame of every type but `part`.
    func serverFrames() throws -> [ServerFrame] {
        let (id, alice) = (RequestID(5), try identity("alice/laptop"))
        let time = Timestamp(milliseconds: 1_790_000_000_000)
        let policyBytes = ByteBuffer(bytes: policy.encoded)
        return [
            .greeting(Greeting(software: "conclave-server 1", you: alice, time: time, maximumPayload: 65_536)),
            .entered(id, status()), .accepted(id, sequence: 7, time: time), .described(id, status()),
            .packages(id, [OfferedPackage(try identity("bob/phone"), keyPackages[0])]),
            .stocked(id, count: 4, hasLastResort: true),
            .online(id, IdentityPage(more: false, identities: [alice])), .pong(id),
            .failed(id, Failure(.epochTaken, canRetry: true, "another commit was first")),
            .readEnd(id, room, head: 7), .done(id), .stockLow(3), .newDevice(alice),
            .entry(try entry(.created, .inline(policyBytes))), .entry(try entry(.message, .inline(messages[1]))),
            .entry(try entry(.proposal, .inline(proposal))),
            .entry(try entry(.commit, .inline(commit), roster: Roster(removed: [alice]))),
            .entry(try entry(.commit, .inline(externalCommit))),
            .entry(try entry(.removalRequest, .inline(removalRequest))),
            .entry(try entry(.readdRequest, .inline(keyPackages[2]))),
            .entry(try entry(.leave, .inline(proposal))), .entry(try entry(.leave, .inline(ByteBuffer()))),
            .entry(try entry(.voided, .inline(ByteBuffer(bytes: [0, 0, 0, 0, 0, 0, 0, 6])))),
            .entry(try entry(.commit, .blob(BlobRef(of: commit)))),
            .welcome(
                WelcomeNotice(
                    id: 1, room: room, sequence: 2, chain: Digest(of: [2]), sender: alice,
                    package: [UInt8](repeating: 9, count: 32), welcome: BlobRef(of: welcome))),
            .closing(Failure(.shuttingDown, canRetry: true, "the server is being stopped")),
        ]
    }
}
