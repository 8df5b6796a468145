extension ServerLimits {
    /// Every limit, in groups, in the order in which people are shown them.
    package static var all: [ServerLimit] { groups.flatMap(\.limits) }

    /// A part of the table, and what it is about.
    package struct Group: Sendable {
        package let title: String
        package let limits: [ServerLimit]
    }

    package static let groups: [Group] = [
        Group(title: "Connections, before it is known whose they are", limits: strangers),
        Group(title: "A connection", limits: connection),
        Group(title: "A user: all devices and connections together", limits: user),
        Group(title: "A device", limits: device),
        Group(title: "A room", limits: room),
        Group(title: "The server", limits: server),
    ]

    private static let strangers: [ServerLimit] = [
        ServerLimit(
            "handshake-seconds", \.handshakeSeconds, unit: .seconds, in: 1...600,
            "a TLS handshake that takes longer is ended"),
        ServerLimit(
            "handshakes", \.handshakes, in: 1...1_000_000, "handshakes under way; more are closed at once"),
        ServerLimit(
            "handshakes-per-address", \.handshakesPerAddress, in: 1...1_000_000,
            "those of one address (IPv6: one /64), and no more than a quarter of --max-connections"),
        ServerLimit(
            "connections-per-address", \.connectionsPerAddress, in: 1...1_000_000,
            "connections of one address (IPv6: one /64); more are closed at once"),
        ServerLimit(
            "stranger-percent", \.strangerPercent, unit: .percent, in: 1...100,
            "the part of all places for handshakes and connections that strangers may take: addresses from which nobody "
                + "was authenticated lately"),
        ServerLimit(
            "known-addresses", \.knownAddresses, in: 0...16_000_000,
            "addresses that are remembered since somebody was authenticated from there"),
        ServerLimit(
            "known-days", \.knownDays, unit: .days, in: 1...3_650,
            "after so many days an address may be a stranger again"),
    ]

    private static let connection: [ServerLimit] = [
        ServerLimit(
            "silence-seconds", \.silenceSeconds, unit: .seconds, in: 1...86_400,
            "a connection of which nothing was heard for longer is ended; clients say something every 30 s"),
        ServerLimit(
            "long-frame-seconds", \.longFrameSeconds, unit: .seconds, in: 1...86_400,
            "a frame in pieces that takes longer ends the connection"),
        ServerLimit(
            "backlog-bytes", \.backlogBytes, unit: .bytes, in: 65_536...(1 << 30),
            "a client for which more waits is cut off, and catches up later"),
        ServerLimit(
            "unanswered", \.unanswered, in: 1...1_000_000,
            "requests without an answer; with more, the connection is not read until few are left"),
        ServerLimit("rooms-per-session", \.roomsPerSession, in: 1...1_000_000, "rooms that it may have entered"),
    ]

    private static let user: [ServerLimit] = [
        ServerLimit(
            "messages-per-second", \.messagesPerSecond,
            "messages and changes of rooms; who sends faster is read more slowly"),
        ServerLimit("message-burst", \.messageBurst, "as many at once, after a pause"),
        ServerLimit(
            "bytes-per-second", \.bytesPerSecond, unit: .bytes, in: 1_024...(1 << 40),
            "bytes of all frames; who sends faster is read more slowly"),
        ServerLimit(
            "byte-burst", \.byteBurst, unit: .bytes, in: 1_024...(1 << 40), "as many at once, after a pause"),
        ServerLimit(
            "requests-per-second", \.requestsPerSecond,
            "frames of any kind; who sends faster is read more slowly"),
        ServerLimit("request-burst", \.requestBurst, "as many at once, after a pause"),
        ServerLimit(
            "pages-per-second", \.pagesPerSecond,
            "pages of logs and parts of blobs; who reads faster waits for them"),
        ServerLimit("page-burst", \.pageBurst, "as many at once, after a pause"),
        ServerLimit(
            "joins-per-second", \.joinsPerSecond,
            "rooms founded, and commits by which devices come into a room; more are refused"),
        ServerLimit("join-burst", \.joinBurst, "as many at once, after a pause"),
        ServerLimit("claims-per-second", \.claimsPerSecond, "requests for key packages; more are refused"),
        ServerLimit("claim-burst", \.claimBurst, "as many at once, after a pause"),
        ServerLimit("lists-per-second", \.listsPerSecond, "pages of who is online; more are refused"),
        ServerLimit("list-burst", \.listBurst, "as many at once, after a pause"),
        ServerLimit(
            "staged-bytes-per-user", \.stagedBytesPerUser, unit: .bytes,
            "bytes of unfinished long frames; the connection that goes over it is ended"),
    ]

    private static let device: [ServerLimit] = [
        ServerLimit("sessions-per-device", \.sessionsPerDevice, in: 1...100_000, "connections of a device at once"),
        ServerLimit("rooms-founded-per-device", \.roomsFoundedPerDevice, "rooms that exist by its founding"),
        ServerLimit(
            "key-packages-per-device", \.keyPackagesPerDevice, in: 1...100_000, "key packages that are kept of it"),
        ServerLimit(
            "few-key-packages", \.fewKeyPackages, in: 0...100_000,
            "with fewer left it is told to publish more"),
        ServerLimit("welcomes-per-device", \.welcomesPerDevice, in: 1...1_000_000, "welcomes that wait for it"),
    ]

    private static let room: [ServerLimit] = [
        ServerLimit("devices-per-room", \.devicesPerRoom, in: 1...1_000_000, "devices in a room"),
        ServerLimit(
            "former-devices-per-room", \.formerDevicesPerRoom, in: 0...1_000_000,
            "devices that went and may read up to that"),
        ServerLimit(
            "entries-per-room", \.entriesPerRoom, in: 16...ServerLimit.most, "entries kept; the oldest go first"),
        ServerLimit(
            "bytes-per-room", \.bytesPerRoom, unit: .bytes, in: 65_536...(1 << 40),
            "bytes of them; the oldest go first"),
        ServerLimit(
            "keep-days", \.keepDays, unit: .days, in: 0...36_500, "after so many days entries are dropped; 0: never"),
        ServerLimit("entries-per-segment", \.entriesPerSegment, in: 1...65_536, "entries that are dropped together"),
        ServerLimit(
            "bytes-per-segment", \.bytesPerSegment, unit: .bytes, in: 4_096...(1 << 30), "bytes of them, about"),
        ServerLimit(
            "tail-bytes", \.tailBytes, unit: .bytes, in: 4_096...(1 << 30),
            "of the latest entries, what is kept in memory"),
        ServerLimit(
            "tokens-per-device", \.tokensPerDevice, in: 16...1_000_000,
            "of each device, how much of what it sent is known when it is sent again"),
        ServerLimit(
            "past-epochs", \.pastEpochs, in: 0...1_000_000, "as many epochs back a message may belong to"),
        ServerLimit(
            "mark-delay", \.markDelay, in: 0...60_000,
            "milliseconds that a mark of what a device has stored waits for something else to be stored with"),
        ServerLimit(
            "voided-commits", \.voidedCommits, in: 1...1_000_000,
            "after so many commits that were set aside, a device commits no more there"),
        ServerLimit(
            "roster-bytes", \.rosterBytes, unit: .bytes, in: 1_024...65_536,
            "of the list by which a commit says whom it adds and removes"),
        ServerLimit(
            "open-commit-bytes", \.openCommitBytes, unit: .bytes, in: 1_024...(16 << 20),
            "of the commit of a device that joins by itself"),
        ServerLimit(
            "bytes-per-read", \.bytesPerRead, unit: .bytes, in: 1_024...(16 << 20),
            "entries in the answer to one request"),
    ]

    private static let server: [ServerLimit] = [
        ServerLimit(
            "staged-bytes", \.stagedBytes, unit: .bytes,
            "unfinished long frames of all; the connection that goes over it is ended"),
        ServerLimit("room-bytes", \.roomBytes, unit: .bytes, "logs and payloads of all rooms; more is refused"),
        ServerLimit(
            "held-bytes", \.heldBytes, unit: .bytes, in: 65_536...(1 << 40),
            "what of them is in memory; beyond that rooms keep only their very latest entries there"),
        ServerLimit("welcome-bytes", \.welcomeBytes, unit: .bytes, "welcomes that wait, of all; more are refused"),
    ]
}
