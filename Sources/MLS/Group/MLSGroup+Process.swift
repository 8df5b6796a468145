package import Crypto
package import MLSWire

extension MLSGroup {
    /// Checks a commit of somebody else's, and works out the epoch that it begins (RFC 9420 §12.4.2).
    func stage(_ message: AuthenticatedContent, _ commit: Commit) throws(MLSError) -> StagedEpoch {
        try checkActive()
        switch message.content.sender {
        case .member(let committer): return try stage(message, commit, from: committer)
        case .newMemberCommit: return try stageExternal(message, commit)
        case .external, .newMemberProposal: throw .invalid(.newMemberCommits)
        }
    }

    private func stage(
        _ message: AuthenticatedContent, _ commit: Commit, from committer: LeafIndex
    ) throws(MLSError) -> StagedEpoch {
        let list = try ProposalList(resolving: commit, from: .member(committer), among: epoch.proposals)
        let rules = try rules(extensions: list.extensions)
        try ProposalListRules(group: epoch.group, leaves: rules).check(list, committer: committer)
        try require(.commitHasPath, commit.path != nil || !list.requiresPath)
        let preShared = try preSharedSecret(list.preSharedKeys)
        guard let old = epoch.group.tree[leaf: committer] else { throw .invalid(.senderIsMember) }

        var provisional = ProvisionalState(applying: list, to: epoch.group, validator: client.validator)
        var (keys, renewed) = try ownKeys(after: list)
        if let path = commit.path {
            try rules.check(path.leafNode, as: .commit(committer, replacing: old))
            try provisional.merge(path, of: committer)
        }
        try provisional.check(rules)
        let context = try provisional.context()
        let effects = Effects(of: provisional, list, committer: committer, isExternalJoin: false, member: leaf)
        if effects.removesSelf {
            return StagedEpoch(
                after: epoch, state: nil, client: client, replaced: provisional.replaced, effects: effects)
        }
        var commitSecret = epoch.suite.zeroSecret
        if let path = commit.path {
            keys.prune(to: provisional.tree)
            commitSecret = try follow(path, of: committer, in: provisional, &keys, context)
        }
        let next = NextEpoch(
            provisional, context: context, keys: keys,
            secrets: CommitSecrets(initial: epoch.secrets.initial, commit: commitSecret, preShared: preShared),
            commit: message, reInit: list.reInit)
        try confirm(message, next)
        return StagedEpoch(
            after: epoch, state: next.state, client: renewed, replaced: provisional.replaced, effects: effects)
    }

    /// A commit by which a client joins, or comes back (§12.4.3.2).
    private func stageExternal(_ message: AuthenticatedContent, _ commit: Commit) throws(MLSError) -> StagedEpoch {
        let list = try ProposalList(resolving: commit, from: .newMemberCommit, among: epoch.proposals)
        let rules = try rules()
        try ProposalListRules(group: epoch.group, leaves: rules).checkExternal(list, commit)
        let preShared = try preSharedSecret(list.preSharedKeys)
        guard let path = commit.path, let kemOutput = list.externalInits.first else {
            throw .invalid(.externalCommitHasPath)
        }
        let initial = try ExternalInit.open(kemOutput, with: epoch.secrets.externalKey(epoch.suite), suite: epoch.suite)

        var provisional = ProvisionalState(applying: list, to: epoch.group, validator: client.validator)
        let joiner = provisional.takeJoinerLeaf()
        try rules.check(path.leafNode, as: .commit(joiner, replacing: nil))
        try provisional.merge(path, of: joiner)
        try provisional.check(rules)
        let context = try provisional.context()
        let effects = Effects(of: provisional, list, committer: joiner, isExternalJoin: true, member: leaf)
        if effects.removesSelf {
            return StagedEpoch(
                after: epoch, state: nil, client: client, replaced: provisional.replaced, effects: effects)
        }
        var keys = epoch.keys
        keys.prune(to: provisional.tree)
        let commitSecret = try follow(path, of: joiner, in: provisional, &keys, context)
        let next = NextEpoch(
            provisional, context: context, keys: keys,
            secrets: CommitSecrets(initial: initial, commit: commitSecret, preShared: preShared), commit: message,
            reInit: nil)
        try confirm(message, next)
        return StagedEpoch(
            after: epoch, state: next.state, client: client, replaced: provisional.replaced, effects: effects)
    }

    /// This member's keys if the commit covers an Update of its own.
    private func ownKeys(after list: ProposalList) throws(MLSError) -> (TreePrivateKeys, MLSClient) {
        var keys = epoch.keys
        guard let update = list.updates.last(where: { $0.leaf == leaf }) else { return (keys, client) }
        guard let own = epoch.ownUpdates[update.node.encryptionKey] else { throw .missingUpdateKey }
        keys.leafKey = own.leafKey
        return (keys, own.client ?? client)
    }

    /// Takes from a path what this member can decrypt.
    /// - Returns: the commit's secret.
    private func follow(
        _ path: UpdatePath, of sender: LeafIndex, in provisional: ProvisionalState, _ keys: inout TreePrivateKeys,
        _ context: GroupContext
    ) throws(MLSError) -> SymmetricKey {
        let secrets = try provisional.tree.decrypt(
            path, from: sender, with: keys, excluding: provisional.addedLeaves, context: context.encoded)
        for step in secrets.nodes { keys.parents[step.node] = step.key }
        return secrets.commitSecret
    }

    private func confirm(_ message: AuthenticatedContent, _ next: NextEpoch) throws(MLSError) {
        try require(
            .confirmationTag,
            epoch.suite.hash.verify(
                message.auth.confirmationTag?.bytes ?? [], of: next.state.group.context.confirmedTranscriptHash,
                key: next.state.secrets.confirmation))
    }
}

/// The secret by which a newcomer begins an epoch (RFC 9420 §8.3).
package enum ExternalInit {
    private static let label = Array("MLS 1.0 external init secret".utf8)

    package static func make(
        to key: HPKEPublicKey, suite: CipherSuite
    ) throws(MLSError) -> (kemOutput: [UInt8], initial: SymmetricKey) {
        let sender = try HPKESender(suite: suite, to: key, info: HPKEInfo(suite: suite, []))
        return (sender.kemOutput, sender.keys.export(label, length: suite.hash.byteCount))
    }

    package static func open(
        _ kemOutput: [UInt8], with key: HPKEPrivateKey, suite: CipherSuite
    ) throws(MLSError) -> SymmetricKey {
        try key.decapsulate(kemOutput, suite: suite, info: []).export(label, length: suite.hash.byteCount)
    }
}
