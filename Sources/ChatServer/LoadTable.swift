import Chat
import ChatWire
import NIOCore

/// What a loop waits for from the disk. A session's requests about a room that come after one that waits, wait behind it: answers keep the
/// order of requests.
struct LoadTable: Sendable {
    /// A session's requests about one room.
    struct Line: Hashable, Sendable {
        var room: RoomID
        var session: SessionID
    }

    enum Request: Sendable {
        case asked(ConnectedDevice, ClientFrame)
        /// One that is refused, as its answer says: it only waits for its turn.
        case refused(answer: ByteBuffer)
    }

    /// What is to be done with what was found.
    enum Purpose: Sendable {
        case page(Line, RequestID, head: UInt64)
        case part(Line, RequestID, offset: UInt32)
        /// What a device has sent to a room, for all who wait for it.
        case book(RoomID, PeerIdentity)
    }

    private struct Author: Hashable {
        var room: RoomID
        var device: PeerIdentity
    }

    private var purposes: [UInt64: Purpose] = [:]
    private var latest: UInt64 = 0
    private var lines: [Line: [Request]] = [:]
    /// Whose books are under way, and which lines wait for them.
    private var books: [Author: [Line]] = [:]

    var isEmpty: Bool { purposes.isEmpty && lines.isEmpty && books.isEmpty }

    /// - Returns: `false` if nothing is ahead: then the request is to be served now.
    mutating func wait(_ request: Request, in line: Line) -> Bool {
        guard lines[line] != nil else { return false }
        lines[line]?.append(request)
        return true
    }

    /// From now on what comes in that line waits.
    /// - Returns: the number of the load.
    mutating func begin(_ purpose: Purpose, holding line: Line) -> UInt64 {
        lines[line, default: []] += []
        latest += 1
        purposes[latest] = purpose
        return latest
    }

    /// A request that needs to know what its device has sent before.
    /// - Returns: the number of the load, if it is to be started.
    mutating func begin(_ request: Request, in line: Line, ofBook device: PeerIdentity) -> UInt64? {
        lines[line] = [request]
        let author = Author(room: line.room, device: device)
        if books[author] != nil {
            books[author]?.append(line)
            return nil
        }
        books[author] = [line]
        latest += 1
        purposes[latest] = .book(line.room, device)
        return latest
    }

    /// The load has ended.
    mutating func end(_ number: UInt64) -> Purpose? { purposes.removeValue(forKey: number) }

    /// - Returns: the lines that waited for the book.
    mutating func endBook(of device: PeerIdentity, in room: RoomID) -> [Line] {
        books.removeValue(forKey: Author(room: room, device: device)) ?? []
    }

    /// - Returns: what has waited in a line, in order; nothing waits any more.
    mutating func release(_ line: Line) -> [Request] { lines.removeValue(forKey: line) ?? [] }
}
