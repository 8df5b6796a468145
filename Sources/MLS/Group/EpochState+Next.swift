package import Crypto
package import MLSWire

/// What a commit brings into the key schedule (RFC 9420 §8).
package struct CommitSecrets: Sendable {
    /// The old epoch's, or the one that a newcomer sent.
    package let initial: SymmetricKey
    /// From the path; zeros without one.
    package let commit: SymmetricKey
    /// From keys outside; zeros without any.
    package let preShared: SymmetricKey

    package init(initial: SymmetricKey, commit: SymmetricKey, preShared: SymmetricKey) {
        self.initial = initial
        self.commit = commit
        self.preShared = preShared
    }
}

/// An epoch that follows from a commit, and what newcomers need to follow.
package struct NextEpoch: Sendable {
    package let state: EpochState
    package let joiner: SymmetricKey

    /// The last steps of making and of processing a commit, which are the same (§12.4.1, §12.4.2).
    /// - Parameters:
    ///   - context: the provisional one; the transcript hash is put in here.
    ///   - commit: signed; whether it is already confirmed does not matter.
    package init(
        _ provisional: ProvisionalState, context: GroupContext, keys: TreePrivateKeys, secrets: CommitSecrets,
        commit: AuthenticatedContent, reInit: ReInit?
    ) {
        let suite = provisional.old.suite
        var context = context
        context.confirmedTranscriptHash = suite.confirmedHash(
            interim: provisional.old.interimTranscriptHash, commit)
        let encoded = context.encoded
        joiner = EpochSecrets.joiner(suite, initial: secrets.initial, commit: secrets.commit, context: encoded)
        let epoch = EpochSecrets.epoch(suite, joiner: joiner, psk: secrets.preShared, context: encoded)
        let (derived, encryption) = EpochSecrets.derive(suite, epoch: epoch)
        let tag = MACTag(bytes: suite.hash.mac(context.confirmedTranscriptHash, key: derived.confirmation))
        var keys = keys
        keys.prune(to: provisional.tree)
        state = EpochState(
            group: GroupState(
                suite: suite, context: context, tree: provisional.tree, clients: provisional.clients,
                confirmationTag: tag),
            keys: keys, secrets: derived, encryption: encryption, reInit: reInit)
    }
}
