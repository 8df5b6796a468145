/// What one device, room or server may grow to.
///
/// ``all`` lists every one of them with its name and its range, for whoever sets or shows them.
package struct ServerLimits: Hashable, Sendable {
    // Connections, before it is known whose they are.
    /// A TLS handshake takes no longer.
    package var handshakeSeconds = 10
    /// Handshakes under way.
    package var handshakes = 4_096
    package var handshakesPerAddress = 1_024
    package var connectionsPerAddress = 5_000
    /// Of all places, the part that addresses may take from which nobody was authenticated lately.
    package var strangerPercent = 75
    /// Addresses that are remembered since somebody was authenticated from there.
    package var knownAddresses = 65_536
    package var knownDays = 7

    // A connection.
    /// A connection of which nothing was heard for longer is ended.
    package var silenceSeconds = 120
    /// A long frame comes whole in that time.
    package var longFrameSeconds = 120
    /// Bytes that wait for a client that does not read.
    package var backlogBytes = 1 << 20

    // A user: all devices and connections together.
    /// What is sent to rooms or changes them.
    package var messageBurst = 2_000
    package var messagesPerSecond = 200
    /// Bytes of all frames that come.
    package var byteBurst = 64 << 20
    package var bytesPerSecond = 4 << 20
    /// Frames of any kind.
    package var requestBurst = 10_000
    package var requestsPerSecond = 1_000
    /// Requests to read a part of a log or of a blob.
    package var pageBurst = 1_000
    package var pagesPerSecond = 100
    /// Rooms founded, and commits by which somebody comes into a room.
    package var joinBurst = 1_000
    package var joinsPerSecond = 10
    /// Requests for key packages.
    package var claimBurst = 64
    package var claimsPerSecond = 1
    /// Pages of lists.
    package var listBurst = 512
    package var listsPerSecond = 32
    /// Unfinished long frames.
    package var stagedBytesPerUser = 32 << 20

    // A session or device.
    package var sessionsPerDevice = 16
    /// Rooms that a session may have entered.
    package var roomsPerSession = 1_024
    /// Rooms that exist by a device's founding.
    package var roomsFoundedPerDevice = 1_024
    /// Requests that wait for the owners of rooms; a session that has more is not read from until few do.
    package var unanswered = 64
    package var keyPackagesPerDevice = 200
    /// Under how many key packages a device is told to publish more.
    package var fewKeyPackages = 8
    package var welcomesPerDevice = 1_024

    // A room.
    package var devicesPerRoom = 5_000
    /// Devices that have left and may read up to that.
    package var formerDevicesPerRoom = 1_000
    package var entriesPerRoom: UInt64 = 1_000_000
    /// On the disk.
    package var bytesPerRoom = 256 << 20
    /// Days after which entries are dropped; 0: never.
    package var keepDays: UInt64 = 30
    /// As many entries are dropped together.
    package var entriesPerSegment: UInt64 = 256
    package var bytesPerSegment: UInt64 = 256 << 10
    /// Of the latest entries of a room that are kept in memory.
    package var tailBytes = 256 << 10
    /// Of each device, the numbers by which a room knows what was sent twice.
    package var tokensPerDevice = 1_024
    /// As many epochs back a message may belong to.
    package var pastEpochs: UInt64 = 4
    /// After so many commits that were set aside, a device may commit no more in that room.
    package var voidedCommits = 3
    package var rosterBytes = 48 << 10
    /// A commit by which a device joins by itself: the server reads it, and what it reads takes many times as much memory.
    package var openCommitBytes = 2 << 20
    /// Bytes of entries in the answer to one request.
    package var bytesPerRead = 256 << 10

    /// Milliseconds that a mark waits for something else to be stored with.
    package var markDelay: UInt64 = 1_000

    // The server.
    /// Unfinished long frames of all sessions.
    package var stagedBytes = 256 << 20
    /// All rooms' logs and payloads, on the disk.
    package var roomBytes = 64 << 30
    /// What of them is in memory; beyond that, rooms keep only their very latest entries there.
    package var heldBytes = 256 << 20
    /// All welcomes that wait.
    package var welcomeBytes = 512 << 20

    package init() {}
}
