import Chat
import ChatClient
import ChatWire
import MLS
import MLSWire
import NIOCore

/// Where fuzzing of a session begins: a store, and what the server said from there on.
struct FuzzedStage: Sendable {
    var records: [RecordWrite]
    /// What alice has stored, if she is in a room with bob.
    var alices: [RecordWrite]
    /// Type and body of each frame.
    var frames: [[UInt8]]

    /// The first record of a kind.
    func record(in table: RecordTable) -> RecordWrite? { records.first { $0.table == table } }
}

/// The device under fuzzing.
final class FuzzedBob {
    private let stage: FuzzedStage
    private var store: MemoryStore
    private var session: ClientSession
    private var time: UInt64 = FuzzedTalk.begin
    private var next = 0
    /// Whether the device ended a connection or its session because of what came.
    private(set) var wasCutOff = false

    /// - Throws: ``StoreError`` if the store cannot be opened.
    init(_ stage: FuzzedStage, _ changes: [RecordWrite]) throws {
        self.stage = stage
        store = MemoryStore()
        try store.write(stage.records + changes)
        session = try FuzzedTalk.session(FuzzedTalk.bob, store)
    }

    private func carryOut() {
        while case let output = session.takeOutput(), !output.isEmpty {
            do {
                if !output.writes.isEmpty { try store.write(output.writes) }
            } catch {
                fatalError("what is to be stored cannot be: \(error)")
            }
            for action in output.actions {
                switch action {
                case .send(let frame):
                    var bytes = ByteBuffer()
                    do { try frame.write(to: &bytes) } catch { fatalError("\(frame) cannot be written: \(error)") }
                case .close, .finish: wasCutOff = true
                case .connect, .retry, .show: break
                }
            }
        }
    }

    // MARK: What happens

    func connect() {
        session.start()
        session.receive(FuzzedTalk.greeting(FuzzedTalk.bob), at: time)
        carryOut()
    }

    func cut() {
        session.disconnected("the cable was pulled", canRetry: true)
        carryOut()
    }

    /// The process dies, and a new one starts from what is stored.
    func restart() throws {
        store = store.restarted()
        do { session = try FuzzedTalk.session(FuzzedTalk.bob, store) } catch {
            fatalError("the store is of no use any more: \(error)")
        }
    }

    func pass(_ milliseconds: UInt64) {
        time += milliseconds
        session.tick(at: time)
        carryOut()
    }

    func type(_ line: String) {
        guard let input = try? UserInput(line) else { fatalError("\(line) is no command") }
        session.perform(input)
        carryOut()
    }

    // MARK: Frames

    /// What cannot be read ends the connection.
    func hear(_ content: [UInt8]) {
        guard let frame = try? FuzzedFrames.frame(content), let frame = try? ServerFrame(frame) else {
            wasCutOff = true
            cut()
            return connect()
        }
        session.receive(frame, at: time)
        carryOut()
    }

    func hearNext(_ changes: [(Int, UInt8)] = []) {
        guard next < stage.frames.count else { return }
        var content = stage.frames[next]
        for (place, change) in changes { content[place % content.count] ^= change }
        next += 1
        hear(content)
    }

    func hearAll() {
        while next < stage.frames.count { hearNext() }
        pass(5_000)
    }

    /// Alice, who means harm, says something: bytes that need be no content.
    func hearAlice(_ content: [UInt8]) {
        func alices(_ table: RecordTable) -> RecordWrite? { stage.alices.first { $0.table == table } }
        guard let epoch = alices(.epochs), let ratchets = alices(.ratchets)?.value, let key = epoch.value,
            let id = RoomID(bytes: epoch.key), let room = session.rooms[id], let alice = PeerIdentity(FuzzedTalk.alice)
        else { return }
        let payload: ByteBuffer
        do {
            var group = try MLSGroup(
                restoring: GroupSnapshot(epoch: key, ratchets: ratchets), client: FuzzedTalk.client(FuzzedTalk.alice))
            let tag = EpochTag(authenticator: group.epochAuthenticator).authenticatedData
            payload = ByteBuffer(bytes: try group.seal(content, authenticatedData: tag).encoded)
        } catch {
            fatalError("alice cannot say anything: \(error)")
        }
        let entry = LogEntry(
            room: id, sequence: room.cursor.sequence + 1, time: Timestamp(milliseconds: 1_790_000_000_000),
            sender: alice, token: content.dropFirst().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }, kind: .message,
            payload: .inline(payload))
        session.receive(.entry(entry), at: time)
        carryOut()
    }

    func hearAgain() {
        if next > 0 { hear(stage.frames[next - 1]) }
    }

    func skip() { next = min(next + 1, stage.frames.count) }

    /// Whatever happened: what is stored can be opened, and goes on.
    func finish() {
        let was = wasCutOff
        defer { wasCutOff = was }
        // So long a silence ends the connection.
        pass(60_000)
        do { try restart() } catch { fatalError("\(error)") }
        connect()
        pass(5_000)
        for room in session.rooms.values { _ = try? room.history(limit: 20) }
    }

    /// What is stored in a table, the earliest first.
    func records(in table: RecordTable) throws -> [Record] { try store.records(in: table) }
}
