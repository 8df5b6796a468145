import Chat
import ChatWire
import MLS
import MLSWire
import NIOCore
import Testing

@testable import ChatClient

/// Each lie is told, and the same is played without it: only the lie is found.
@Suite struct DeceitTests {
    let server: Deceiver

    init() throws { server = try Deceiver() }

    private var bob: Device { server.bob }
    private var alice: PeerIdentity { server.alice.identity }

    /// Whatever is played, an honest server leaves nothing to find.
    private func expectHonest() throws {
        #expect(try server.findings() == [])
        #expect(try bob.transcript(of: "#lab") == Deceiver.said)
        try server.expectOthersInPeace()
    }

    @Test(arguments: [true, false]) func anEntryThatComesAgainIsAReplay(isLying: Bool) throws {
        if isLying { server.lie = { entry, number in number == 1 ? [entry, entry] : [entry] } }
        try server.chat()
        guard isLying else { return try expectHonest() }
        let place = try #require(server.log.first { $0.sender == alice && $0.kind == .message }).sequence
        #expect(try server.findings().count == 1)
        #expect(try server.findings().allSatisfy { if case .replay(alice, place...) = $0 { true } else { false } })
        #expect(try bob.transcript(of: "#lab") == Deceiver.said)
    }

    @Test(arguments: [true, false]) func anOldMessageAtANewPlaceIsAReplay(isLying: Bool) throws {
        if isLying {
            server.lie = { [server] entry, number in
                guard number == 3, var old = server.log.last(where: { $0.sender == entry.sender && $0 != entry })
                else { return [entry] }
                old.sequence = entry.sequence
                return [old]
            }
        }
        try server.chat()
        guard isLying else { return try expectHonest() }
        let place = try #require(server.log.last).sequence
        #expect(try server.findings().contains(.replay(of: alice, at: place)))
        #expect(try bob.transcript(of: "#lab") == Deceiver.said.dropLast())
    }

    @Test(arguments: [true, false]) func entriesOutOfOrderAreNamedAndPutInOrder(isLying: Bool) throws {
        var held: [LogEntry] = []
        if isLying {
            server.lie = { entry, number in
                if number == 1, held.isEmpty {
                    held.append(entry)
                    return []
                }
                return number == 2 && held.count == 1 ? [entry] + held : [entry]
            }
        }
        try server.chat()
        guard isLying else { return try expectHonest() }
        let place = try #require(held.first).sequence
        #expect(try server.findings().contains(.reorder(expected: place, got: place + 1)))
        #expect(try bob.transcript(of: "#lab") == Deceiver.said)
        try server.expectOthersInPeace()
    }

    @Test(arguments: [true, false]) func messagesThatChangePlacesAreAnotherHistory(isLying: Bool) throws {
        var held: LogEntry?
        if isLying {
            server.lie = { entry, number in
                if number == 1 {
                    held = entry
                    return []
                }
                guard number == 2, let first = held else { return [entry] }
                var (second, third) = (entry, first)
                second.sequence = first.sequence
                third.sequence = entry.sequence
                return [second, third]
            }
        }
        try server.chat()
        guard isLying else { return try expectHonest() }
        #expect(try server.findings().contains { $0.name == "two histories" })
        #expect(try bob.transcript(of: "#lab").sorted() == Deceiver.said.sorted())
    }

    @Test(arguments: [true, false]) func aMessageOfAnotherRoomIsNamedAndNotShown(isLying: Bool) throws {
        try server.alice.type("/join #other")
        try bob.type("/join #other")
        server.world.pass()
        try server.alice.type("elsewhere")
        for device in [server.alice, bob] { try device.type("/join #lab") }
        let other = try #require(server.log.last { $0.kind == .message })
        let lab = try server.lab
        #expect(other.room != lab)
        if isLying {
            server.lie = { entry, number in
                guard number == 3 else { return [entry] }
                var spliced = other
                spliced.room = lab
                spliced.sequence = entry.sequence
                return [spliced]
            }
        }
        try server.chat()
        guard isLying else { return try expectHonest() }
        let place = try #require(server.log.last).sequence
        #expect(try server.findings().contains(.splice(of: alice, at: place)))
        #expect(try !bob.transcript(of: "#lab").contains("alice: elsewhere"))
    }

    @Test(arguments: [true, false]) func aMessageThatIsLeftOutIsMissedAndSaidAgain(isLying: Bool) throws {
        if isLying { server.lie = { [server] entry, number in number == 1 ? server.hide(entry) : [entry] } }
        try server.chat()
        guard isLying else { return try expectHonest() }
        #expect(try server.findings().contains(.dropped(of: alice, count: 1)))
        // What the others say that they have seen lies beyond what bob was shown.
        #expect(try server.findings().contains { $0.name == "withheld" })
        let transcript = try bob.transcript(of: "#lab")
        #expect(transcript.count { $0.hasSuffix(": two") } == 1)
        #expect(transcript.contains("alice again: two"))
        #expect(transcript.filter { $0 != "alice again: two" } == Deceiver.said.filter { $0 != "alice: two" })
    }

    @Test(arguments: ["time", "sender", "token", "payload"]) func whatIsChangedInAnEntryIsFound(field: String) throws {
        server.lie = { [server] entry, number in
            guard number == 1 else { return [entry] }
            var changed = entry
            switch field {
            case "time": changed.time = Timestamp(milliseconds: entry.time.milliseconds + 1)
            case "sender": changed.sender = server.carol.identity
            case "token": changed.token += 7
            default:
                guard case .inline(var bytes) = entry.payload, let last = bytes.readableBytesView.last else { break }
                bytes.setInteger(last ^ 1, at: bytes.writerIndex - 1)
                changed.payload = .inline(bytes)
            }
            #expect(changed != entry)
            return [changed]
        }
        try server.chat()
        let place = try #require(server.log.first { $0.sender == alice && $0.kind == .message }).sequence
        let findings = try server.findings()
        #expect(findings.contains { if case .twoHistories(_, place...) = $0 { true } else { false } })
        switch field {
        case "sender": #expect(findings.contains { $0.name == "relabelled" })
        case "token": #expect(findings.contains { $0.name == "relabelled" })
        default: break
        }
        let transcript = try bob.transcript(of: "#lab")
        #expect(transcript.count { $0.hasSuffix(": two") } == 1, "\(transcript)")
        // Bob's request to say it again shows the others which history he has.
        for device in [server.alice, server.carol] {
            let found = try device.findings(of: "#lab")
            #expect(found.allSatisfy { if case .twoHistories(bob.identity, _) = $0 { true } else { false } })
            #expect(found.isEmpty == (field == "time"), "\(field)")
            #expect(try device.transcript(of: "#lab") == Deceiver.said)
        }
    }

    @Test func twoCommitsForOneEpochAreAFork() throws {
        let (world, carol) = (server.world, server.carol)
        _ = try world.device("dave/laptop")
        _ = try world.device("erin/laptop")
        world.pass()
        // The server takes alice's change, tells bob that it took his, and keeps alice's from him.
        var ofBob: (RequestID, UInt64)?
        world.tamperRequest = { frame, device in
            guard device === world.devices[1], case .submit(let id, let submission) = frame, ofBob == nil else {
                return [frame]
            }
            ofBob = (id, submission.token)
            return []
        }
        server.lie = { entry, _ in entry.kind == .commit ? [] : [entry] }
        try bob.type("/invite dave")
        try server.alice.type("/invite erin")
        let (id, _) = try #require(ofBob)
        let place = try #require(server.log.last { $0.kind == .commit })
        bob.inject(.accepted(id, sequence: place.sequence, time: place.time))
        #expect(try bob.room("#lab").epoch == server.alice.room("#lab").epoch)
        #expect(try bob.room("#lab").code != server.alice.room("#lab").code)
        try server.alice.type("in the one history")
        #expect(try server.findings().contains { if case .twoHistories(alice, _) = $0 { true } else { false } })
        #expect(try bob.transcript(of: "#lab").last == "alice unreadable: \(Unreadable.forked.words)")
        try bob.type("in the other")
        let found = try carol.findings(of: "#lab")
        #expect(found.contains { if case .twoHistories(bob.identity, _) = $0 { true } else { false } }, "\(found)")
        #expect(try !carol.transcript(of: "#lab").contains("bob: in the other"))
    }

    @Test(arguments: ["room", "chain", "blob", "package"]) func aForgedWelcomeHarmsNoOtherRoomAndIsNotSilent(
        field: String
    ) throws {
        try server.alice.type("/create #secret")
        try bob.type("/create #mine")
        try server.carol.type("/msg dave hello")
        let mine = try bob.room("#mine").id
        var lies = 0
        server.answer = { frame in
            guard case .welcome(var notice) = frame, lies == 0 else { return [frame] }
            lies += 1
            let wrong = Digest(of: Array("wrong".utf8))
            switch field {
            case "room": notice.room = mine
            case "chain": notice.chain = wrong
            case "blob": notice.welcome = BlobRef(size: notice.welcome.size, hash: wrong)
            default: notice.package = wrong.bytes
            }
            return [.welcome(notice)]
        }
        try server.alice.type("/invite bob")
        server.world.pass(2_000)
        #expect(lies == 1)
        let members = try bob.members(of: "#mine")
        #expect(members == ["bob/laptop"], "somebody came into another room by it")
        try server.alice.type("who hears this")
        server.repent()
        bob.cut()
        bob.reconnect()
        server.world.pass(60_000)
        let secret = try server.alice.room("#secret").id
        let room = bob.session.rooms[secret]
        let shown = bob.events.contains { if case .finding(let label, _) = $0 { label.id == secret } else { false } }
        let told = !bob.failures.isEmpty || shown
        #expect(told || room?.phase == .active)
        try server.alice.type("/join #secret")
        try server.alice.type("the end")
        server.world.pass(2_000)
        let texts = try room.map { try bob.texts(in: $0) } ?? []
        #expect(texts.contains("alice: the end") || told, "lost in silence: \(texts)")
        #expect(Set(texts).count == texts.count)
    }

    @Test(arguments: [true, false]) func aDeviceThatTheServerWantsToAddIsNotAdded(isLying: Bool) throws {
        let key = try SignaturePrivateKey(for: .p256AES128)
        let world = World()
        world.externalSender = ExternalSender(
            signatureKey: key.publicKey, credential: .basic(identity: Array("server".utf8)))
        let server = try Deceiver(world)
        let stranger = MLSClient(
            signer: try SignaturePrivateKey(for: .p256AES128),
            credential: .basic(identity: Array("mallory/laptop".utf8)),
            capabilities: Capabilities(
                cipherSuites: MLSCipherSuite.supported, extensions: [.lastResort, .roomPolicy], credentials: [.basic]),
            validator: NameValidator(), clock: { [clock = world.clock] in clock.seconds })
        let package = try stranger.makeKeyPackage(for: .p256AES128).keyPackage
        let room = try server.bob.room("#lab")
        let epoch = try #require(room.epoch)
        if isLying {
            let proposal = try ExternalProposal.make(
                .add(package), for: GroupID(bytes: room.id.bytes), epoch: epoch, sender: 0, signer: key)
            server.bob.inject(
                .entry(
                    LogEntry(
                        room: room.id, sequence: room.cursor.sequence + 1,
                        time: Timestamp(milliseconds: world.cluster.time), sender: server.bob.identity, token: 0,
                        kind: .removalRequest, payload: .inline(ByteBuffer(bytes: proposal.encoded)))))
            let place = room.cursor.sequence
            #expect(try server.findings() == [.serverMeddles(at: place)])
        } else {
            #expect(try server.findings() == [])
        }
        world.pass(5_000)
        for device in world.devices {
            #expect(try device.members(of: "#lab") == ["alice/laptop", "bob/laptop", "carol/laptop"])
        }
    }
}
