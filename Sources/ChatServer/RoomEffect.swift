import Chat
import ChatWire
import NIOCore

/// What follows from a request for others than the one who asked, in order.
enum RoomEffect: Sendable {
    /// The frame of an entry, for all who have entered; the asker's own session is answered instead.
    case publish(ByteBuffer, exceptAsker: Bool)
    /// A frame for a device, wherever it is, that has not entered.
    case tell(PeerIdentity, ByteBuffer)
    /// The device's sessions are told no more.
    case evict(PeerIdentity)
    /// Newcomers have a welcome; the notices get their numbers yet.
    case welcome([(PeerIdentity, WelcomeNotice)], ByteBuffer)
    /// Those who are out need no welcome any more.
    case dropWelcomes([PeerIdentity])
    /// The commit with this number is set aside, and its welcomes with it.
    case dropWelcomesOf(commit: UInt64)
    /// Something that the administrator should know.
    case warn(String)
    case event(ServerEvent)
}
