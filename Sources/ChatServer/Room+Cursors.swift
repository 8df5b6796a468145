import Chat
import ChatWire
import NIOCore
import TLSSyntax

/// How far devices have come with the log.
extension Room {
    /// - Throws: ``Failure/Code/notAMember``; ``Failure/Code/refused`` for a place that the log has not reached.
    func checkMark(_ place: UInt64, by device: PeerIdentity) throws(Failure) {
        try requireRoute(of: device)
        guard place <= log.head else {
            throw Failure(
                .refused, "there is no entry \(place) to have stored; the latest is \(log.head). Enter the room again")
        }
    }

    /// The device has stored the log up to a place that was checked. Whoever went meanwhile has no cursor any more.
    mutating func mark(_ place: UInt64, by device: PeerIdentity) {
        if routing[device] != nil { cursors.raise(device, to: min(place, log.head)) }
    }

    /// Where the room is, as a device is told.
    func status(for device: PeerIdentity) -> RoomStatus {
        RoomStatus(
            room: id, first: log.first, head: log.head, chain: log.chain, cursor: cursors[device], epoch: epoch,
            policy: policy, groupInfo: groupInfo?.reference)
    }

    // MARK: Storing

    mutating func takeCursors(into writes: inout [StoreWrite]) {
        for (device, value) in cursors.takeChanges() {
            let key = StoreRecord.key(id, device)
            writes.append(value.map { .put(.cursors, key: key, value: $0) } ?? .delete(.cursors, key: key))
        }
    }

    /// - Parameter key: behind the room's id.
    mutating func restoreCursor(key: [UInt8], _ value: ByteBuffer) throws(RecoveryError) {
        let what = "a cursor of room \(id)"
        let device = try StoreRecord.read(key, what) { (reader) throws(SyntaxError) in try reader.identity() }
        let place = try StoreRecord.read(value, what) { (reader) throws(SyntaxError) in try reader.uint64() }
        cursors.restore(device, at: place)
    }

    /// To be called when all of the room is restored.
    func checkCursors() throws(RecoveryError) {
        for (device, place) in cursors.all where place == 0 || place > log.head || routing[device] == nil {
            throw RecoveryError("the cursor of \(device) in room \(id) is at \(place), where it cannot be")
        }
    }
}
