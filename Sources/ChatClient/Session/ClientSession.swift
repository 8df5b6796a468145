package import Chat
package import ChatWire
import MLS
import MLSWire
import NIOCore
import TLSSyntax

/// The client: its connection, its rooms, its key packages.
///
/// It does no I/O: what happens goes in, and ``takeOutput()`` says what is to be written and then done. Times are milliseconds of any
/// steady clock. A class, since the rooms' groups cannot be copied; it belongs to one thread.
package final class ClientSession {
    /// After so much silence of ours a ping goes out; after as much again without a word from the server, it is gone.
    package static let silence: UInt64 = 30_000

    package enum Phase: Sendable {
        case idle
        case connecting
        case online
        case over
    }

    package let host: RoomHost
    package internal(set) var phase = Phase.idle
    package internal(set) var rooms: [RoomID: Room] = [:]
    /// Rooms in the order in which the user turned to them: the last is where text goes.
    var recent: [RoomID] = []
    var packages: KeyPackagePool
    var fetches: [RoomID: BlobFetch] = [:]
    var welcomes: [RoomID: WelcomeNotice] = [:]
    var pending: [RequestID: PendingRequest] = [:]
    var output = ClientOutput()

    private var backoff = Backoff()
    private var lastRequest: UInt32 = 0
    private var lastSent: UInt64 = 0
    private var lastHeard: UInt64 = 0
    /// When the present attempt to connect was first seen by ``tick(at:)``.
    private var attemptBegan: UInt64?
    private var isFinishing = false
    /// Rooms that something was asked of since the last output.
    private var touched: Set<RoomID> = []

    /// Opens what the store holds.
    /// - Parameter wanted: rooms to come into as soon as there is a connection.
    package init(host: RoomHost, wanted: [RoomName] = []) throws(StoreError) {
        self.host = host
        host.devices = try DeviceRegistry(try host.store.records(in: .devices))
        packages = try KeyPackagePool(store: host.store)
        for record in try host.store.records(in: .rooms) {
            let room = try Room(restoring: record, host: host)
            rooms[room.id] = room
            recent.append(room.id)
        }
        for name in wanted { enter(name) }
    }

    /// Whether the server's greeting has arrived on the present connection.
    package var isOnline: Bool { phase == .online }
    /// The room in which text is said.
    package var currentRoom: Room? { recent.last.flatMap { rooms[$0] } }
    /// Whether requests wait for their answers, or rooms for theirs.
    package var isBusy: Bool {
        pending.values.contains { !$0.isInBackground } || rooms.values.contains(where: \.isBusy)
    }

    /// What is to be written, in one transaction, and then done.
    package func takeOutput() -> ClientOutput {
        while !touched.isEmpty {
            let ids = touched
            touched = []
            for id in ids { if let room = rooms[id] { drain(room) } }
        }
        output.writes += host.deviceWrites
        host.deviceWrites = []
        defer { output = ClientOutput() }
        return output
    }

    // MARK: The connection

    /// Begins to connect.
    package func start() {
        guard phase == .idle else { return }
        phase = .connecting
        attemptBegan = nil
        output.actions.append(.connect)
    }

    /// The time for a new attempt has come.
    package func retry() {
        if phase == .idle { start() }
    }

    /// The connection failed or ended, for a reason in words.
    package func disconnected(_ reason: String, canRetry: Bool) {
        guard phase == .connecting || phase == .online else { return }
        phase = .idle
        pending = [:]
        fetches = [:]
        for room in rooms.values {
            room.disconnected()
            touched.insert(room.id)
        }
        if isFinishing || !canRetry {
            show(.disconnected(reason, retryIn: nil))
            return canRetry ? finish() : finish(.refused(reason))
        }
        let wait = backoff.next(using: &host.random)
        show(.disconnected(reason, retryIn: wait))
        output.actions.append(.retry(after: wait))
    }

    /// Time passes: call it several times a second.
    package func tick(at time: UInt64) {
        host.now = max(host.now, time)
        if phase == .connecting {
            let began = attemptBegan ?? host.now
            attemptBegan = began
            if host.now - began >= 2 * Self.silence { giveUpOnServer() }
        }
        guard phase == .online else { return }
        if host.now - lastHeard >= 2 * Self.silence { return giveUpOnServer() }
        let isWaiting = pending.values.contains(.ping)
        if host.now - min(lastSent, lastHeard) >= Self.silence, !isWaiting { request(.ping) { .ping($0) } }
        for room in rooms.values {
            room.tick()
            if room.hasOutput { touched.insert(room.id) }
        }
        finishIfDone()
    }

    private func giveUpOnServer() {
        output.actions.append(.close)
        disconnected("the server has not answered for \(2 * Self.silence / 1_000) s", canRetry: true)
    }

    // MARK: Frames

    package func receive(_ frame: ServerFrame, at time: UInt64) {
        host.now = max(host.now, time)
        lastHeard = host.now
        guard frame.isPlausible else {
            output.actions.append(.close)
            return disconnected("the server has sent numbers that cannot be right", canRetry: true)
        }
        switch frame {
        case .greeting(let greeting): greeted(greeting)
        case .entry(let entry): with(entry.room) { $0.receive(entry) }
        case .welcome(let notice): welcomed(notice)
        case .stockLow(let count): refill(has: Int(count), hasLastResort: true)
        case .newDevice(let device): if device.user == host.me.user { show(.newDevice(device)) }
        case .closing(let failure):
            output.actions.append(.close)
            disconnected("the server says: \(SafeText.line(failure.words))", canRetry: failure.canRetry)
        default: answered(frame)
        }
        finishIfDone()
    }

    private func greeted(_ greeting: Greeting) {
        guard phase == .connecting else { return }
        guard greeting.version == Greeting.version else {
            output.actions.append(.close)
            return disconnected(
                "the server speaks version \(greeting.version) of the protocol, this program \(Greeting.version); "
                    + "update the older one", canRetry: false)
        }
        guard greeting.you == host.me else {
            output.actions.append(.close)
            return disconnected("the server takes this device for \(greeting.you)", canRetry: false)
        }
        phase = .online
        backoff.reset()
        lastSent = host.now
        show(.connected(greeting))
        // How many key packages are left decides how many are made.
        request(.stock) { .publish($0, packages: [], lastResort: ByteBuffer()) }
        for id in rooms.keys { with(id) { $0.connected() } }
    }

    // MARK: Requests

    /// Asks the server.
    func request(_ what: PendingRequest, _ frame: (RequestID) -> ClientFrame) {
        guard phase == .online else { return }
        repeat { lastRequest &+= 1 } while lastRequest == 0 || pending[RequestID(lastRequest)] != nil
        let id = RequestID(lastRequest)
        pending[id] = what
        lastSent = host.now
        output.actions.append(.send(frame(id)))
    }

    /// Changes a room; what comes of it goes out with the next output.
    func with(_ id: RoomID, _ change: (Room) -> Void) {
        guard let room = rooms[id] else { return }
        change(room)
        touched.insert(id)
    }

    /// Takes what a room wants.
    private func drain(_ room: Room) {
        // What the session does for a room may lead to more.
        while case let part = room.takeOutput(), !part.isEmpty {
            output.writes += part.writes
            for request in part.requests { ask(request, for: room) }
            for event in part.events { tell(event, of: room) }
        }
    }

    func show(_ event: ClientEvent) { output.actions.append(.show(event)) }

    // MARK: The end

    /// Ends the session once everything that was said has its place; at once without a connection, where nothing waits for one.
    package func finishWhenDone() {
        isFinishing = true
        if phase == .online { finishIfDone() } else { quit() }
    }

    /// Ends the session now. What has not gone out is kept, and goes out the next time.
    package func quit() {
        guard phase != .over else { return }
        if phase == .online || phase == .connecting { close() }
        finish()
    }

    func finishIfDone() {
        guard isFinishing, phase == .online, !isBusy else { return }
        close()
        finish()
    }

    /// Ends the connection in order: the server is told how far this device has come.
    private func close() {
        if phase == .online {
            for room in rooms.values {
                room.markFinally()
                drain(room)
            }
        }
        output.actions.append(.close)
    }

    private func finish() {
        let unsent = rooms.values.reduce(0) { $0 + $1.unsentCount }
        finish(unsent > 0 ? .unsent(unsent) : .quit)
    }

    private func finish(_ end: ClientEnd) {
        guard phase != .over else { return }
        phase = .over
        pending = [:]
        output.actions.append(.finish(end))
    }
}
