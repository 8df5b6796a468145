/// What one device, room or server may grow to.
package struct ServerLimits: Sendable {
    package var roomsPerSession = 256
    package var sessionsPerDevice = 16
    package var devicesPerRoom = 5_000
    /// Pages of lists that a session may ask for at once: twice for each of its rooms.
    package var listBurst: UInt64 = 512
    package var listsPerSecond: UInt64 = 32
    /// Requests that wait for the owners of rooms; a session that has more is not read from until few do.
    package var unanswered = 64

    package init() {}
}
