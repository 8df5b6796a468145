import Chat
import ChatWire

extension PeerIdentity {
    /// Bytes on the wire.
    var encodedSize: Int { user.description.utf8.count + device.description.utf8.count + 2 }
}

extension Roster {
    /// Bytes on the wire.
    var encodedSize: Int {
        let added = added.reduce(0) { $0 + $1.device.encodedSize + 4 }
        return removed.reduce(6 + added) { $0 + $1.encodedSize }
    }
}
