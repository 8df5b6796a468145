public import MLSWire

/// What a commit changes, for the application to look at before it adopts the new epoch.
public struct Effects: Hashable, Sendable {
    /// Who committed, by the leaf in the new tree.
    public let committer: LeafIndex
    /// Whether the committer joined by this commit.
    public let isExternalJoin: Bool
    /// New members, by leaf. Who comes back by its own commit is among them, and its old appearance among the removed.
    public let added: [GroupMember]
    /// Who is no member any more.
    public let removed: [GroupMember]
    /// Members whose leaf changed, as it was and as it is. The committer is among them if the commit had a path.
    public let updated: [Change]
    /// Whether this member is among the removed.
    public let removesSelf: Bool
    /// The group's extensions, if they change.
    public let extensions: Extensions?
    /// The group that takes this one's place.
    public let reInit: ReInit?
    /// Keys from outside that entered.
    public let preSharedKeys: [PreSharedKeyID]
    /// What members or the application proposed beyond RFC 9420.
    public let custom: [Custom]

    /// A member whose leaf was replaced.
    public struct Change: Hashable, Sendable {
        public let old: GroupMember
        public let new: GroupMember
    }

    /// A proposal of a type that RFC 9420 does not define.
    public struct Custom: Hashable, Sendable {
        public let type: ProposalType
        public let content: [UInt8]
        public let sender: Sender
    }

    init(
        of provisional: ProvisionalState, _ list: ProposalList, committer: LeafIndex, isExternalJoin: Bool,
        member: LeafIndex?
    ) {
        var (added, removed, updated): ([GroupMember], [GroupMember], [Change]) = ([], [], [])
        let gone = Set(list.removes)
        for leaf in provisional.replaced.keys.sorted() {
            let old = provisional.replaced[leaf].flatMap { $0 }.map { GroupMember(leaf, $0) }
            let new = provisional.tree[leaf: leaf].map { GroupMember(leaf, $0) }
            switch (old, new) {
            case (let old?, let new?) where !gone.contains(leaf): updated.append(Change(old: old, new: new))
            case (let old, let new):
                if let old { removed.append(old) }
                if let new { added.append(new) }
            }
        }
        self.added = added
        self.removed = removed
        self.updated = updated
        self.committer = committer
        self.isExternalJoin = isExternalJoin
        removesSelf = member.map(gone.contains) ?? false
        extensions = list.extensions
        reInit = list.reInit
        preSharedKeys = list.preSharedKeys
        custom = list.items.compactMap {
            if case .custom(let type, let content) = $0.proposal {
                Custom(type: type, content: content, sender: $0.sender)
            } else {
                nil
            }
        }
    }
}
