import Chat
import ChatWire

/// The sessions of one event loop, by slot. A slot that was freed during a tick is not given away before the next one:
/// what the tick still has to send goes by slot.
struct SessionTable {
    private var slots: [Slot] = []
    private var free: [Int] = []
    private var freed: [Int] = []

    struct Session {
        var device: ConnectedDevice
        /// The rooms that it has entered or asked to enter.
        var rooms: [RoomID: Stay] = [:]
        /// What its user may ask for.
        let quota: UserQuota
        /// The pieces of a long frame, and when the first came.
        var assembler = FrameAssembler()
        var assemblingSince: Timestamp?
        /// Requests that the owners of rooms have not answered yet.
        var unanswered = 0
        /// Nothing is read from it: they are too many.
        var isHeld = false
        /// It broke the protocol: what it sends counts for nothing, and with these words it is sent away once it has its answers.
        var farewell: Failure?
    }

    struct Stay {
        var isInside = false
        /// How often it has asked to enter and has no answer yet.
        var asked = 0
    }

    private struct Slot {
        var generation: UInt32
        var session: Session?
    }

    /// - Returns: the slot and its generation.
    mutating func insert(_ device: ConnectedDevice, _ quota: UserQuota) -> (slot: Int, generation: UInt32) {
        if let slot = free.popLast() {
            slots[slot].generation &+= 1
            slots[slot].session = Session(device: device, quota: quota)
            return (slot, slots[slot].generation)
        }
        slots.append(Slot(generation: 0, session: Session(device: device, quota: quota)))
        return (slots.count - 1, 0)
    }

    mutating func remove(_ slot: Int) -> Session? {
        guard slots.indices.contains(slot), let session = slots[slot].session else { return nil }
        slots[slot].session = nil
        freed.append(slot)
        return session
    }

    /// The session at `slot`, whichever it is.
    subscript(slot: Int) -> Session? {
        get { slots.indices.contains(slot) ? slots[slot].session : nil }
        _modify {
            yield &slots[slot].session
        }
    }

    /// The slots of sessions that fulfil `condition`.
    func slots(where condition: (Session) -> Bool) -> [Int] {
        slots.indices.filter { slots[$0].session.map(condition) == true }
    }

    func generation(of slot: Int) -> UInt32 { slots[slot].generation }

    /// Whether `id` still means the session at its slot.
    func contains(_ id: SessionID) -> Bool {
        slots.indices.contains(id.slot) && slots[id.slot].generation == id.generation && slots[id.slot].session != nil
    }

    mutating func endTick() {
        free.append(contentsOf: freed)
        freed.removeAll(keepingCapacity: true)
    }
}
