import Chat
import ChatClient
import ChatServer
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore

/// A talk of alice and bob over a server in process, of which everything is kept that bob was told.
final class FuzzedTalk {
    static let begin: UInt64 = 1_000
    private static let clock: UInt64 = 1_790_000_000
    static let alice = "alice/laptop"
    static let bob = "bob/laptop"
    /// What bob types.
    static let lines = [
        "hello", "/me waves", "/create #tea", "/create #hall --open", "/join #lab", "/join #hall", "/msg alice hi",
        "/reply ^ yes", "/edit better", "/delete", "/react ^ 👍", "/topic something", "/name #den", "/invite carol",
        "/kick alice", "/part", "/rejoin", "/resend", "/names", "/users", "/rooms", "/whois alice", "/history",
        "/search hello", "/status", "/verify", "/verify ok", "/devices", "/approve phone", "/remove-device phone",
    ]

    private final class Side {
        let name: String
        let store: MemoryStore
        let session: ClientSession
        var slot: Int?
        var inbox: [ServerFrame] = []
        /// Type and body of each frame since the last stage.
        var heard: [[UInt8]] = []

        init(_ name: String, _ store: MemoryStore) throws {
            self.name = name
            self.store = store
            session = try FuzzedTalk.session(name, store)
        }
    }

    private var shard: Shard
    private var stored = ServerRecords()
    private let alice: Side
    private var bob: Side
    private var time = FuzzedTalk.begin
    /// What alice has stored when bob is in the room.
    private var alices: [RecordWrite] = []

    init() throws {
        shard = Shard(index: 0, count: 1, premises: Premises())
        shard.now = Timestamp(milliseconds: Self.clock * 1_000)
        alice = try Side(Self.alice, MemoryStore())
        bob = try Side(Self.bob, MemoryStore())
        try start(alice)
        try start(bob)
    }

    /// Always the same for a name, since the stores of the corpus have it.
    private static func key(_ name: String) throws -> SignaturePrivateKey {
        let seed = SHA256.hash(data: Array(name.utf8))
        return try SignaturePrivateKey(raw: SymmetricKey(data: Array(seed)), for: .x25519AES128)
    }

    static func client(_ name: String) throws -> MLSClient {
        MLSClient(
            signer: try key(name), credential: .basic(identity: Array(name.utf8)),
            capabilities: Capabilities(
                cipherSuites: MLSCipherSuite.supported, extensions: [.lastResort, .roomPolicy], credentials: [.basic]),
            validator: NameValidator(), clock: { clock })
    }

    static func session(_ name: String, _ store: MemoryStore) throws -> ClientSession {
        guard let identity = PeerIdentity(name) else { throw FuzzedFrames.Unexpected("\(name) is no device") }
        var settings = RoomSettings()
        settings.packagePool = 2
        let host = RoomHost(
            me: identity, mls: try client(name), suite: .x25519AES128, store: store, settings: settings,
            random: FuzzedRandom())
        host.now = begin
        return try ClientSession(host: host)
    }

    static func greeting(_ name: String) -> ServerFrame {
        guard let you = PeerIdentity(name) else { fatalError("\(name) is no device") }
        return .greeting(
            Greeting(software: "s", you: you, time: Timestamp(milliseconds: clock * 1_000), maximumPayload: 65_536))
    }

    // MARK: Stages

    /// Bob has key packages, and is then invited to a room, in which much happens.
    func before() throws -> FuzzedStage {
        let records = try beginAgain()
        try type(alice, "/create #lab")
        try type(alice, "/invite bob")
        try pass()
        try type(alice, "welcome")
        try type(alice, "/topic plans")
        return try stage(records)
    }

    /// Bob is in the room.
    func amid() throws -> FuzzedStage {
        let records = try beginAgain()
        alices = try self.records(of: alice)
        try type(alice, "one")
        try type(alice, "/react 👍")
        try type(alice, "/name #den")
        try type(alice, "/edit two")
        try pass()
        try type(alice, "/msg bob psst")
        try pass()
        try type(alice, "/kick bob")
        try pass()
        return try stage(records)
    }

    /// Bob's program begins anew, from what he has stored.
    private func beginAgain() throws -> [RecordWrite] {
        try pass()
        let records = try records(of: bob)
        if let slot = bob.slot { shard.close(slot) }
        _ = shard.takeActions()
        bob = try Side(Self.bob, bob.store.restarted())
        try start(bob)
        return records
    }

    private func records(of side: Side) throws -> [RecordWrite] {
        try RecordTable.allCases.flatMap { table in
            try side.store.records(in: table).map { RecordWrite(table, $0.key, $0.value) }
        }
    }

    private func stage(_ records: [RecordWrite]) throws -> FuzzedStage {
        if bob.session.rooms.isEmpty { throw FuzzedFrames.Unexpected("bob is in no room") }
        return FuzzedStage(records: records, alices: alices, frames: bob.heard)
    }

    // MARK: What happens

    private func start(_ side: Side) throws {
        side.session.start()
        try settle()
    }

    private func type(_ side: Side, _ line: String) throws {
        guard let input = try UserInput(line) else { throw FuzzedFrames.Unexpected("nothing was typed") }
        side.session.perform(input)
        try settle()
    }

    private func pass() throws {
        for _ in 0..<60 {
            time += 100
            shard.now = Timestamp(milliseconds: Self.clock * 1_000 + time)
            for side in [alice, bob] { side.session.tick(at: time) }
            try settle()
        }
    }

    private func settle() throws {
        var isMoving = true
        while isMoving {
            isMoving = false
            for side in [alice, bob] { if try carryOut(side) { isMoving = true } }
            stored.carryOut(shard.takeWrites())
            for message in shard.takeMessages(for: 0) {
                shard.receive(message)
                isMoving = true
            }
            for action in shard.takeActions() {
                if case .load(let number, let load) = action {
                    shard.loaded(number, stored.find(load))
                    isMoving = true
                }
                guard case .send(let slot, var bytes) = action else { continue }
                while let frame = try Frame.next(from: &bytes) {
                    guard let side = [alice, bob].first(where: { $0.slot == slot }) else { continue }
                    side.heard.append([frame.type] + frame.body.readableBytesView)
                    side.inbox.append(try ServerFrame(frame))
                    isMoving = true
                }
            }
        }
    }

    private func carryOut(_ side: Side) throws -> Bool {
        let inbox = side.inbox
        side.inbox = []
        for frame in inbox { side.session.receive(frame, at: time) }
        let output = side.session.takeOutput()
        if !output.writes.isEmpty { try side.store.write(output.writes) }
        for action in output.actions {
            switch action {
            case .connect:
                guard let identity = PeerIdentity(side.name) else { continue }
                side.slot = shard.open(identity)
                side.inbox.append(Self.greeting(side.name))
            case .send(let request):
                var bytes = ByteBuffer()
                try request.write(to: &bytes)
                guard let slot = side.slot else { continue }
                while let frame = try Frame.next(from: &bytes) { shard.receive(frame, from: slot) }
            case .close, .retry, .show, .finish: break
            }
        }
        return !inbox.isEmpty || !output.isEmpty
    }
}

/// The same numbers in every run (SplitMix64).
private struct FuzzedRandom: RandomNumberGenerator {
    private var state: UInt64 = 0

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
