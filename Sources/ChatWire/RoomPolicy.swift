package import Chat
package import TLSSyntax

/// Who may come into a room, and who watches over it. Every member has it in the group's context; the server is told at the
/// founding, since it lets newcomers into open rooms.
///
///     struct {
///         uint8 version;              /* 1 */
///         uint8 admission;            /* 1: open, 2: invite, 3: direct */
///         opaque auditor<0..32>;      /* a user's name, or empty */
///     } RoomPolicy;
package struct RoomPolicy: Hashable, Sendable {
    package enum Admission: UInt8, Hashable, Sendable {
        /// Anyone of the deployment may join.
        case open = 1
        /// A member adds newcomers.
        case invite = 2
        /// The devices of two users.
        case direct = 3
    }

    package var admission: Admission
    /// An ordinary, visible member whose presence is the room's rule. There is no escrow.
    package var auditor: UserName?

    package init(_ admission: Admission, auditor: UserName? = nil) {
        self.admission = admission
        self.auditor = auditor
    }

    private static let version: UInt8 = 1

    package init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        guard try reader.uint8() == Self.version else {
            throw .invalidValue(offset: start, "a room policy of another version")
        }
        guard let admission = Admission(rawValue: try reader.uint8()) else {
            throw .invalidValue(offset: start + 1, "an unknown admission")
        }
        self.admission = admission
        let name = try reader.text(lengthBytes: 1, 0...32)
        auditor = UserName(name)
        guard auditor != nil || name.isEmpty else {
            throw .invalidValue(offset: start + 2, "an auditor whose name breaks the rule")
        }
    }

    package func write(to writer: inout some SyntaxWriter) throws(SyntaxError) {
        writer.write(Self.version)
        writer.write(admission.rawValue)
        try writer.write(text: auditor?.description ?? "", lengthBytes: 1, 0...32)
    }

    /// The policy alone, as it stands in a group's context.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        // A name is never longer than what its length can say.
        try? write(to: &bytes)
        return bytes
    }
}

extension RoomPolicy {
    /// A policy alone; `nil` bytes are none.
    package init(decoding bytes: [UInt8]?) throws(SyntaxError) {
        self = try SyntaxReader.read(bytes ?? []) { (reader) throws(SyntaxError) in try RoomPolicy(from: &reader) }
    }
}
