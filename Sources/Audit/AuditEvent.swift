package import Chat
package import TLSSyntax

/// Something that happened at the server: who, from where, in which room; never what was said.
///
///     struct {
///         uint8 version = 1;
///         uint16 kind;                    /* AuditKind */
///         uint64 time;                    /* milliseconds since 1970 */
///         uint64 count;                   /* how many events it stands for, or about how many things it is */
///         opaque who<0..65>;              /* "user/device", "user", or nothing */
///         opaque address<0..64>;          /* "192.0.2.7:50412", "[2001:db8::1]:50412", or nothing */
///         opaque room<0..16>;             /* an id, or nothing */
///         uint64 sequence;                /* of the room's entry; 0: none */
///         opaque added<0..2^16-1>;        /* of opaque<1..65>: devices that a commit added */
///         opaque removed<0..2^16-1>;
///         opaque words<0..512>;           /* for people */
///     } AuditEvent;                       /* in the presentation language of RFC 8446 §3 */
package struct AuditEvent: Hashable, Sendable {
    package var time: Timestamp
    package var kind: AuditKind
    /// How many events it stands for; how many packages were claimed, records dropped.
    package var count: UInt64
    package var user: UserName?
    /// `nil` with a user: all devices of that user.
    package var device: DeviceName?
    package private(set) var address: String
    package var room: RoomID?
    /// Of the room's entry; 0: none.
    package var sequence: UInt64
    package private(set) var added: [PeerIdentity]
    package private(set) var removed: [PeerIdentity]
    /// At most ``maximumWords`` bytes of printable text.
    package private(set) var words: String

    package static let maximumWords = 512
    static let maximumAddress = 64
    /// Bytes that the devices of one list take at most; what a commit can carry is less.
    private static let maximumDevices = 0xFFFF
    /// No event is longer.
    static let maximumSize = 1_024 + 2 * maximumDevices

    /// - Parameters:
    ///   - address: anything; what is not printable becomes `?`, and what is too long is cut.
    ///   - words: the same.
    package init(
        _ kind: AuditKind, at time: Timestamp, who: PeerIdentity? = nil, from address: String = "",
        room: RoomID? = nil, sequence: UInt64 = 0, added: [PeerIdentity] = [], removed: [PeerIdentity] = [],
        count: UInt64 = 1, _ words: String = ""
    ) {
        self.time = time
        self.kind = kind
        self.count = count
        user = who?.user
        device = who?.device
        self.address = AuditText.clean(address, limit: Self.maximumAddress)
        self.room = room
        self.sequence = sequence
        self.added = Self.fitting(added)
        self.removed = Self.fitting(removed)
        self.words = AuditText.clean(words, limit: Self.maximumWords)
    }

    private static func fitting(_ devices: [PeerIdentity]) -> [PeerIdentity] {
        var bytes = 0
        return Array(
            devices.prefix { device in
                bytes += 1 + device.description.utf8.count
                return bytes <= maximumDevices
            })
    }

    /// `alice/laptop`, `alice`, or nothing.
    package var who: String {
        guard let user else { return "" }
        return device.map { "\(user)/\($0)" } ?? "\(user)"
    }
}

// MARK: Encoding

extension AuditEvent {
    private static let version: UInt8 = 1
    private static let whoLengths = 0...65
    private static let deviceLengths = 1...65

    /// The only bytes that mean this event.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(160)
        do {
            try write(to: &bytes)
        } catch {
            // Every part was made to fit.
            assertionFailure("\(error)")
        }
        return bytes
    }

    private func write(to bytes: inout [UInt8]) throws(SyntaxError) {
        bytes.write(Self.version)
        bytes.write(kind.rawValue)
        bytes.write(time.milliseconds)
        bytes.write(count)
        try bytes.write(text: who, lengthBytes: 1, Self.whoLengths)
        try bytes.write(text: address, lengthBytes: 1, 0...Self.maximumAddress)
        try bytes.write(opaque: room?.bytes ?? [], lengthBytes: 1, 0...RoomID.byteCount)
        bytes.write(sequence)
        for devices in [added, removed] {
            try bytes.writeNested(lengthBytes: 2, 0...Self.maximumDevices) { (inner) throws(SyntaxError) in
                for device in devices {
                    try inner.write(text: "\(device)", lengthBytes: 1, Self.deviceLengths)
                }
            }
        }
        try bytes.write(text: words, lengthBytes: 2, 0...Self.maximumWords)
    }

    /// - Throws: for bytes that no event has, and for those of a later version of this program.
    package init(decoding bytes: [UInt8]) throws(SyntaxError) {
        self = try SyntaxReader.read(bytes) { (reader) throws(SyntaxError) in try AuditEvent(from: &reader) }
    }

    private init(from reader: inout SyntaxReader) throws(SyntaxError) {
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: 0, "an audit record of another version")
        }
        guard let kind = AuditKind(rawValue: try reader.uint16()) else {
            throw .invalidValue(offset: 1, "an audit record of an unknown kind")
        }
        self.kind = kind
        time = Timestamp(milliseconds: try reader.uint64())
        count = try reader.uint64()
        (user, device) = try Self.who(from: &reader)
        address = try reader.text(lengthBytes: 1, 0...Self.maximumAddress)
        let start = reader.offset
        let id = try reader.opaque(lengthBytes: 1, 0...RoomID.byteCount)
        room = RoomID(bytes: id)
        guard id.isEmpty || room != nil else { throw .invalidValue(offset: start, "a room's id of another length") }
        sequence = try reader.uint64()
        added = try Self.devices(from: &reader)
        removed = try Self.devices(from: &reader)
        words = try reader.text(lengthBytes: 2, 0...Self.maximumWords)
    }

    private static func who(from reader: inout SyntaxReader) throws(SyntaxError) -> (UserName?, DeviceName?) {
        let start = reader.offset
        let text = try reader.text(lengthBytes: 1, whoLengths)
        if text.isEmpty { return (nil, nil) }
        if let identity = PeerIdentity(text) { return (identity.user, identity.device) }
        guard let user = UserName(text) else { throw .invalidValue(offset: start, "neither a user nor a device") }
        return (user, nil)
    }

    private static func devices(from reader: inout SyntaxReader) throws(SyntaxError) -> [PeerIdentity] {
        try reader.vector(lengthBytes: 2, 0...maximumDevices) { (inner) throws(SyntaxError) in
            let start = inner.offset
            guard let device = PeerIdentity(try inner.text(lengthBytes: 1, deviceLengths)) else {
                throw .invalidValue(offset: start, "not a device")
            }
            return device
        }
    }
}
