/// A packet as it stands in the log.
package struct StoredPacket: Hashable, Sendable {
    /// Its place in the log: later ones have higher numbers, whatever the clock did.
    package var number: Int64
    /// For how many packets it stands: 1, or of a sample how many went by for each that was taken.
    package var weight: Int
    package var packet: LoggedPacket

    package init(number: Int64, weight: Int, packet: LoggedPacket) {
        self.number = number
        self.weight = weight
        self.packet = packet
    }
}
