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
    private unowned let cluster: Cluster

    var isOpen = true
    /// Whether it looks at what comes; where thousands are there to be counted, it need not.
    var isListening = true
    /// What it sent while the server did not read.
    var unread = ByteBuffer()
    var isHeld = false
    /// All frames that came, in order.
    private(set) var received: [ServerFrame] = []
    /// With which words the server ended the connection.
    var farewells: [Failure] = []
    /// Whoever wants each frame as it comes.
    var witness: ((ServerFrame) -> Void)?
    private var nextRequest: UInt32 = 1
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

    @discardableResult func join(_ room: RoomID) throws -> ServerFrame { try ask { .join($0, room) } }
    @discardableResult func leave(_ room: RoomID) throws -> ServerFrame { try ask { .leave($0, room) } }
    @discardableResult func say(_ text: String, in room: RoomID) throws -> ServerFrame {
        try ask { .send($0, room, payload: ByteBuffer(string: text)) }
    }
    @discardableResult func tell(_ name: String, _ text: String) throws -> ServerFrame {
        try ask { .sendDirect($0, user(name), payload: ByteBuffer(string: text)) }
    }
    func members(of room: RoomID, after: PeerIdentity? = nil) throws -> ServerFrame {
        try ask { .listMembers($0, room, after: after) }
    }
    func online(after: PeerIdentity? = nil) throws -> ServerFrame { try ask { .listOnline($0, after: after) } }

    // MARK: What came

    /// The texts of all messages that came in a room.
    func texts(in room: RoomID) -> [String] {
        received.compactMap { frame in
            guard case .delivery(let delivery) = frame, delivery.room == room else { return nil }
            return String(buffer: delivery.payload)
        }
    }

    /// The texts of all direct messages that came.
    var directTexts: [String] {
        received.compactMap { frame in
            guard case .directDelivery(let delivery) = frame else { return nil }
            return String(buffer: delivery.payload)
        }
    }
}
