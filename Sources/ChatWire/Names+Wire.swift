package import Chat
package import TLSSyntax

/// How names and room ids stand in a frame.
///
///     opaque Name<1..32>;
///     struct { Name user; Name device; } Identity;
///     opaque RoomID[16];
extension SyntaxReader {
    package mutating func userName() throws(SyntaxError) -> UserName {
        let start = offset
        guard let name = UserName(try text(lengthBytes: 1, 1...32)) else {
            throw .invalidValue(offset: start, "a user name that breaks the rule")
        }
        return name
    }

    package mutating func deviceName() throws(SyntaxError) -> DeviceName {
        let start = offset
        guard let name = DeviceName(try text(lengthBytes: 1, 1...32)) else {
            throw .invalidValue(offset: start, "a device name that breaks the rule")
        }
        return name
    }

    package mutating func identity() throws(SyntaxError) -> PeerIdentity {
        let user = try userName()
        return PeerIdentity(user: user, device: try deviceName())
    }

    package mutating func roomID() throws(SyntaxError) -> RoomID {
        let high = try uint64()
        return RoomID(high: high, low: try uint64())
    }
}

extension SyntaxWriter {
    package mutating func write(_ name: UserName) throws(SyntaxError) {
        try write(text: name.description, lengthBytes: 1, 1...32)
    }

    package mutating func write(_ name: DeviceName) throws(SyntaxError) {
        try write(text: name.description, lengthBytes: 1, 1...32)
    }

    package mutating func write(_ identity: PeerIdentity) throws(SyntaxError) {
        try write(identity.user)
        try write(identity.device)
    }

    package mutating func write(_ room: RoomID) {
        write(room.high)
        write(room.low)
    }
}
