import Chat
import ChatWire
import NIOCore

/// What a request asked for.
enum PendingRequest: Hashable {
    case ping
    case stock
    case publish
    case online(so: [PeerIdentity])
    case takeWelcome
    case enter(RoomID)
    case read(RoomID)
    case create(RoomID)
    case send(RoomID, token: UInt64)
    case submit(RoomID, token: UInt64)
    case describe(RoomID)
    case fetch(RoomID)
    case claim(RoomID, UserName, DeviceName?)
    case leave(RoomID)
    case readd(RoomID, token: UInt64)
    case reject
    case mark(RoomID, UInt64)

    /// Whether nobody waits for the answer.
    var isInBackground: Bool { if case .mark = self { true } else { false } }
}

/// A blob on its way, part after part.
struct BlobFetch {
    var reference: BlobRef
    var bytes = ByteBuffer()
}
