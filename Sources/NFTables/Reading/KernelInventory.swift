/// What there is of our table, without the elements of its sets: enough to see whether anybody touched its structure. Two of the same table compare equal
/// unless it was changed, apart from ``generation``, which any change of any table moves.
package struct KernelInventory: Hashable, Sendable {
    package struct Chain: Hashable, Sendable {
        /// Whether packets come in here by a hook.
        package var isBase: Bool
        package var rules: Int
        /// Of the rules' contents (FNV-1a over their expressions): equal for equal rules.
        package var digest: UInt64

        package init(isBase: Bool, rules: Int, digest: UInt64) {
            self.isBase = isBase
            self.rules = rules
            self.digest = digest
        }
    }

    /// The number of the state of all tables; every change of any of them makes it higher.
    package var generation: UInt32
    /// Nobody but the socket that made the table may change it, and it outlives that socket.
    package var isProtected: Bool
    package var chains: [String: Chain]
    /// Names and kernel flags (`NFT_SET_…`) of the sets that have a name of ours.
    package var sets: [String: UInt32]
    package var counters: Set<String>

    package init(
        generation: UInt32, isProtected: Bool, chains: [String: Chain], sets: [String: UInt32], counters: Set<String>
    ) {
        self.generation = generation
        self.isProtected = isProtected
        self.chains = chains
        self.sets = sets
        self.counters = counters
    }
}
