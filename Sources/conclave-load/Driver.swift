import Chat
import ChatWire
import MLSWire
import NIOCore

/// The protocol of a server under load: what is written to it, and how what it writes is read.
///
/// Requests are encoded once; a message is a template in which only the stamp is replaced. What arrives is read in place.
enum Driver: String, Sendable {
    /// conclave-server: docs/protocol.md.
    case conclave
    /// A server with nothing but the fan-out, which marks what libssl and the kernel cost:
    /// `uint32 length; uint8 type; body`, L → l, J room → j, M room payload → D room payload to all others.
    case reference
    /// mosquitto: ``MQTT`` with QoS 1.
    case mosquitto
    /// The same, set to write its database whenever something has changed.
    case mosquittoSaving = "mosquitto-saving"

    /// What the client offers by ALPN.
    var applicationProtocol: String? {
        switch self {
        case .conclave: "conclave/1"
        case .reference, .mosquitto, .mosquittoSaving: nil
        }
    }

    /// What a client says first; the greeting that follows makes it connected.
    /// - Parameter name: of the connection.
    func login(as name: String) -> [UInt8] {
        switch self {
        case .conclave: []
        case .reference: Self.referenceFrame("L", number: 0)
        case .mosquitto, .mosquittoSaving: MQTT.connect(as: name)
        }
    }

    /// Whether senders get what others say to their room, without having asked for it.
    var deliversToSenders: Bool {
        switch self {
        case .conclave, .reference: true
        case .mosquitto, .mosquittoSaving: false
        }
    }

    /// What the first member says before anybody joins: a room with all devices. The server cannot read MLS: what it takes for
    /// commits and messages are bytes that have their form and mean nothing.
    /// - Parameter devices: whose the connections are, the first member's device first.
    func found(room: UInt32, devices: [String]) throws -> [UInt8] {
        guard self == .conclave else { return [] }
        let id = Self.id(of: room)
        var bytes = try Self.bytes(of: .create(RequestID(3), id, RoomPolicy(.invite), groupInfo: ByteBuffer()))
        let additions = try devices.enumerated().dropFirst().map { leaf, name in
            guard let device = PeerIdentity(name) else { throw LoadError.setup("\(name) is no name of a device") }
            return Roster.Addition(device, leaf: UInt32(clamping: leaf))
        }
        for (epoch, start) in stride(from: 0, to: additions.count, by: Self.additionsPerCommit).enumerated() {
            let end = min(start + Self.additionsPerCommit, additions.count)
            let commit = Self.privateMessage(room, .commit, epoch: UInt64(epoch), [0])
            let submission = Submission(
                room: id, token: UInt64(epoch) + 1, epoch: UInt64(epoch), commit: commit,
                roster: Roster(added: Array(additions[start..<end])))
            bytes += try Self.bytes(of: .submit(RequestID(4), submission))
        }
        return bytes
    }

    /// So many have a place in the roster of one commit.
    private static let additionsPerCommit = 500
    /// Tokens up to here are those of the founding.
    static let foundingTokens: UInt64 = 1_000

    /// - Parameter isListener: it asks for what is said; where senders need not, they say nothing.
    func join(room: UInt32, isListener: Bool) throws -> [UInt8] {
        switch self {
        case .conclave: try Self.bytes(of: .enter(RequestID(1), Self.id(of: room)))
        case .reference: Self.referenceFrame("J", number: room)
        case .mosquitto, .mosquittoSaving: isListener ? MQTT.subscribe(to: MQTT.topic(of: room)) : []
        }
    }

    /// What every message to a room looks like.
    /// - Parameter devices: how many the room was founded with.
    func message(room: UInt32, devices: Int, payload: [UInt8]) throws -> MessageTemplate {
        switch self {
        case .conclave:
            let epoch = UInt64((devices + Self.additionsPerCommit - 2) / Self.additionsPerCommit)
            let message = Self.privateMessage(room, .application, epoch: epoch, payload)
            let bytes = try Self.bytes(of: .send(RequestID(2), Self.id(of: room), token: 0, payload: message))
            // Behind length and type stands the request; behind that and the room the token.
            return MessageTemplate(bytes, payload: payload.count, request: (5, 4), token: 5 + 4 + 16)
        case .reference:
            return MessageTemplate(Self.referenceFrame("M", number: room, payload), payload: payload.count)
        case .mosquitto, .mosquittoSaving:
            let (bytes, identifier) = MQTT.publish(to: MQTT.topic(of: room), payload)
            return MessageTemplate(bytes, payload: payload.count, request: (identifier, 2))
        }
    }

    /// Under which number a sender's message is acknowledged.
    /// - Parameter number: counts the sender's messages from 0.
    func request(ofMessage number: UInt64) -> UInt32 {
        switch self {
        case .conclave, .reference: UInt32(truncatingIfNeeded: number &+ Self.firstRequest)
        case .mosquitto, .mosquittoSaving: UInt32(MQTT.identifier(ofMessage: number))
        }
    }

    /// Requests below are those of the founding.
    static let firstRequest: UInt64 = 16

    private static func privateMessage(
        _ room: UInt32, _ content: MLSContentType, epoch: UInt64, _ ciphertext: [UInt8]
    ) -> ByteBuffer {
        let message = PrivateMessage(
            groupID: GroupID(bytes: id(of: room).bytes), epoch: epoch, contentType: content, authenticatedData: [],
            encryptedSenderData: [], ciphertext: ciphertext)
        return ByteBuffer(bytes: MLSMessage.privateMessage(message).encoded)
    }

    private static func id(of room: UInt32) -> RoomID {
        RoomID(high: 0x6c6f_6164, low: UInt64(room))
    }

    private static func bytes(of frame: ClientFrame) throws -> [UInt8] {
        var buffer = ByteBuffer()
        try frame.write(to: &buffer)
        return Array(buffer.readableBytesView)
    }

    private static func referenceFrame(_ type: Unicode.Scalar, number: UInt32, _ payload: [UInt8] = []) -> [UInt8] {
        bigEndian(UInt32(5 + payload.count)) + [UInt8(ascii: type)] + bigEndian(number) + payload
    }

    private static func bigEndian(_ number: UInt32) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }
}
