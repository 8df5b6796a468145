package import Crypto
package import MLSWire

/// All that a member knows of an epoch.
package struct EpochState: Sendable {
    package var group: GroupState
    package var keys: TreePrivateKeys
    package var secrets: EpochSecrets
    package var protection: MessageProtection
    /// Proposals that were received or made in this epoch.
    package var proposals = ProposalCache()
    /// Private keys of leaves that this member proposed for itself.
    package var ownUpdates: [HPKEPublicKey: OwnUpdate] = [:]
    /// The group that takes this one's place, if the commit that began the epoch said so.
    package let reInit: ReInit?

    /// What a member keeps of an Update that it proposed.
    package struct OwnUpdate: Sendable {
        package let leafKey: HPKEPrivateKey
        /// Who it is from then on, if that changes.
        let client: MLSClient?
    }

    package var suite: CipherSuite { group.suite }
    package var leaf: LeafIndex { keys.leaf }

    /// The first epoch of a group, or one that is joined.
    package init(
        group: GroupState, keys: TreePrivateKeys, secrets: EpochSecrets, encryption: SymmetricKey, reInit: ReInit? = nil
    ) {
        self.group = group
        self.keys = keys
        self.secrets = secrets
        self.reInit = reInit
        protection = MessageProtection(
            suite: group.suite, context: group.context, senderData: secrets.senderData, membership: secrets.membership,
            secretTree: SecretTree(suite: group.suite, leafCount: group.tree.leafCount, root: encryption))
    }

    init(
        restoring group: GroupState, keys: TreePrivateKeys, secrets: EpochSecrets, secretTree: SecretTree,
        reInit: ReInit?
    ) {
        self.group = group
        self.keys = keys
        self.secrets = secrets
        self.reInit = reInit
        protection = MessageProtection(
            suite: group.suite, context: group.context, senderData: secrets.senderData, membership: secrets.membership,
            secretTree: secretTree)
    }

    /// Puts worthless keys in the place of all secrets: this member is out.
    mutating func forgetSecrets() {
        let nothing = SymmetricKey.random(count: suite.hash.byteCount)
        secrets = EpochSecrets.derive(suite, epoch: nothing).0
        keys = TreePrivateKeys(leaf: keys.leaf, leafKey: HPKEPrivateKey(generating: suite.kem))
        protection = MessageProtection(
            suite: suite, context: group.context, senderData: nothing, membership: nothing,
            secretTree: SecretTree(suite: suite, leafCount: 1, nodes: [:], ratchets: [:]))
        ownUpdates = [:]
        proposals = ProposalCache()
    }

    /// A signed description of the epoch for those who join (§12.4.3).
    package func groupInfo(
        signer: any Signer, includesTree: Bool, invitesExternalJoins: Bool, extensions: Extensions = Extensions()
    ) throws(MLSError) -> GroupInfo {
        var extensions = extensions
        if includesTree { extensions[.ratchetTree] = group.treeNodes.encoded }
        if invitesExternalJoins {
            extensions[.externalPub] = secrets.externalKey(suite).publicKey.encoded
        }
        var info = GroupInfo(
            context: group.context, extensions: extensions, confirmationTag: group.confirmationTag, signer: leaf)
        info.signature = try signer.sign(info.toBeSigned, label: "GroupInfoTBS")
        return info
    }
}
