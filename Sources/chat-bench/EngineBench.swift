import ArgumentParser
import Chat
import ChatClient
import ChatServer
import ChatWire
import Foundation
import NIOCore
import SQLiteStore

/// Two clients and a server in this process, without sockets: what the engine alone costs, for a profiler.
struct EngineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Talk in this process, on one thread, without connections.")

    @Option(help: "A folder of scripts/certs with the users alice and bob.")
    var certs: String

    @Option(help: "Messages.")
    var messages = 20_000

    @Option(help: "Messages that are said at once.")
    var burst = 64

    @Option(help: "Bytes of a message.")
    var bytes = 100

    @Flag(help: "Keep what is written on the disk, as clients do, in a folder that is removed afterwards.")
    var disk = false

    @Flag(help: "Bob is away while alice talks, and catches up then.")
    var away = false

    func run() throws {
        let folder = NSTemporaryDirectory() + "/chat-bench-\(ProcessInfo.processInfo.processIdentifier)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        guard let lab = RoomName("#lab"), let guest = UserName("bob") else { throw BenchError("there is no room") }
        let server = EngineServer()
        let alice = try EngineClient(BenchDevice("alice/default", in: certs), store(folder + "/alice"), server)
        let bob = try EngineClient(BenchDevice("bob/default", in: certs), store(folder + "/bob"), server)
        alice.connect()
        bob.connect()
        try settle(server, [alice, bob])
        alice.session.perform(.create(lab, isOpen: false, auditor: nil))
        try settle(server, [alice, bob])
        alice.session.perform(.invite(guest, nil))
        try settle(server, [alice, bob])
        guard bob.session.rooms.values.contains(where: { $0.phase == .active }) else {
            throw BenchError("bob is not in the room: \(bob.failures)")
        }
        let text = try MessageText(String(repeating: "x", count: bytes))
        if away { bob.disconnect() }
        var clock = StageClock()
        var said = 0
        while said < messages {
            let count = min(burst, messages - said)
            said += count
            try clock.measure("alice says, and the server takes it") {
                for _ in 0..<count { alice.session.say(.text(text), to: .room(lab)) }
                try alice.settle()
            }
            clock.measure("the server ends its tick") { server.endTick() }
            if !away { try clock.measure("bob hears") { try bob.pump() } }
            try clock.measure("alice is answered") { try alice.pump() }
        }
        if away {
            bob.connect()
            var moved = true
            while moved {
                clock.measure("server, for bob") { server.endTick() }
                moved = try clock.measure("bob catches up") { try bob.pump() }
                alice.inbox = []
            }
        }
        guard bob.heard == messages, alice.placed == messages else {
            throw BenchError(
                "of \(messages) messages bob heard \(bob.heard), and \(alice.placed) have a place: "
                    + (alice.failures + bob.failures).prefix(3).joined(separator: "; "))
        }
        print("\(messages) messages of \(bytes) bytes, \(burst) at once, \(disk ? "on the disk" : "in memory")")
        clock.report(per: messages)
    }

    private func store(_ folder: String) throws -> any RecordStore {
        disk ? try SQLiteRecordStore.open(folder: folder, unlock: .keyFile) : MemoryRecords()
    }

    private func settle(_ server: EngineServer, _ clients: [EngineClient]) throws {
        var moved = true
        while moved {
            server.endTick()
            moved = false
            for client in clients where try client.pump() { moved = true }
        }
        for client in clients {
            client.session.tick(at: client.now)
            try client.settle()
        }
        server.endTick()
        for client in clients { try client.pump() }
    }
}

/// Times of what takes turns on one thread.
struct StageClock {
    private var names: [String] = []
    private var times: [String: Duration] = [:]

    @discardableResult
    mutating func measure<Result>(_ name: String, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer {
            if times[name] == nil { names.append(name) }
            times[name, default: .zero] += ContinuousClock.now - start
        }
        return try body()
    }

    func report(per count: Int) {
        for name in names {
            let microseconds = (times[name] ?? .zero) / .microseconds(1) / Double(count)
            print(String(format: "%8.1f µs a message: ", microseconds) + name)
        }
    }
}

/// A server of one shard.
final class EngineServer {
    private var shard: Shard
    private var seats: [Int: EngineClient] = [:]
    private var disk = EngineDisk()

    init() {
        shard = Shard(index: 0, count: 1, premises: Premises(limits: ServerLimits()))
    }

    func open(_ client: EngineClient) -> Int? {
        shard.now = Timestamp(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1_000))
        let slot = shard.open(client.device.identity, certificate: client.device.device.chain[0])
        if let slot { seats[slot] = client }
        return slot
    }

    func close(_ slot: Int) {
        seats[slot] = nil
        shard.close(slot)
    }

    func receive(_ bytes: ByteBuffer, from slot: Int) {
        var bytes = bytes
        while let frame = try? Frame.next(from: &bytes) { shard.receive(frame, from: slot) }
    }

    func endTick() {
        shard.now = Timestamp(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1_000))
        disk.carryOut(shard.takeWrites())
        for message in shard.takeMessages(for: 0) { shard.receive(message) }
        for action in shard.takeActions() {
            switch action {
            case .send(let slot, let bytes): seats[slot]?.inbox.append(bytes)
            case .load(let number, let load): shard.loaded(number, disk.find(load))
            default: break
            }
        }
    }
}

/// A client, with its store.
final class EngineClient {
    let device: BenchDevice
    let session: ClientSession
    private let store: any RecordStore
    private unowned let server: EngineServer
    private var slot: Int?
    var inbox: [ByteBuffer] = []
    private(set) var heard = 0
    private(set) var placed = 0
    private(set) var failures: [String] = []
    private let start = ContinuousClock.now

    init(_ device: BenchDevice, _ store: any RecordStore, _ server: EngineServer) throws {
        self.device = device
        self.store = store
        self.server = server
        session = try device.session(store: store)
    }

    var now: UInt64 { UInt64((ContinuousClock.now - start) / .milliseconds(1)) + 1_000 }

    func connect() {
        session.start()
        session.retry()
        try? settle()
    }

    func disconnect() {
        if let slot { server.close(slot) }
        slot = nil
        inbox = []
        session.disconnected("away", canRetry: true)
        try? settle()
    }

    /// Takes what has come.
    /// - Returns: whether there was something.
    @discardableResult
    func pump() throws -> Bool {
        guard !inbox.isEmpty else { return false }
        let parts = inbox
        inbox = []
        for var bytes in parts {
            while let frame = try Frame.next(from: &bytes) { session.receive(try ServerFrame(frame), at: now) }
        }
        try settle()
        return true
    }

    /// Writes, and then does.
    func settle() throws {
        while case let output = session.takeOutput(), !output.isEmpty {
            if !output.writes.isEmpty { try store.write(output.writes) }
            for action in output.actions { carryOut(action) }
        }
    }

    private func carryOut(_ action: ClientAction) {
        switch action {
        case .connect:
            slot = server.open(self)
            session.receive(
                .greeting(
                    Greeting(
                        software: "bench", you: device.identity,
                        time: Timestamp(milliseconds: UInt64(Date.now.timeIntervalSince1970 * 1_000)),
                        maximumPayload: 65_536)), at: now)
        case .send(let frame):
            var bytes = ByteBuffer()
            try? frame.write(to: &bytes)
            if let slot { server.receive(bytes, from: slot) }
        case .show(.message(_, let message)):
            if case .body(.text) = message.content { heard += 1 }
        case .show(.sent(_, let message)):
            if case .body(.text) = message.content { placed += 1 }
        case .show(.failure(let words)), .show(.disconnected(let words, _)), .show(.notSent(_, _, let words)):
            failures.append(words)
        case .show, .close, .retry, .finish: break
        }
    }
}
