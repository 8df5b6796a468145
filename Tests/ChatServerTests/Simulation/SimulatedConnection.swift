import Chat
import ChatWire
import NIOCore

/// A connection with what is under way on it in both directions. Each end learns of the other's going later, and what was under way
/// then may be lost from the end.
final class SimulatedConnection {
    let device: PeerIdentity
    let loop: Int
    /// Its place on the loop, while the server has it.
    var slot: Int?
    /// What the client has sent and the server has not read.
    var requests: [Frame] = []
    /// The server reads nothing from it.
    var isHeld = false
    /// What the server has sent and the client has not read.
    var deliveries: [Delivery] = []
    /// The server has ended it, after what it has sent.
    var isEnded = false
    /// The client is gone.
    var isAbandoned = false
    /// What the client asked for under a token, by request.
    var asked: [RequestID: (room: RoomID, token: UInt64)] = [:]

    init(_ device: PeerIdentity, loop: Int) {
        self.device = device
        self.loop = loop
    }
}
