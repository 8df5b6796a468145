package import Chat

/// How well a room is protected, in three states, with the reason in a plain sentence.
package struct Shield: Hashable, Sendable {
    package enum Level: UInt8, Hashable, Sendable, CaseIterable {
        /// Somebody compared the code, and nothing has changed since.
        case verified = 1
        /// End-to-end encrypted among devices that our CA vouches for.
        case `protected` = 2
        /// Something is wrong, or may be.
        case warning = 3
    }

    /// What is known of a room.
    package struct Facts: Hashable, Sendable {
        /// The user compared ``RoomCode`` with the others.
        package var isVerified = false
        /// What was found and nobody has looked into yet.
        package var findings: [Finding] = []
        /// Devices that are known and have another key than before, which nobody has compared yet.
        package var newKeys: [PeerIdentity] = []
        /// Devices that came since the code was compared.
        package var newDevices: [PeerIdentity] = []
        package var isForked = false
        package var isRejoining = false
        /// This device is in the room no more.
        package var isRemoved = false
        /// Of the room's policy.
        package var auditor: UserName?
        package var isAuditorPresent = false

        package init() {}
    }

    package let level: Level
    /// Why, and what to do.
    package let reason: String

    package init(_ facts: Facts) {
        let (level, reason) = Self.state(facts)
        self.level = level
        self.reason = [reason, Self.auditor(facts)].compactMap { $0 }.joined(separator: " ")
    }

    /// A word for the level: nothing is told by colour alone.
    package var word: String {
        switch level {
        case .verified: "verified"
        case .protected: "protected"
        case .warning: "warning"
        }
    }

    /// The gravest fact decides.
    private static func state(_ facts: Facts) -> (Level, String) {
        if facts.isForked {
            return (
                .warning,
                "The members of this room are shown different histories. "
                    + "Compare /verify with the others by phone or in person, then /rejoin."
            )
        }
        if let finding = facts.findings.first(where: \.isGrave) {
            return (
                .warning,
                "\(finding.sentence) \(finding.advice)\(more(than: 1, of: facts.findings.filter(\.isGrave).count))"
            )
        }
        if let device = facts.newKeys.first {
            return (
                .warning,
                "\(list(facts.newKeys)) \(facts.newKeys.count == 1 ? "has a new key" : "have new keys"). "
                    + "Ask \(device.user) whether that is so, compare /verify, and confirm with /verify ok."
            )
        }
        if facts.isRemoved {
            return (.protected, "This device is no longer in the room: nothing new comes, and what you have stays.")
        }
        if facts.isRejoining {
            return (.protected, "Rejoining the room: messages can be read again in a moment.")
        }
        if let finding = facts.findings.first {
            return (.protected, "End-to-end encrypted. \(finding.sentence) \(finding.advice)")
        }
        guard facts.isVerified else {
            return (
                .protected, "End-to-end encrypted. To be sure of who is in the room, compare /verify with the others."
            )
        }
        guard facts.newDevices.isEmpty else {
            return (
                .protected,
                "End-to-end encrypted. \(list(facts.newDevices)) came since you compared the code: compare /verify again."
            )
        }
        return (.verified, "End-to-end encrypted, and you compared the code with the others.")
    }

    private static func auditor(_ facts: Facts) -> String? {
        guard let auditor = facts.auditor else { return nil }
        return facts.isAuditorPresent
            ? "By this room's rule \(auditor) reads along as its auditor."
            : "By this room's rule \(auditor) is its auditor, and is not in the room now."
    }

    private static func list(_ devices: [PeerIdentity]) -> String {
        let named = devices.prefix(3).map(\.description).joined(separator: ", ")
        return devices.count > 3 ? "\(named) and \(devices.count - 3) more" : named
    }

    private static func more(than shown: Int, of count: Int) -> String {
        count > shown ? " (and \(count - shown) more: /status)" : ""
    }
}
