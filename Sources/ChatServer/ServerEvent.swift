package import Chat
package import ChatWire

/// Something that happened in the delivery service and that its administrator may want to look up later: who did what in which room, and
/// never what was said.
package enum ServerEvent: Hashable, Sendable {
    case founded(RoomID, by: PeerIdentity, RoomPolicy)
    /// The last device has left.
    case closed(RoomID)
    /// A commit was taken; its entry has the number.
    case committed(RoomID, by: PeerIdentity, sequence: UInt64, added: [PeerIdentity], removed: [PeerIdentity])
    /// Members have set the commit with the number aside.
    case voided(RoomID, committer: PeerIdentity, sequence: UInt64)
    case left(RoomID, PeerIdentity, sequence: UInt64)
    /// The members were asked to remove a device whose certificate was revoked.
    case removalAsked(RoomID, of: PeerIdentity, sequence: UInt64)
    /// A device asked to be added anew.
    case readdAsked(RoomID, by: PeerIdentity, sequence: UInt64)
    /// Key packages of a user's devices were given out.
    case claimed(UserName, DeviceName?, by: PeerIdentity, count: Int)
    /// A request was refused, since it was one too many.
    case limited(PeerIdentity, RoomID?, String)
    /// The entries of a room up to a number were dropped.
    case logCut(RoomID, from: UInt64, through: UInt64)
}

extension Failure {
    /// Whether a limit was hit.
    var isLimit: Bool {
        switch code {
        case .tooManyRequests, .tooManyRooms, .roomIsFull, .tooLarge: true
        default: false
        }
    }
}

extension Shard {
    mutating func note(_ event: ServerEvent) { actions.append(.event(event)) }

    /// Notes a refusal if a limit is the reason.
    mutating func note(_ failure: Failure, of device: PeerIdentity, in room: RoomID? = nil) {
        if failure.isLimit { note(.limited(device, room, failure.words)) }
    }

    mutating func note(_ failure: Failure, from slot: Int, in room: RoomID? = nil) {
        if let device = sessions[slot]?.device.identity { note(failure, of: device, in: room) }
    }
}
