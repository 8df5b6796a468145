import Chat
import ChatServer
import ChatWire
import NIOCore

/// An event loop of a server: what `LoopService` does, on model connections and a model disk. What a tick has to say waits until the latest
/// writes of its loop are stored.
final class SimulatedLoop {
    private var shard: Shard
    private var seats: [SimulatedConnection?] = []
    private var waiting: [(unit: UInt64, output: Output)] = []
    private var latestUnit: UInt64 = 0
    private var storedUnit: UInt64 = 0
    private(set) var isTickOpen = false
    /// What is stored, and the loop has not been told yet.
    private var reports: [UInt64] = []
    /// What was read for it, and it has not got yet.
    private var found: [(number: UInt64, found: StoreLoaded)] = []
    private unowned let server: SimulatedServer

    /// What a tick has to say when what it has changed is stored.
    private struct Output {
        var frames: [(slot: Int, connection: SimulatedConnection, bytes: ByteBuffer)] = []
        var messages: [(loop: Int, messages: [ShardMessage])] = []
        var loads: [(number: UInt64, load: StoreLoad)] = []
        var closing: [SimulatedConnection] = []
    }

    init(_ shard: Shard, in server: SimulatedServer) {
        self.shard = shard
        self.server = server
        self.shard.sign = { _ in [1, 2, 3] }
    }

    var waitingCount: Int { waiting.count }
    var hasReports: Bool { !reports.isEmpty }

    // MARK: What comes

    /// - Returns: `false` if the device has too many connections.
    func connected(_ connection: SimulatedConnection) -> Bool {
        openTick()
        guard let slot = shard.open(connection.device) else { return false }
        while seats.count <= slot { seats.append(nil) }
        seats[slot] = connection
        connection.slot = slot
        return true
    }

    func received(_ frame: Frame, on connection: SimulatedConnection) {
        guard let slot = connection.slot else { return }
        openTick()
        shard.receive(frame, from: slot)
    }

    func closed(_ connection: SimulatedConnection) {
        guard let slot = connection.slot else { return }
        openTick()
        connection.slot = nil
        connection.isEnded = true
        seats[slot] = nil
        shard.close(slot)
    }

    func take(_ messages: [ShardMessage]) {
        openTick()
        for message in messages { shard.receive(message) }
    }

    func revoke(_ device: PeerIdentity) {
        openTick()
        shard.revoke(device)
    }

    private func openTick() {
        guard !isTickOpen else { return }
        isTickOpen = true
        shard.now = Timestamp(milliseconds: server.time)
    }

    // MARK: What goes

    func endTick() throws {
        while isTickOpen {
            isTickOpen = false
            let output = takeOutput()
            if shard.hasWrites { latestUnit = server.submit(shard.takeWrites(), from: shard.index) }
            guard latestUnit > storedUnit else {
                try carryOut(output)
                continue
            }
            try hold(output)
        }
    }

    private func hold(_ output: Output) throws {
        var output = output
        switch server.fault {
        case .acknowledgesEarly:
            for (_, connection, bytes) in output.frames { try server.release(bytes, to: connection) }
            output.frames = []
        case .forwardsEarly:
            for (index, messages) in output.messages { server.forward(messages, from: shard.index, to: index) }
            output.messages = []
        default: break
        }
        waiting.append((latestUnit, output))
    }

    private func takeOutput() -> Output {
        var output = Output()
        for action in shard.takeActions() {
            switch action {
            case .send(let slot, let bytes):
                if let connection = seats[slot] { output.frames.append((slot, connection, bytes)) }
            case .close(let slot, _):
                if let connection = seats[slot] { output.closing.append(connection) }
            case .load(let number, let load): output.loads.append((number, load))
            case .hold(let slot): seats[slot]?.isHeld = true
            case .resume(let slot): seats[slot]?.isHeld = false
            case .warn, .event: break
            }
        }
        for index in 0..<shard.count {
            let messages = shard.takeMessages(for: index)
            if !messages.isEmpty { output.messages.append((index, messages)) }
        }
        return output
    }

    private func carryOut(_ output: Output) throws {
        for (slot, connection, bytes) in output.frames {
            if server.fault == .sendsBySlot {
                if let connection = seats[slot] { try server.release(bytes, to: connection) }
            } else {
                try server.release(bytes, to: connection)
            }
        }
        for (index, messages) in output.messages { server.forward(messages, from: shard.index, to: index) }
        for (number, load) in output.loads { server.load(number, load, for: shard.index) }
        for connection in output.closing { closed(connection) }
    }

    // MARK: What is stored

    func report(_ unit: UInt64) { reports.append(unit) }

    /// The loop is told what is stored.
    func hearReport() throws {
        guard !reports.isEmpty else { return }
        storedUnit = reports.removeFirst()
        let isReady = server.fault == .releasesAll ? waiting.count : waiting.prefix { $0.unit <= storedUnit }.count
        let ready = waiting.prefix(isReady).map(\.output)
        waiting.removeFirst(isReady)
        for output in ready { try carryOut(output) }
    }

    // MARK: What is read

    func find(_ number: UInt64, _ loaded: StoreLoaded) { found.append((number, loaded)) }

    /// - Returns: `false` if there is nothing for it.
    func takeFound() -> Bool {
        guard !found.isEmpty else { return false }
        openTick()
        let (number, loaded) = found.removeFirst()
        shard.loaded(number, loaded)
        return true
    }

    /// As the server does from time to time.
    func rest(noting note: Bool) {
        openTick()
        shard.rest(noting: note)
    }

    // MARK: What must be left of closed connections

    /// What is kept of connections, by name, when there are none.
    var leftovers: [String] {
        var names: [String] = waiting.isEmpty ? [] : ["waiting"]
        for child in Mirror(reflecting: shard).children {
            let mirror = Mirror(reflecting: child.value)
            switch child.label ?? "" {
            case "local", "dirtyRooms", "actions": if !mirror.children.isEmpty { names.append(child.label ?? "") }
            case "loads":
                for part in mirror.children where !Mirror(reflecting: part.value).children.isEmpty {
                    names.append("what waits for \(part.label ?? "loads")")
                }
            default: break
            }
        }
        return names
    }
}
