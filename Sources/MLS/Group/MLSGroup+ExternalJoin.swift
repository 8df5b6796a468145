import Crypto
public import MLSWire
import TLSSyntax

/// A client's own commit by which it joins a group, and the group as it is then.
public struct ExternalJoin: ~Copyable, Sendable {
    private let contents: (message: MLSMessage, groupInfo: GroupInfo)
    private let group: MLSGroup

    init(message: MLSMessage, groupInfo: GroupInfo, group: consuming MLSGroup) {
        contents = (message, groupInfo)
        self.group = group
    }

    // Not inlined, as ``StagedEpoch`` says.

    /// The commit, for the members.
    public var message: MLSMessage { @inline(never) get { contents.message } }
    /// The new epoch, for those who join after this client.
    public var groupInfo: GroupInfo { @inline(never) get { contents.groupInfo } }

    /// The group as it is when the delivery service has accepted the commit. Store its ``MLSGroup/snapshot`` before the commit is
    /// submitted, and forget it if another commit was first.
    public consuming func take() -> MLSGroup { group }
}

extension MLSGroup {
    /// Joins a group without being added, or comes back to one (RFC 9420 §12.4.3.2).
    /// - Parameters:
    ///   - info: of the group's present epoch, with the key for external joins.
    ///   - tree: the group's tree, if the group info does not hold it.
    ///   - old: a leaf of this client's that the new one takes the place of.
    ///   - preSharedKeys: keys from outside that prove more than the credential does.
    public static func joinExternally(
        _ info: GroupInfo, tree: TreeNodes? = nil, replacing old: LeafIndex? = nil,
        preSharedKeys: [PreSharedKeyID.Source] = [], client: MLSClient,
        isMember: (GroupID) -> Bool = { _ in false }
    ) throws(MLSError) -> ExternalJoin {
        let suite = try CipherSuite(info.context.cipherSuite)
        let joined = try JoinedState(checking: info, suite: suite, tree: tree, client: client, isMember: isMember)
        let group = joined.group
        let externalKey = try MLSError.decoding { () throws(SyntaxError) in
            try info.extensions.value(.externalPub, as: HPKEPublicKey.self)
        }
        guard let externalKey else { throw .misuse(.noExternalKey) }
        let (kemOutput, initial) = try ExternalInit.make(to: externalKey, suite: suite)

        var proposals: [Proposal] = [.externalInit(kemOutput: kemOutput)]
        if let old { proposals.append(.remove(old)) }
        for source in preSharedKeys {
            proposals.append(.preSharedKey(PreSharedKeyID(source: source, nonce: suite.randomSecret.bytes)))
        }
        let list = ProposalList(proposals.map { ReceivedProposal($0, from: .newMemberCommit) })
        let preShared = try preSharedSecret(list.preSharedKeys, suite: suite, client: client, origin: nil)

        var provisional = ProvisionalState(applying: list, to: group, validator: client.validator)
        let leaf = provisional.takeJoinerLeaf()
        let path = try provisional.renewPath(of: leaf) { (key, parentHash) throws(MLSError) -> LeafNode in
            var node = client.leafNode(
                encryptionKey: key, source: .commit(parentHash: parentHash), extensions: Extensions())
            try client.sign(&node, in: group.id, at: leaf, suite: suite)
            return node
        }
        try joined.rules.check(path.leafNode, as: .commit(leaf, replacing: nil))
        try provisional.check(joined.rules)
        let context = try provisional.context()
        let updatePath = try provisional.tree.encrypt(path, of: leaf, excluding: [], context: context.encoded)
        let commit = Commit(proposals: proposals.map { .proposal($0) }, path: updatePath)
        try ProposalListRules(group: group, leaves: joined.rules).checkExternal(list, commit)

        var keys = TreePrivateKeys(leaf: leaf, leafKey: path.leafKey)
        for step in path.secrets.nodes { keys.parents[step.node] = step.key }
        var signed = try MessageProtection.sign(
            FramedContent(
                groupID: group.id, epoch: group.epoch, sender: .newMemberCommit, content: .commit(commit)),
            as: .publicMessage, context: group.context.encoded, with: client.signer)
        let next = NextEpoch(
            provisional, context: context, keys: keys,
            secrets: CommitSecrets(initial: initial, commit: path.secrets.commitSecret, preShared: preShared),
            commit: signed, reInit: nil)
        signed.auth.confirmationTag = next.state.group.confirmationTag
        let groupInfo = try next.state.groupInfo(
            signer: client.signer, includesTree: true, invitesExternalJoins: true)
        return ExternalJoin(
            message: .publicMessage(PublicMessage(content: signed.content, auth: signed.auth)), groupInfo: groupInfo,
            group: MLSGroup(client: client, epoch: next.state))
    }
}
