/// Which connections there are and what for: senders first, then listeners; connection i is in room i % rooms, and the first of a
/// room founds it.
struct Seats {
    let senders: Int
    /// Members of each room that only listen.
    let listeners: Int
    let rooms: Int

    /// - Parameter rooms: divides `senders`.
    init(senders: Int = 1, listeners: Int = 0, rooms: Int = 1) {
        self.senders = senders
        self.listeners = listeners
        self.rooms = rooms
    }

    var count: Int { senders + listeners * rooms }
}
