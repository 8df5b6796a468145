import Chat
import ChatServer
import ChatWire
import NIOCore
import Testing

/// A client at the end of a connection: what it sent and what it got.
final class TestClient {
    let identity: PeerIdentity
    let loop: Int
    let slot: Int
    private let cluster: Cluster

    var isOpen = true
    /// Whether it looks at what comes; where thousands are there to be counted, it need not.
    var isListening = true
    /// What it sent while the server did not read.
    var unread = ByteBuffer()
    var isHeld = false
    /// Milliseconds for which it was not to be read, each time; here it is read all the same.
    var delays: [Int] = []
    /// All frames that came, in order.
    private(set) var received: [ServerFrame] = []
    /// With which words the server ended the connection.
    var farewells: [Failure] = []
    /// Whoever wants each frame as it comes.
    var witness: ((ServerFrame) -> Void)?
    private var nextRequest: UInt32 = 1
    private var latestToken: UInt64 = 0
    private var read = 0

    init(_ identity: PeerIdentity, loop: Int, slot: Int, cluster: Cluster) {
        self.identity = identity
        self.loop = loop
        self.slot = slot
        self.cluster = cluster
    }

    func take(_ bytes: ByteBuffer) {
        #expect(bytes.readableBytes > 0, "nothing was sent")
        guard isListening else { return }
        var bytes = bytes
        do {
            while let frame = try Frame.next(from: &bytes) {
                let frame = try ServerFrame(frame)
                received.append(frame)
                witness?(frame)
            }
            #expect(bytes.readableBytes == 0, "a frame was cut")
        } catch {
            Issue.record("the server sent what cannot be read: \(error)")
        }
    }

    /// What came since the last call.
    func news() -> [ServerFrame] {
        defer { read = received.count }
        return Array(received[read...])
    }

    // MARK: Asking

    /// Sends a request without waiting.
    @discardableResult func send(_ make: (RequestID) -> ClientFrame) throws -> RequestID {
        let request = RequestID(nextRequest)
        nextRequest += 1
        var bytes = ByteBuffer()
        try make(request).write(to: &bytes)
        try cluster.receive(bytes, from: self)
        return request
    }

    /// Sends a frame with any type and body.
    func send(type: UInt8, body: [UInt8]) throws {
        var bytes = ByteBuffer(integer: UInt32(body.count + 1))
        bytes.writeInteger(type)
        bytes.writeBytes(body)
        try cluster.receive(bytes, from: self)
    }

    /// Sends a request, lets everything come to rest, and returns the answer.
    @discardableResult func ask(_ make: (RequestID) -> ClientFrame) throws -> ServerFrame {
        let start = received.count
        let request = try send(make)
        cluster.settle()
        let answers = received[start...].filter { $0.request == request }
        #expect(answers.count == 1, "one answer to a request")
        return try #require(answers.first)
    }

    // MARK: Rooms

    @discardableResult func create(
        _ room: RoomID, _ policy: RoomPolicy = RoomPolicy(.invite), groupInfo: ByteBuffer = ByteBuffer()
    ) throws -> ServerFrame {
        try ask { .create($0, room, policy, groupInfo: groupInfo) }
    }
    @discardableResult func enter(_ room: RoomID) throws -> ServerFrame { try ask { .enter($0, room) } }
    func read(_ room: RoomID, after: UInt64 = 0) throws -> ServerFrame { try ask { .read($0, room, after: after) } }
    func describe(_ room: RoomID) throws -> ServerFrame { try ask { .describe($0, room) } }
    func reject(_ sequence: UInt64, in room: RoomID) throws -> ServerFrame {
        try ask { .reject($0, room, sequence: sequence) }
    }

    /// Asks without waiting: the answer comes when the server stores something, or when time has passed.
    @discardableResult func mark(_ sequence: UInt64, in room: RoomID) throws -> RequestID {
        try send { .mark($0, room, sequence: sequence) }
    }

    /// The answers to a request.
    func answers(to request: RequestID) -> [ServerFrame] { received.filter { $0.request == request } }

    /// A blob, part by part; `nil` if the server does not give it.
    func fetch(_ blob: BlobRef, of room: RoomID) throws -> ByteBuffer? {
        var bytes = ByteBuffer()
        while bytes.readableBytes < blob.size {
            let offset = UInt32(bytes.readableBytes)
            guard case .part(_, let total, var part) = try ask({ .fetch($0, room, blob.hash, offset: offset) }),
                part.readableBytes > 0, part.readableBytes <= 60_000, total == blob.size
            else { return nil }
            bytes.writeBuffer(&part)
        }
        return bytes
    }

    /// The number for its next message.
    func nextToken() -> UInt64 {
        latestToken += 1
        return latestToken
    }

    @discardableResult func say(
        _ text: String, in room: RoomID, epoch: UInt64 = 0, token: UInt64? = nil
    ) throws -> ServerFrame {
        let token = token ?? nextToken()
        return try ask { .send($0, room, token: token, payload: Forge.message(in: room, epoch: epoch, text)) }
    }

    @discardableResult func leave(_ room: RoomID, payload: ByteBuffer = ByteBuffer()) throws -> ServerFrame {
        let token = nextToken()
        return try ask { .leave($0, room, token: token, payload: payload) }
    }

    /// A commit that ends `epoch`, with a welcome for whom it adds.
    func commit(
        in room: RoomID, ending epoch: UInt64, add: [(PeerIdentity, UInt32)] = [], remove: [PeerIdentity] = [],
        welcomes: Bool = true, groupInfo: ByteBuffer = ByteBuffer(), size: Int = 100
    ) -> Submission {
        let roster = Roster(added: add.map { Roster.Addition($0.0, leaf: $0.1) }, removed: remove)
        let recipients = welcomes ? add.map { Submission.Recipient($0.0, package: [1, 2, 3]) } : []
        return Submission(
            room: room, token: nextToken(), epoch: epoch, commit: Forge.commit(in: room, epoch: epoch, size: size),
            roster: roster, recipients: recipients,
            welcome: recipients.isEmpty ? ByteBuffer() : Forge.welcome("\(room) \(epoch)"), groupInfo: groupInfo)
    }

    @discardableResult func submit(_ submission: Submission) throws -> ServerFrame {
        try ask { .submit($0, submission) }
    }

    @discardableResult func add(
        _ others: [(PeerIdentity, UInt32)], to room: RoomID, ending epoch: UInt64 = 0
    ) throws -> ServerFrame {
        try submit(commit(in: room, ending: epoch, add: others))
    }

    func online(after: PeerIdentity? = nil) throws -> ServerFrame { try ask { .listOnline($0, after: after) } }

    // MARK: What came

    /// The entries of a room that came, in the order in which they did.
    func entries(of room: RoomID) -> [LogEntry] {
        received.compactMap { frame in
            guard case .entry(let entry) = frame, entry.room == room else { return nil }
            return entry
        }
    }

    /// The numbers of those entries.
    func sequences(of room: RoomID) -> [UInt64] { entries(of: room).map(\.sequence) }

    var welcomes: [WelcomeNotice] {
        received.compactMap { if case .welcome(let notice) = $0 { notice } else { nil } }
    }
}
