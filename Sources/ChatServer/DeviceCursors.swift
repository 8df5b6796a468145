import Chat
import NIOCore

/// Up to where each device has said that it has stored a room's log. A server that was set back to an earlier state is told from one
/// that was not by it: the devices know what they have said.
struct DeviceCursors: Sendable {
    private var places: [PeerIdentity: UInt64] = [:]
    /// Whose cursor has changed and is to be stored.
    private var changed: Set<PeerIdentity> = []

    /// The latest entry that the device has stored; 0 if it has said nothing.
    subscript(device: PeerIdentity) -> UInt64 { places[device] ?? 0 }

    var all: some Sequence<(key: PeerIdentity, value: UInt64)> { places }

    /// What it takes in memory, about.
    var bytes: Int { places.count * 96 }

    /// The device has the log up to a place. An earlier one than before, as it comes late, changes nothing.
    mutating func raise(_ device: PeerIdentity, to place: UInt64) {
        guard place > self[device] else { return }
        places[device] = place
        changed.insert(device)
    }

    /// The device gets the log no more.
    mutating func forget(_ device: PeerIdentity) {
        if places.removeValue(forKey: device) != nil { changed.insert(device) }
    }

    // MARK: Storing

    /// Of each device whose cursor has changed since the last time: what is to be stored, or `nil` if it is forgotten.
    mutating func takeChanges() -> [(device: PeerIdentity, value: ByteBuffer?)] {
        guard !changed.isEmpty else { return [] }
        defer { changed = [] }
        return changed.sorted().map { device in
            (device, places[device].map { place in StoreRecord.value { $0.write(place) } })
        }
    }

    mutating func restore(_ device: PeerIdentity, at place: UInt64) {
        places[device] = place
    }
}
