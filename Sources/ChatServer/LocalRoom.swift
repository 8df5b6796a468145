import NIOCore

/// The members of a room on one event loop, and what they are to be told in this tick.
///
/// The tick's frames are written one after another into one log. A member gets a slice of it: the same bytes for all, encrypted
/// from where they lie. Only the sender of a message, who is not to get it, has its slice cut in two.
struct LocalRoom {
    private var members: [Member] = []
    private var places: [Int: Int] = [:]
    private var log = ByteBuffer()

    private struct Member {
        var slot: Int
        /// Where in the log begins what this member has not been given yet.
        var start: Int
    }

    var isEmpty: Bool { members.isEmpty }

    /// Bytes that wait to be told.
    var logSize: Int { log.readableBytes }

    /// Whether there is something to tell.
    var isDirty: Bool { logSize > 0 }

    /// From now on `slot` is told what is appended.
    mutating func insert(_ slot: Int) {
        guard places[slot] == nil else { return }
        places[slot] = members.count
        members.append(Member(slot: slot, start: log.readableBytes))
    }

    /// - Returns: what `slot` must still be told.
    mutating func remove(_ slot: Int) -> ByteBuffer? {
        guard let place = places.removeValue(forKey: slot) else { return nil }
        let member = members[place]
        let last = members.removeLast()
        if place < members.count {
            members[place] = last
            places[last.slot] = place
        }
        return slice(from: member.start)
    }

    /// - Returns: what `slot` must be told before whatever follows; it will not be told again.
    mutating func catchUp(_ slot: Int) -> ByteBuffer? {
        guard let place = places[slot], let rest = slice(from: members[place].start) else { return nil }
        members[place].start = log.readableBytes
        return rest
    }

    /// Appends a frame for everyone but `except`.
    /// - Parameter storage: an empty buffer to write into, taken if the log has none.
    /// - Returns: what `except` must be told before whatever follows.
    mutating func append(_ frame: ByteBuffer, except: Int?, storage: () -> ByteBuffer) -> ByteBuffer? {
        if log.readableBytes == 0 { log = storage() }
        let before = except.flatMap { catchUp($0) }
        log.writeImmutableBuffer(frame)
        if let place = except.flatMap({ places[$0] }) { members[place].start = log.readableBytes }
        return before
    }

    /// Gives every member its slice, and ends the tick.
    /// - Returns: the log's storage, for reuse once the slices are gone.
    mutating func drain(_ deliver: (Int, ByteBuffer) -> Void) -> ByteBuffer {
        let whole = log
        for place in members.indices {
            let member = members[place]
            if member.start == 0 {
                deliver(member.slot, whole)
            } else {
                if let rest = slice(from: member.start) { deliver(member.slot, rest) }
                members[place].start = 0
            }
        }
        log = ByteBuffer()
        return whole
    }

    private func slice(from start: Int) -> ByteBuffer? {
        let length = log.readableBytes - start
        return length > 0 ? log.getSlice(at: log.readerIndex + start, length: length) : nil
    }
}
