package import Chat
package import ChatWire
package import NIOCore

/// What a room asks the server, through the session.
package enum RoomRequest: Hashable, Sendable {
    case enter
    case read(after: UInt64)
    case create(RoomPolicy, groupInfo: ByteBuffer)
    case send(token: UInt64, payload: ByteBuffer)
    case submit(Submission)
    case describe
    case fetch(BlobRef)
    case claim(UserName, DeviceName?)
    case leave(token: UInt64, payload: ByteBuffer)
    case readd(token: UInt64, package: ByteBuffer)
    case reject(UInt64)
    case mark(UInt64)
}
