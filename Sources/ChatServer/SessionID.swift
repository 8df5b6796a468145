/// One connection of a device, among all of this server's.
package struct SessionID: Hashable, Sendable {
    /// The event loop that it lives on.
    package var loop: Int
    /// Its place there, which a later connection may take over.
    package var slot: Int
    /// Which connection at that place it is: what is under way to a former one must not reach the next.
    package var generation: UInt32

    package init(loop: Int, slot: Int, generation: UInt32) {
        self.loop = loop
        self.slot = slot
        self.generation = generation
    }
}
