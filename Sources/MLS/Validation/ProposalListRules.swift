package import MLSWire

extension Sender {
    /// The member's leaf, if the sender is one.
    package var member: LeafIndex? { if case .member(let leaf) = self { leaf } else { nil } }
}

/// The rules for the proposals of a commit before they are applied (RFC 9420 §12.1, §12.2).
package struct ProposalListRules: Sendable {
    let group: GroupState
    let leaves: LeafRules
    /// What a resumption key may be used for: in a group's first commit also to tie it to the group that it comes of.
    let usages: Set<ResumptionUsage>

    package init(group: GroupState, leaves: LeafRules, usages: Set<ResumptionUsage> = [.application]) {
        self.group = group
        self.leaves = leaves
        self.usages = usages
    }

    /// The rules for a member's commit.
    package func check(_ list: ProposalList, committer: LeafIndex) throws(MLSError) {
        try require(.reInitIsAlone, list.reInit == nil || list.items.count == 1)
        for item in list.items { try check(item, committer: committer) }
        try checkLeavesChangeOnce(list)
        try checkPreSharedKeys(list)
        try checkExtensions(list)
        try checkCustomTypes(list)
    }

    private func checkLeavesChangeOnce(_ list: ProposalList) throws(MLSError) {
        let changed = list.updates.map(\.leaf) + list.removes
        try require(.leafIsChangedOnce, Set(changed).count == changed.count)
    }

    private func checkPreSharedKeys(_ list: ProposalList) throws(MLSError) {
        try require(.preSharedKeyIsUnique, Set(list.preSharedKeys).count == list.preSharedKeys.count)
    }

    private func checkExtensions(_ list: ProposalList) throws(MLSError) {
        let settings = list.items.filter { $0.proposal.type == .groupContextExtensions }
        try require(.groupContextExtensionsAreSole, settings.count <= 1)
        guard let extensions = list.extensions else { return }
        for sender in try extensions.externalSenders() {
            try leaves.client.validator.check(
                sender.credential, key: sender.signatureKey, for: .externalSender, suite: group.suite)
        }
    }

    /// Members that the commit removes need not support a custom type.
    private func checkCustomTypes(_ list: ProposalList) throws(MLSError) {
        for type in list.customTypes where !group.tree.capabilities.allSupport(type) {
            let removed = Set(list.removes)
            let lacking = group.tree.members.contains { leaf in
                !removed.contains(leaf) && group.tree[leaf: leaf]?.capabilities.supports(type) == false
            }
            try require(.proposalTypeIsSupported, !lacking)
        }
    }

    /// The rules for each proposal of a member's commit.
    package func check(_ item: ReceivedProposal, committer: LeafIndex) throws(MLSError) {
        switch item.proposal {
        case .add(let package): try leaves.check(package)
        case .update(let node):
            // Nobody outside gets so far: such a proposal is refused when it is received.
            guard let leaf = item.sender.member else { throw .invalid(.externalProposalIsAllowed) }
            try require(.committerDoesNotUpdate, leaf != committer)
            guard let old = group.tree[leaf: leaf] else { throw .invalid(.senderIsMember) }
            try leaves.check(node, as: .update(leaf, replacing: old))
        case .remove(let leaf):
            try require(.removeNamesMember, group.tree[leaf: leaf] != nil)
            try require(.committerDoesNotLeave, leaf != committer)
        case .preSharedKey(let id): try check(id)
        case .reInit(let reInit): try require(.reInitKeepsVersion, reInit.version >= group.context.version)
        case .externalInit: try require(.externalInitIsExternal, false)
        case .groupContextExtensions, .custom: break
        }
    }

    private func check(_ id: PreSharedKeyID) throws(MLSError) {
        try require(.preSharedKeyNonceHasHashLength, id.nonce.count == group.suite.hash.byteCount)
        try require(.preSharedKeyUsageIsApplication, id.usage.map(usages.contains) ?? true)
    }

    /// The rules for the commit of a client that joins by itself (§12.2, §12.4.3.2).
    package func checkExternal(_ list: ProposalList, _ commit: Commit) throws(MLSError) {
        try require(.externalCommitHasPath, commit.path != nil)
        try require(
            .externalCommitHasNoReferences,
            commit.proposals.allSatisfy { if case .proposal = $0 { true } else { false } })
        try require(.externalCommitHasOneInit, list.externalInits.count == 1)
        try require(.externalCommitRemovesOnce, list.removes.count <= 1)
        for item in list.items {
            switch item.proposal {
            case .externalInit: break
            case .preSharedKey(let id): try check(id)
            case .remove(let leaf):
                try require(.removeNamesMember, group.tree[leaf: leaf] != nil)
                try checkResync(commit, of: leaf)
            default: try require(.externalCommitIsPure, false)
            }
        }
        try checkPreSharedKeys(list)
    }

    /// Who removes somebody while joining must be the same client, with a new key.
    private func checkResync(_ commit: Commit, of removed: LeafIndex) throws(MLSError) {
        guard let node = commit.path?.leafNode, let old = group.tree[leaf: removed] else { return }
        try require(
            .externalCommitRemovesItself, leaves.client.validator.isSuccessor(node.credential, of: old.credential))
        try require(.updateChangesKey, node.encryptionKey != old.encryptionKey)
    }
}
