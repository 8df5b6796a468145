package import Chat

/// Which events somebody wants to see; what is not asked for does not matter.
package struct AuditQuery: Sendable {
    /// From this time on.
    package var since: Timestamp?
    /// Before this time.
    package var until: Timestamp?
    package var user: UserName?
    /// Of `user`.
    package var device: DeviceName?
    package var address: AddressRange?
    package var kinds: Set<AuditKind> = []
    /// The begin of a room's id, in hexadecimal digits.
    package var room: String?

    package init() {}

    package var isEmpty: Bool {
        since == nil && until == nil && user == nil && address == nil && kinds.isEmpty && room == nil
    }

    /// Whether the record is wanted; one of a later version of this program is if everything is.
    package func matches(_ record: AuditRecord) -> Bool {
        // Of many, most are too old.
        if let since, let time = record.time, time < since { return false }
        return record.decoded.map { matches($0) } ?? isEmpty
    }

    package func matches(_ event: AuditEvent) -> Bool {
        if let since, event.time < since { return false }
        if let until, event.time >= until { return false }
        if !kinds.isEmpty, !kinds.contains(event.kind) { return false }
        if let address, !address.contains(event.address) { return false }
        if let room, event.room?.description.hasPrefix(room) != true { return false }
        return user.map { concerns($0, event) } ?? true
    }

    /// Whether the user did it, or it was done to one of the user's devices, or the certificate that was refused names one.
    private func concerns(_ user: UserName, _ event: AuditEvent) -> Bool {
        if event.user == user, device == nil || event.device == nil || event.device == device { return true }
        let others = event.kind == .refused ? Self.devices(in: event.words) : event.added + event.removed
        return others.contains { $0.user == user && (device == nil || $0.device == device) }
    }

    /// The devices that a sentence names.
    private static func devices(in words: String) -> [PeerIdentity] {
        words.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "._-/".contains($0))) }
            .compactMap { PeerIdentity($0) }
    }
}

/// A filter that means nothing, and what would.
package struct AuditQueryError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

extension AuditQuery {
    /// - Parameters:
    ///   - user: `alice` or `alice/laptop`.
    ///   - address: an address or a network.
    ///   - events: names of kinds, also several with commas between them.
    ///   - now: what relative times count from.
    package init(
        since: String?, until: String?, user: String?, address: String?, events: [String], room: String?, now: Timestamp
    ) throws(AuditQueryError) {
        self.since = try Self.time("since", since, now)
        self.until = try Self.time("until", until, now)
        if let user { (self.user, device) = try Self.who(user) }
        if let address {
            guard let range = AddressRange(address) else {
                throw AuditQueryError(
                    "--address \(address) is no address; write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
            }
            self.address = range
        }
        for name in events.flatMap({ $0.split(separator: ",") }) { kinds.insert(try Self.kind(String(name))) }
        if let room {
            let digits = room.lowercased()
            guard (1...32).contains(digits.utf8.count), digits.allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
                throw AuditQueryError("--room \(room) is no room's id; write its first hexadecimal digits")
            }
            self.room = digits
        }
    }

    private static func time(_ name: String, _ text: String?, _ now: Timestamp) throws(AuditQueryError) -> Timestamp? {
        guard let text else { return nil }
        guard let time = AuditTime.parse(text, now: now) else {
            throw AuditQueryError(
                "--\(name) \(text) is no time; write how long ago (45s, 30m, 2h, 7d, 2w), or a time in UTC (2026-11-21, "
                    + "\"2026-11-21 14:03\", 14:03)")
        }
        return time
    }

    private static func who(_ text: String) throws(AuditQueryError) -> (UserName?, DeviceName?) {
        if let identity = PeerIdentity(uri: text) ?? PeerIdentity(text) { return (identity.user, identity.device) }
        guard let user = UserName(text) else {
            throw AuditQueryError("--user \(text) is no user; write alice, or alice/laptop for one device")
        }
        return (user, nil)
    }

    private static func kind(_ name: String) throws(AuditQueryError) -> AuditKind {
        if let kind = AuditKind(name: name) { return kind }
        let names = AuditKind.allCases.map(\.name)
        let hint = Nearest.word(to: name, among: names).map { "did you mean \($0)?" }
        throw AuditQueryError(
            "--event \(name) is no event; \(hint ?? "there are \(names.joined(separator: ", "))")")
    }
}
