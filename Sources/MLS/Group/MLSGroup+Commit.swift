import Crypto
import MLSWire

extension MLSGroup {
    /// Makes a commit: of the given changes, and of the proposals that wait (RFC 9420 §12.4.1).
    ///
    /// The group stays in its epoch. Submit the message; if it is accepted, release the welcome and adopt the epoch;
    /// if another commit was first, drop this one and receive that.
    public mutating func commit(
        _ changes: [Change] = [], options: CommitOptions = CommitOptions()
    ) throws(MLSError) -> Outbound {
        try checkActive()
        var items: [ReceivedProposal] = []
        for change in changes { items.append(ReceivedProposal(try proposal(for: change), from: .member(leaf))) }
        let references = options.coversPendingProposals ? try coverable(beside: ProposalList(items)) : []
        let covered = references.compactMap { epoch.proposals[$0] }
        return try commit(
            ProposalList(covered + items),
            as: references.map { .reference($0) } + items.map { .proposal($0.proposal) }, options: options)
    }

    /// - Parameters:
    ///   - list: the proposals, and `entries` the same as they stand in the commit.
    ///   - origin: the group that this one comes of, for its first commit.
    mutating func commit(
        _ list: ProposalList, as entries: [ProposalOrRef], options: CommitOptions, origin: GroupOrigin? = nil
    ) throws(MLSError) -> Outbound {
        try Self.checkLength(options.authenticatedData.count)
        let rules = try rules(extensions: list.extensions)
        var usages: Set<ResumptionUsage> = [.application]
        if let origin { usages.insert(origin.usage) }
        try ProposalListRules(group: epoch.group, leaves: rules, usages: usages).check(list, committer: leaf)
        let preShared = try preSharedSecret(list.preSharedKeys, origin: origin)

        var provisional = ProvisionalState(applying: list, to: epoch.group, validator: client.validator)
        let renewed = options.renewedClient ?? client
        var path: NewPath?
        if list.requiresPath || options.alwaysRenewsPath || options.renewedClient != nil {
            path = try renewPath(&provisional, as: renewed, rules: rules)
        }
        try provisional.check(rules)
        let context = try provisional.context()
        var updatePath: UpdatePath?
        var keys = epoch.keys
        if let path {
            updatePath = try provisional.tree.encrypt(
                path, of: leaf, excluding: provisional.addedLeaves, context: context.encoded)
            keys.leafKey = path.leafKey
            for step in path.secrets.nodes { keys.parents[step.node] = step.key }
        }

        let content = FramedContent(
            groupID: id, epoch: epoch.group.epoch, sender: .member(leaf), authenticatedData: options.authenticatedData,
            content: .commit(Commit(proposals: entries, path: updatePath)))
        var signed = try sign(content, as: options.isPublic ? .publicMessage : .privateMessage)
        let next = NextEpoch(
            provisional, context: context, keys: keys,
            secrets: CommitSecrets(
                initial: epoch.secrets.initial, commit: path?.secrets.commitSecret ?? epoch.suite.zeroSecret,
                preShared: preShared),
            commit: signed, reInit: list.reInit)
        signed.auth.confirmationTag = next.state.group.confirmationTag

        var welcome: Welcome?
        if !provisional.added.isEmpty {
            welcome = try makeWelcome(
                next, provisional, path, list.preSharedKeys, preShared, signer: renewed.signer,
                includesTree: options.welcomeIncludesTree)
        }
        let groupInfo =
            options.invitesExternalJoins
            ? try next.state.groupInfo(
                signer: renewed.signer, includesTree: options.groupInfoIncludesTree, invitesExternalJoins: true) : nil
        let message = try protect(signed, padding: options.padding)
        let effects = Effects(of: provisional, list, committer: leaf, isExternalJoin: false, member: leaf)
        return Outbound(
            message: message, welcome: welcome, groupInfo: groupInfo,
            staged: StagedEpoch(
                after: epoch, state: next.state, client: renewed, replaced: provisional.replaced, effects: effects))
    }

    /// Renews this member's path, and its leaf with it.
    private func renewPath(
        _ provisional: inout ProvisionalState, as renewed: MLSClient, rules: LeafRules
    ) throws(MLSError) -> NewPath {
        guard let old = epoch.group.tree[leaf: leaf] else { throw .misuse(.notAMember) }
        let (id, leaf, suite) = (id, leaf, epoch.suite)
        let path = try provisional.renewPath(of: leaf) { (key, parentHash) throws(MLSError) -> LeafNode in
            var node = renewed.leafNode(
                encryptionKey: key, source: .commit(parentHash: parentHash), extensions: old.extensions)
            try renewed.sign(&node, in: id, at: leaf, suite: suite)
            return node
        }
        try rules.check(path.leafNode, as: .commit(leaf, replacing: old))
        return path
    }

    /// The proposals that wait and can be committed together, and with those of `changes` (§12.2): a Remove goes before an
    /// Update of the same leaf, the latest Update before the others, and a ReInit only alone.
    private func coverable(beside changes: ProposalList) throws(MLSError) -> [ProposalRef] {
        guard changes.reInit == nil else { return [] }
        let rules = ProposalListRules(group: epoch.group, leaves: try rules(extensions: changes.extensions))
        var valid: [(reference: ProposalRef, item: ReceivedProposal)] = []
        for reference in epoch.proposals.order {
            guard let item = epoch.proposals[reference], (try? rules.check(item, committer: leaf)) != nil else {
                continue
            }
            if case .preSharedKey(let id) = item.proposal, (try? preSharedSecret([id])) == nil { continue }
            valid.append((reference, item))
        }
        var selection = ProposalSelection(beside: changes, in: epoch.group, validator: client.validator)
        for (_, item) in valid {
            if case .remove(let leaf) = item.proposal { selection.willRemove(leaf) }
        }
        // The latest come first, so that of several Updates the last is taken.
        var chosen: [ProposalRef] = []
        for (reference, item) in valid.reversed() where selection.take(item) { chosen.append(reference) }
        if chosen.isEmpty, changes.items.isEmpty {
            chosen = valid.last { $0.item.proposal.type == .reInit }.map { [$0.reference] } ?? []
        }
        return committable(chosen.reversed(), beside: changes)
    }

    /// A welcome for all whom a commit adds (§12.4.3.1).
    private func makeWelcome(
        _ next: NextEpoch, _ provisional: ProvisionalState, _ path: NewPath?, _ preSharedKeys: [PreSharedKeyID],
        _ preShared: SymmetricKey, signer: any Signer, includesTree: Bool
    ) throws(MLSError) -> Welcome {
        let suite = epoch.suite
        let info = try next.state.groupInfo(
            signer: signer, includesTree: includesTree, invitesExternalJoins: false)
        let key = WelcomeKey(suite, EpochSecrets.welcome(suite, joiner: next.joiner, psk: preShared))
        let encryptedInfo = suite.aead.seal(info.encoded, key: key.key, nonce: key.nonce, authenticating: [])
        let hpke = HPKEInfo(suite: suite, LabelledContent("Welcome", encryptedInfo).encoded)
        var secrets: [EncryptedGroupSecrets] = []
        for (newLeaf, package) in provisional.added {
            let meeting = TreeMath.commonAncestor(leaf.value * 2, newLeaf.value * 2)
            let own = GroupSecrets(
                joiner: next.joiner, path: path?.secrets.nodes.first { $0.node == meeting }?.secret,
                preSharedKeys: preSharedKeys)
            secrets.append(
                EncryptedGroupSecrets(
                    newMember: suite.reference(to: package),
                    encryptedGroupSecrets: try suite.encrypt(own.encoded, to: package.initKey, hpke)))
        }
        return Welcome(cipherSuite: suite.code, secrets: secrets, encryptedGroupInfo: encryptedInfo)
    }
}
