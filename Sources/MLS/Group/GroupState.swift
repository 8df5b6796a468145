public import MLSWire

/// The public half of a group in an epoch: a value that holds no secret, and whose copies are cheap.
public struct GroupState: Sendable {
    package let suite: CipherSuite
    /// What all members agree on (§8.1): the group's extensions among it.
    public let context: GroupContext
    package internal(set) var tree: RatchetTree
    package let clients: ClientIndex
    package let interimTranscriptHash: [UInt8]
    /// By it the commit that began the epoch proved that its sender knew the epoch (§6.1).
    public let confirmationTag: MACTag

    package init(
        suite: CipherSuite, context: GroupContext, tree: RatchetTree, clients: ClientIndex, confirmationTag: MACTag
    ) {
        self.suite = suite
        self.context = context
        self.tree = tree
        self.clients = clients
        self.confirmationTag = confirmationTag
        interimTranscriptHash = suite.interimHash(confirmed: context.confirmedTranscriptHash, confirmationTag)
    }

    /// The group.
    public var id: GroupID { context.groupID }
    /// Counts the commits, from 0.
    public var epoch: UInt64 { context.epoch }
    /// The same for all members, and for the group's whole life.
    public var cipherSuite: MLSCipherSuite { context.cipherSuite }

    /// How many members there are.
    public var memberCount: Int { tree.memberCount }

    /// The members, by leaf. To list them all takes a look at each.
    public var members: [GroupMember] {
        tree.members.compactMap { member($0) }
    }

    /// The member on a leaf; nil if nobody is there.
    public func member(_ leaf: LeafIndex) -> GroupMember? {
        tree[leaf: leaf].map { GroupMember(leaf, $0) }
    }

    /// The tree as it is sent to those who join.
    public var treeNodes: TreeNodes { tree.treeNodes }
}
