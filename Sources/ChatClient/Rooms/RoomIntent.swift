package import Chat
package import MLSWire

/// A change of a room's members that this device wants, until a commit has brought it about.
package enum RoomIntent: Hashable, Sendable {
    /// All devices of a user that have key packages.
    case addUser(UserName)
    /// One device.
    case addDevice(PeerIdentity)
    /// A device whose key package is at hand.
    case addPackage(PeerIdentity, KeyPackage)
    /// A member that lost the thread, anew.
    case readd(PeerIdentity, KeyPackage)
    case remove(PeerIdentity)
    case removeUser(UserName)
    /// New keys for this device's path, so that a thief of the old ones is locked out.
    case refresh
    /// The server has another certificate than when the room was founded: it may ask for removals by the new one.
    case trustServer
}

extension RoomIntent: CustomStringConvertible {
    /// What is wished, in a few words.
    package var description: String {
        switch self {
        case .addUser(let user): "adding \(user)"
        case .addDevice(let device), .addPackage(let device, _): "adding \(device)"
        case .readd(let device, _): "adding \(device) anew"
        case .remove(let device): "removing \(device)"
        case .removeUser(let user): "removing \(user)"
        case .refresh: "new keys for this device"
        case .trustServer: "the server's new certificate"
        }
    }
}
