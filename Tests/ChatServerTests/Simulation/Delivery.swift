import Chat
import ChatWire

/// What a connection is told, judged by what is on the disk.
enum Delivery {
    /// An entry that came unasked.
    case entry(RoomID, life: Int, sequence: UInt64)
    /// The answer to a request to read; `sequences` is empty if there is nothing.
    case page(RequestID, RoomID, life: Int, sequences: Range<UInt64>, head: UInt64)
    case status(RequestID, RoomStatus, life: Int)
    case frame(ServerFrame)
}
