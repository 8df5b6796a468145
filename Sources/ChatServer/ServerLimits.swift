/// What one device, room or server may grow to.
package struct ServerLimits: Sendable {
    // A session or device.
    package var sessionsPerDevice = 16
    /// Rooms that a session may have entered.
    package var roomsPerSession = 1_024
    /// Rooms that exist by a device's founding.
    package var roomsFoundedPerDevice = 1_024
    /// Pages of lists that a session may ask for at once.
    package var listBurst: UInt64 = 512
    package var listsPerSecond: UInt64 = 32
    /// Requests that wait for the owners of rooms; a session that has more is not read from until few do.
    package var unanswered = 64
    package var keyPackagesPerDevice = 200
    /// Under how many key packages a device is told to publish more.
    package var fewKeyPackages = 8
    package var claimBurst: UInt64 = 64
    package var claimsPerSecond: UInt64 = 1
    package var welcomesPerDevice = 1_024

    // A room.
    package var devicesPerRoom = 5_000
    /// Devices that have left and may read up to that.
    package var formerDevicesPerRoom = 1_000
    package var entriesPerRoom = 100_000
    package var bytesPerRoom = 64 << 20
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

    // The server.
    /// Unfinished long frames of all sessions.
    package var stagedBytes = 256 << 20
    /// All rooms' logs and blobs.
    package var roomBytes = 2 << 30
    /// All welcomes that wait.
    package var welcomeBytes = 512 << 20

    package init() {}
}
