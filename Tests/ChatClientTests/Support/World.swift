import Chat
import ChatClient
import ChatServer
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore
import Synchronization
import Testing

/// A server in process, and the devices that talk over it. Time passes when a test says so.
final class World {
    private(set) var cluster: Cluster
    let clock = WorldClock()
    private(set) var devices: [Device] = []
    /// Milliseconds of the steady clock of all devices.
    private(set) var time: UInt64 = 1_000
    /// What the wire does to frames on their way to a device: by default nothing.
    var tamper: ((ServerFrame, Device) -> [ServerFrame])?
    /// And on their way to the server.
    var tamperRequest: ((ClientFrame, Device) -> [ClientFrame])?
    var externalSender: ExternalSender?
    private let limits: ServerLimits

    init(loops: Int = 2, limits: ServerLimits = ServerLimits()) {
        self.limits = limits
        cluster = Cluster(loops: loops, limits: limits)
        clock.seconds = cluster.time / 1_000
    }

    /// A device that is switched on and connected.
    func device(_ name: String, settings: RoomSettings = World.quiet) throws -> Device {
        let device = try Device(
            name, world: self, key: SignaturePrivateKey(for: .p256AES128), store: MemoryStore(), settings: settings)
        devices.append(device)
        device.connect()
        settle()
        return device
    }

    /// No receipts, so that tests can count entries.
    static var quiet: RoomSettings {
        var settings = RoomSettings()
        settings.receiptsUpTo = 0
        settings.packagePool = 8
        return settings
    }

    /// The server dies, and comes back with nothing.
    func loseEverything() {
        let time = cluster.time
        cluster = Cluster(loops: cluster.loopCount, limits: limits)
        cluster.time = time
        for device in devices {
            device.cut()
            device.reconnect()
        }
    }

    /// The server stops, and comes back with what it had stored at an earlier time. Devices connect again when a test says so.
    func putBack(_ stored: ServerRecords) throws {
        let time = cluster.time
        for device in devices { device.cut() }
        cluster = try Cluster(loops: cluster.loopCount, limits: limits, from: stored)
        cluster.time = time
    }

    /// Until nothing is under way.
    func settle() {
        for _ in 0..<10_000 {
            cluster.settle()
            var moved = false
            for device in devices where device.pump() { moved = true }
            if !moved { return }
        }
        Issue.record("it never comes to rest")
    }

    /// So many milliseconds pass, in steps of 50.
    func pass(_ milliseconds: UInt64 = 1_000) {
        for _ in 0..<max(milliseconds / 50, 1) {
            time += 50
            cluster.time += 50
            clock.seconds = cluster.time / 1_000
            for device in devices { device.tick(at: time) }
            settle()
        }
    }
}

/// Seconds since 1970 in the world.
final class WorldClock: Sendable {
    private let value = Mutex<UInt64>(0)

    var seconds: UInt64 {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}

/// A device: its session, its store, and its connection.
final class Device {
    let identity: PeerIdentity
    private let world: World
    private var key: SignaturePrivateKey
    private let settings: RoomSettings
    private(set) var store: MemoryStore
    private(set) var session: ClientSession
    private(set) var connection: TestClient?
    private var inbox: [ServerFrame] = []
    /// Everything that was shown, in order.
    private(set) var events: [ClientEvent] = []
    private(set) var isDead = false
    /// How often its process was started.
    private(set) var lives = 1
    private(set) var end: ClientEnd?
    /// All that this device has ever sent, as bytes.
    private(set) var sent: [ClientFrame] = []

    init(_ name: String, world: World, key: SignaturePrivateKey, store: MemoryStore, settings: RoomSettings) throws {
        identity = try #require(PeerIdentity(name))
        self.world = world
        self.key = key
        self.store = store
        self.settings = settings
        session = try Self.session(identity, key, store, world, settings)
    }

    private static func session(
        _ identity: PeerIdentity, _ key: SignaturePrivateKey, _ store: MemoryStore, _ world: World,
        _ settings: RoomSettings
    ) throws -> ClientSession {
        let client = MLSClient(
            signer: key, credential: .basic(identity: Array(identity.description.utf8)),
            capabilities: Capabilities(
                cipherSuites: MLSCipherSuite.supported, extensions: [.lastResort, .roomPolicy], credentials: [.basic]),
            validator: NameValidator(), clock: { [clock = world.clock] in clock.seconds })
        let host = RoomHost(
            me: identity, mls: client, suite: .p256AES128, store: store, settings: settings,
            random: SystemRandomNumberGenerator())
        host.externalSender = world.externalSender
        host.now = world.time
        return try ClientSession(host: host)
    }

    // MARK: Life

    func connect() {
        session.start()
        carryOut()
    }

    /// The process dies, and a new one starts from what is on the disk.
    /// - Parameter copy: what is on the disk, if it is not what this device wrote last.
    func restart(from copy: MemoryStore? = nil) throws {
        if let connection { world.cluster.close(connection) }
        connection = nil
        inbox = []
        isDead = false
        lives += 1
        store = (copy ?? store).restarted()
        session = try Self.session(identity, key, store, world, settings)
        connect()
        world.settle()
    }

    /// Somebody puts an earlier copy of the store in its place; ``restart()`` begins with it.
    func setBack(to copy: MemoryStore) { store = copy }

    /// It goes on with another key, under the same name.
    func restart(with key: SignaturePrivateKey) throws {
        self.key = key
        try restart()
    }

    /// The connection breaks.
    func cut() {
        if let connection { world.cluster.close(connection) }
        connection = nil
        inbox = []
        session.disconnected("the cable was pulled", canRetry: true)
        carryOut()
    }

    func reconnect() {
        session.retry()
        carryOut()
        world.settle()
    }

    func tick(at time: UInt64) {
        guard !isDead else { return }
        session.tick(at: time)
        carryOut()
    }

    /// Takes in what has come.
    /// - Returns: whether there was something.
    func pump() -> Bool {
        guard !isDead, !inbox.isEmpty else { return false }
        let frames = inbox
        inbox = []
        for frame in frames { session.receive(frame, at: world.time) }
        carryOut()
        return true
    }

    private func carryOut() {
        while !isDead, case let output = session.takeOutput(), !output.isEmpty {
            do {
                if !output.writes.isEmpty { try store.write(output.writes) }
            } catch {
                isDead = true
                if let connection { world.cluster.close(connection) }
                connection = nil
                return
            }
            for action in output.actions { carryOut(action) }
        }
    }

    private func carryOut(_ action: ClientAction) {
        switch action {
        case .connect:
            connection = world.cluster.open(identity, on: abs(identity.hashValue) % world.cluster.loopCount)
            connection?.witness = { [unowned self] frame in
                inbox += world.tamper?(frame, self) ?? [frame]
            }
            inbox.append(
                .greeting(
                    Greeting(
                        software: "test", you: identity, time: Timestamp(milliseconds: world.cluster.time),
                        maximumPayload: 65_536)))
        case .send(let frame):
            sent.append(frame)
            for frame in world.tamperRequest?(frame, self) ?? [frame] {
                var bytes = ByteBuffer()
                do {
                    try frame.write(to: &bytes)
                    if let connection { try world.cluster.receive(bytes, from: connection) }
                } catch {
                    Issue.record("a frame cannot be written: \(error)")
                }
            }
        case .close:
            if let connection { world.cluster.close(connection) }
            connection = nil
        case .retry: break
        case .show(let event): events.append(event)
        case .finish(let end): self.end = end
        }
    }

    /// A frame, past whoever tampers.
    func send(_ frame: ClientFrame) throws {
        var bytes = ByteBuffer()
        try frame.write(to: &bytes)
        if let connection { try world.cluster.receive(bytes, from: connection) }
    }

    /// A frame from nowhere.
    func inject(_ frame: ServerFrame) {
        inbox.append(frame)
        world.settle()
    }

    // MARK: A person

    /// Types a line.
    func type(_ line: String) throws {
        let input = try UserInput(line)
        session.perform(try #require(input))
        carryOut()
        world.settle()
    }

    func change(_ change: (ClientSession) -> Void) {
        change(session)
        carryOut()
        world.settle()
    }

    // MARK: What there is to see

    func room(_ name: String) throws -> Room {
        if name.hasPrefix("@") {
            return try talk(String(name.dropFirst()))
        }
        let roomName = try #require(RoomName(name))
        return try #require(session.room(named: roomName), "\(identity) is not in \(name)")
    }

    private func talk(_ peer: String) throws -> Room {
        let user = try #require(UserName(peer))
        return try #require(session.room(with: user), "\(identity) does not talk with \(peer)")
    }

    func members(of name: String) throws -> [String] { try room(name).members.map(\.identity.description) }

    /// What was said in a room, as this device has it: `alice: hello`.
    func transcript(of name: String) throws -> [String] { try texts(in: room(name)) }

    func texts(in room: Room) throws -> [String] {
        try room.history(limit: .max).compactMap { message in
            switch message.content {
            case .body(.text(let text)): "\(message.sender.user): \(text)"
            case .body(.again(_, _, .text(let text))): "\(message.sender.user) again: \(text)"
            case .unreadable(let reason): "\(message.sender.user) unreadable: \(reason.words)"
            default: nil
            }
        }
    }

    func notices(of name: String) throws -> [Notice] { try room(name).history(limit: .max).flatMap(\.notices) }

    func findings(of name: String) throws -> [Finding] { try room(name).findings }

    var failures: [String] {
        events.compactMap { if case .failure(let words) = $0 { words } else { nil } }
    }
}

/// Takes a bare name for what it says: the certificates are tested elsewhere.
struct NameValidator: CredentialValidator {
    func validate(_ credential: Credential, key: SignaturePublicKey, for use: CredentialUse) throws(CredentialRefusal) {
        guard case .basic(let name) = credential else {
            if use == .externalSender { return }
            throw CredentialRefusal("no name")
        }
        guard PeerIdentity(String(decoding: name, as: UTF8.self)) != nil || use == .externalSender else {
            throw CredentialRefusal("nobody's name")
        }
    }

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] {
        if case .basic(let name) = credential { name } else { [] }
    }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool {
        client(of: credential, key: SignaturePublicKey(bytes: []))
            == client(of: old, key: SignaturePublicKey(bytes: []))
    }
}
