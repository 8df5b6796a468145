/// Somebody who is kept out.
package struct BanRow: Hashable, Sendable {
    package var ban: Ban
    /// Packets that it stopped; `nil`: not counted one by one.
    package var packets: Int?

    package init(_ ban: Ban, packets: Int? = nil) {
        self.ban = ban
        self.packets = packets
    }
}

/// A line of the log.
package struct PacketRow: Hashable, Sendable {
    /// ``StoredPacket/number``
    package var id: Int64
    /// For how many packets it stands: ``StoredPacket/weight``.
    package var weight: Int
    /// What stopped it: ``LogReason/name``.
    package var reason: String
    /// The rule's name, or the feed's, where one is known.
    package var name: String?
    package var packet: LoggedPacket
    /// The card's name through which it came, or goes.
    package var interface: String?

    package init(_ stored: StoredPacket, name: String? = nil, interface: String? = nil) {
        self.init(
            id: stored.number, weight: stored.weight, reason: stored.packet.reason.name, name: name,
            packet: stored.packet, interface: interface)
    }

    package init(
        id: Int64, weight: Int = 1, reason: String, name: String? = nil, packet: LoggedPacket, interface: String? = nil
    ) {
        self.id = id
        self.weight = weight
        self.reason = reason
        self.name = name
        self.packet = packet
        self.interface = interface
    }
}

/// What was counted.
package struct StatisticsAnswer: Hashable, Sendable {
    package struct Counter: Hashable, Sendable {
        /// Without `c_`: `ban`, `feed`, `rule_3`, `passed`.
        package var name: String
        package var packets: Int
        package var bytes: Int
        /// Packets, over the last interval.
        package var perSecond: Double

        package init(_ name: String, packets: Int, bytes: Int, perSecond: Double) {
            self.name = name
            self.packets = packets
            self.bytes = bytes
            self.perSecond = perSecond
        }
    }

    package var time: Int64
    /// Since when the counters count.
    package var since: Int64
    package var counters: [Counter]
    package var bans: Int
    /// Addresses that have proven who they are.
    package var authenticated: Int
    package var feedEntries: Int
    /// Lines in the log, and the size of its file.
    package var blockedRows: Int
    package var allowedRows: Int
    package var storeBytes: Int
    /// Packets of which the kernel, or the store's queue, had no room to tell.
    package var lost: Int
    /// Bytes that the daemon keeps in memory.
    package var memory: Int

    package init(
        time: Int64, since: Int64, counters: [Counter], bans: Int = 0, authenticated: Int = 0, feedEntries: Int = 0,
        blockedRows: Int = 0, allowedRows: Int = 0, storeBytes: Int = 0, lost: Int = 0, memory: Int = 0
    ) {
        self.time = time
        self.since = since
        self.counters = counters
        self.bans = bans
        self.authenticated = authenticated
        self.feedEntries = feedEntries
        self.blockedRows = blockedRows
        self.allowedRows = allowedRows
        self.storeBytes = storeBytes
        self.lost = lost
        self.memory = memory
    }
}

/// A threat list and how it is.
package struct FeedRow: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        case ok
        /// It has never been fetched.
        case missing
        /// The last fetch failed; the last good list counts.
        case failing
        /// It changed too much at once: the one before counts until somebody accepts it.
        case held
        /// Too old to count.
        case expired
        /// The policy has it off.
        case off
    }

    package var name: String
    package var direction: FirewallRule.Direction
    /// Addresses and networks that count now.
    package var entries: Int
    package var state: State
    /// When it was last looked at, and when it last changed.
    package var fetched: Int64?
    package var changed: Int64?
    /// Entries of the list that is held back.
    package var held: Int?
    /// Entries that were refused, as they would have blocked our own.
    package var refused: Int
    /// In words: `unchanged, 304`, `HTTP 503; again in 8 min`.
    package var detail: String

    package init(
        name: String, direction: FirewallRule.Direction, entries: Int, state: State, fetched: Int64? = nil,
        changed: Int64? = nil, held: Int? = nil, refused: Int = 0, detail: String = ""
    ) {
        self.name = name
        self.direction = direction
        self.entries = entries
        self.state = state
        self.fetched = fetched
        self.changed = changed
        self.held = held
        self.refused = refused
        self.detail = detail
    }
}

/// What becomes of a packet, and why.
package struct WhyAnswer: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case allowed
        case blocked
        /// Blocked, and the sender is told.
        case rejected
    }

    package var question: WhyQuestion
    package var outcome: Outcome
    /// What decided, short: `rule 3`, `ban`, `whitelist`, `feed spamhaus-drop`, `default`.
    package var by: String
    /// The same as a sentence, with its facts: `Rule 3 “Block RDP” blocks tcp 3389.`
    package var words: String
    /// What the packet meets on its way, in order; each in words.
    package var path: [String]

    package init(_ question: WhyQuestion, outcome: Outcome, by: String, words: String, path: [String] = []) {
        self.question = question
        self.outcome = outcome
        self.by = by
        self.words = words
        self.path = path
    }
}
