import Chat
import ChatWire
import NIOCore
import Testing

@testable import ChatClient

/// Each lie is found and told by its name; and an honest server is accused of nothing in the same scene.
@Suite struct LyingServerTests {
    enum Lie: String, CaseIterable, Sendable {
        case none, replay, reorder, dropped, relabelledSender, relabelledToken, otherTime, otherPayload,
            repeatedElsewhere
        case missingTail, garbage
    }

    /// Alice says three things, and the liar does one thing about the first of them.
    @Test(arguments: Lie.allCases) func aLieAboutAMessageIsFound(_ lie: Lie) throws {
        let scene = try LyingServer()
        var held: [LogEntry] = []
        switch lie {
        case .none: break
        case .replay: scene.lieOnce { [$0, $0] }
        case .reorder:
            scene.lieAboutEntries { entry in
                held.append(entry)
                guard held.count == 2 else { return [] }
                scene.lie = nil
                return [held[1], held[0]]
            }
        case .dropped: scene.lieOnce { entry in shifted(entry, from: entry.sequence, in: scene) }
        case .relabelledSender: scene.lieOnce { [change($0) { $0.sender = scene.bob.identity }] }
        case .relabelledToken: scene.lieOnce { [change($0) { $0.token += 1 }] }
        case .otherTime: scene.lieOnce { [change($0) { $0.time = Timestamp(milliseconds: 5) }] }
        case .otherPayload:
            scene.lieOnce { [change($0) { $0.payload = .inline(ByteBuffer(bytes: [0, 1, 0, 2, 9, 9])) }] }
        case .garbage:
            scene.lieOnce { [change($0) { $0.payload = .inline(ByteBuffer(repeating: 0xFF, count: 300)) }] }
        case .repeatedElsewhere:
            let old = try #require(scene.entries.last { $0.kind == .message && $0.sender == scene.alice.identity })
            scene.lieOnce { [change($0) { $0.payload = old.payload }] }
        case .missingTail: scene.lieOnce { _ in [] }
        }
        for text in ["one", "two", "three"] { try scene.alice.type(text) }
        scene.lie = nil
        scene.world.pass(8_000)
        try scene.bob.type("done")
        scene.world.pass(8_000)
        let found = try scene.findings + scene.alice.findings(of: "#lab")
        let names = Set(found.map(\.name))
        switch lie {
        case .none:
            #expect(names == [])
            try scene.expectHonesty()
        case .replay: #expect(names.contains("replay"))
        case .reorder, .missingTail: #expect(names.contains("reorder"))
        case .dropped: #expect(names.contains("two histories") || names.contains("rewritten"))
        case .relabelledSender, .relabelledToken: #expect(!names.isDisjoint(with: ["relabelled", "two histories"]))
        case .otherTime, .otherPayload, .garbage: #expect(names.contains("two histories"))
        case .repeatedElsewhere: #expect(names.contains("replay"))
        }
        // Whatever the lie: what alice said is shown once, at once or said again.
        let transcript = try scene.transcript
        let shown = transcript.filter { $0.hasPrefix("alice") && !$0.contains("unreadable") }
            .compactMap { $0.split(separator: " ").last.map(String.init) }
        #expect(shown.sorted() == ["first", "one", "three", "two"], "\(transcript), \(found.map(\.sentence))")
        for finding in found { #expect(finding.sentence.count > 20 && finding.advice.count > 10) }
    }

    /// An entry is left out, and the places of those that follow are changed so that nothing seems to be missing.
    private func shifted(_ first: LogEntry, from place: UInt64, in scene: LyingServer) -> [LogEntry] {
        scene.lie = { frame in
            guard case .entry(let entry) = frame, entry.sequence > place, entry.sequence <= place + 2 else {
                return [frame]
            }
            return [.entry(change(entry) { $0.sequence -= 1 })]
        }
        return []
    }

    @Test func anEntryOfAnotherRoomIsNotTakenForOneOfThis() throws {
        let scene = try LyingServer()
        for device in [scene.alice, scene.bob] { try device.type("/join #den") }
        scene.world.pass()
        let lab = try scene.bob.room("#lab").id
        scene.lieAboutEntries { entry in
            guard entry.kind == .message, entry.room != lab else { return [entry] }
            let next = (try? scene.bob.room("#lab").cursor.sequence) ?? 0
            return [
                entry,
                change(entry) {
                    $0.room = lab; $0.sequence = next + 1
                },
            ]
        }
        try scene.alice.type("/join #den")
        try scene.alice.type("for the den")
        #expect(try scene.findings.map(\.name) == ["splice"])
        #expect(try !scene.transcript.contains("alice: for the den"))
        #expect(try scene.bob.transcript(of: "#den") == ["alice: for the den"])
    }

    @Test func aLogThatWasSetBackIsFound() throws {
        let scene = try LyingServer()
        let place = try scene.bob.room("#lab").cursor.sequence
        scene.bob.cut()
        scene.lie = { frame in
            guard case .entered(let id, var status) = frame else { return [frame] }
            status.head = 2
            status.chain = Digest(of: [1])
            return [.entered(id, status)]
        }
        scene.bob.reconnect()
        #expect(try scene.findings.contains(.rollback(from: place, to: 2)))
    }

    @Test func aLogWithAnotherPastIsFound() throws {
        let scene = try LyingServer()
        let place = try scene.bob.room("#lab").cursor.sequence
        scene.bob.cut()
        scene.lie = { frame in
            guard case .entered(let id, var status) = frame else { return [frame] }
            status.chain = Digest(of: [1])
            return [.entered(id, status)]
        }
        scene.bob.reconnect()
        #expect(try scene.findings.contains(.rewritten(at: place)))
    }

    @Test func aServerThatHasEntriesAndGivesNoneIsFound() throws {
        let scene = try LyingServer()
        scene.bob.cut()
        try scene.alice.type("hidden")
        scene.lieAboutEntries { _ in [] }
        scene.bob.reconnect()
        #expect(try scene.findings.map(\.name).contains("withheld"))
        scene.lie = nil
        scene.bob.cut()
        scene.bob.reconnect()
        scene.world.pass()
        #expect(try scene.transcript.last == "alice: hidden")
    }

    @Test func aMemberKnowsMoreThanTheServerShows() throws {
        let scene = try LyingServer()
        let carol = try scene.world.device("carol/laptop")
        try carol.type("/join #lab")
        scene.world.pass()
        // Alice's message is withheld from bob, and carol's, who has seen it, comes in its place.
        var isFirst = true
        scene.lieAboutEntries { entry in
            guard entry.kind == .message else { return [entry] }
            if isFirst {
                isFirst = false
                return []
            }
            return [change(entry) { $0.sequence -= 1 }]
        }
        try scene.alice.type("hidden")
        try carol.type("I saw that")
        #expect(!Set(try scene.findings.map(\.name)).isDisjoint(with: ["withheld", "two histories"]))
    }

    @Test func anotherRosterThanTheCommitsIsFound() throws {
        let scene = try LyingServer()
        let carol = try scene.world.device("carol/laptop")
        scene.lieAboutEntries { entry in
            guard entry.kind == .commit else { return [entry] }
            return [change(entry) { $0.roster.added = [] }]
        }
        try carol.type("/join #lab")
        #expect(try scene.findings.map(\.name) == ["misrouted"])
    }

    @Test func aChangeThatIsTakenBackIsFound() throws {
        let scene = try LyingServer()
        let room = try scene.bob.room("#lab")
        let began = try #require(scene.entries.last { $0.kind == .commit } ?? scene.entries.last)
        let place = room.epochBegan == 0 ? began.sequence : room.epochBegan
        var payload = ByteBuffer()
        payload.writeInteger(place)
        scene.bob.inject(
            .entry(
                LogEntry(
                    room: room.id, sequence: room.cursor.sequence + 1, time: Timestamp(milliseconds: 1),
                    sender: scene.alice.identity, token: 0, kind: .voided, payload: .inline(payload))))
        #expect(try scene.findings.contains(.undone(at: place)))
        #expect(room.phase == .rejoining)
    }

    @Test func theServerCannotMakeADeviceLeaveItsGroupForAnother() throws {
        let scene = try LyingServer(isOpen: false)
        let code = try #require(scene.bob.room("#lab").code)
        let room = try scene.bob.room("#lab")
        // A real invitation, to another room, is told to be for this one.
        var wasForged = false
        scene.lie = { frame in
            guard case .welcome(var notice) = frame else { return [frame] }
            notice.room = room.id
            notice.sequence = room.cursor.sequence + 1
            wasForged = true
            return [.welcome(notice)]
        }
        try scene.alice.type("/create #trap")
        try scene.alice.type("/invite bob")
        scene.world.pass(3_000)
        #expect(wasForged)
        scene.lie = nil
        try scene.alice.type("/join #lab")
        try scene.alice.type("still here")
        scene.world.pass(3_000)
        #expect(try scene.bob.room("#lab").code == code)
        #expect(try scene.transcript.last == "alice: still here")
    }

    @Test(arguments: [UInt64.max, UInt64.max - 1, 1 << 63, 0]) func numbersThatOverflowAreRefused(_ number: UInt64)
        throws
    {
        let scene = try LyingServer()
        let room = try scene.bob.room("#lab")
        let entry = try #require(scene.entries.last)
        let frames: [ServerFrame] = [
            .entry(change(entry) { $0.sequence = number }), .entry(change(entry) { $0.token = number }),
            .readEnd(RequestID(1), room.id, head: number),
            .entry(
                change(entry) {
                    $0.sequence = room.cursor.sequence + 1
                    $0.token = number
                    $0.sender = scene.bob.identity
                }),
        ]
        for frame in frames {
            scene.bob.inject(frame)
            if scene.bob.connection == nil { scene.bob.reconnect() }
            scene.world.pass(1_000)
        }
        try scene.alice.type("still here")
        try scene.alice.type("and still")
        scene.world.pass(8_000)
        #expect(try scene.transcript.filter { $0.hasSuffix("still here") }.count == 1)
        #expect(try scene.transcript.filter { $0.hasSuffix("and still") }.count == 1)
    }

    @Test func answersThatWereNeverAskedForChangeNothing() throws {
        let scene = try LyingServer()
        let room = try scene.bob.room("#lab")
        let before = room.cursor
        let status = RoomStatus(
            room: room.id, first: 1, head: 90, chain: before.chain, epoch: 9, policy: room.policy, groupInfo: nil)
        let frames: [ServerFrame] = [
            .accepted(RequestID(77_777), sequence: 9, time: Timestamp(milliseconds: 1)),
            .entered(RequestID(77_777), status),
            .described(RequestID(77_777), status), .packages(RequestID(77_777), []), .done(RequestID(77_777)),
            .part(RequestID(77_777), total: 5, bytes: ByteBuffer(repeating: 1, count: 5)), .pong(RequestID(77_777)),
            .readEnd(RequestID(77_777), room.id, head: 90), .stocked(RequestID(77_777), count: 0, hasLastResort: false),
        ]
        let written = scene.bob.store.writes
        for frame in frames { scene.bob.inject(frame) }
        #expect(room.cursor == before)
        #expect(scene.bob.store.writes == written)
        #expect(try scene.findings == [])
    }

    @Test func aPlaceThatAMessageDoesNotHaveIsFound() throws {
        for offset in [Int64(-1), 1] {
            let scene = try LyingServer()
            scene.lie = { frame in
                guard case .accepted(let id, let place, let time) = frame else { return [frame] }
                scene.lie = nil
                return [.accepted(id, sequence: UInt64(Int64(place) + offset), time: time)]
            }
            try scene.bob.type("where am I?")
            scene.world.pass(1_000)
            try scene.alice.type("there")
            scene.world.pass(1_000)
            #expect(try !scene.findings.isEmpty, "off by \(offset)")
            scene.bob.cut()
            scene.bob.reconnect()
            scene.world.pass(1_000)
            #expect(try scene.alice.transcript(of: "#lab").filter { $0.hasSuffix("where am I?") }.count == 1)
            #expect(try scene.transcript.filter { $0.hasSuffix("where am I?") }.count == 1, "off by \(offset)")
        }
    }

    @Test func aServerThatRefusesEveryEpochIsNotAskedForEver() throws {
        let scene = try LyingServer()
        scene.lie = { frame in
            guard case .accepted(let id, _, _) = frame else { return [frame] }
            return [.failed(id, Failure(.staleEpoch, "too old"))]
        }
        let sent = scene.bob.sent.count
        try scene.bob.type("again and again")
        scene.world.pass(10_000)
        #expect(scene.bob.sent.count < sent + 60)
        scene.lie = nil
        scene.world.pass(120_000)
        #expect(try scene.alice.transcript(of: "#lab").filter { $0.hasSuffix("again and again") }.count == 1)
        #expect(try scene.transcript.filter { $0.hasSuffix("again and again") }.count == 1)
    }
}

/// An entry as a liar tells it.
func change(_ entry: LogEntry, _ lie: (inout LogEntry) -> Void) -> LogEntry {
    var entry = entry
    lie(&entry)
    return entry
}
