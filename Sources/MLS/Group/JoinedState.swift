import MLSWire
import TLSSyntax

/// A group's public state as a newcomer checks it (RFC 9420 §12.4.3, §12.4.3.1).
struct JoinedState {
    let group: GroupState
    let rules: LeafRules

    /// - Parameter tree: if it does not come with the group info.
    /// - Throws: the rule that the group breaks; ``MLSError/missingRatchetTree``.
    init(
        checking info: GroupInfo, suite: CipherSuite, tree: TreeNodes?, client: MLSClient,
        isMember: (GroupID) -> Bool
    ) throws(MLSError) {
        try require(.groupInfoSuiteMatches, info.context.cipherSuite == suite.code && info.context.version == .mls10)
        try require(.groupIsNew, !isMember(info.context.groupID))
        let sent = try MLSError.decoding { () throws(SyntaxError) in
            try info.extensions.value(.ratchetTree, as: TreeNodes.self)
        }
        guard let nodes = sent ?? tree else { throw .missingRatchetTree }
        var tree = RatchetTree(suite: suite, nodes)

        let signer = tree[leaf: info.signer]
        try require(.groupInfoSignerIsMember, signer != nil)
        try require(
            .groupInfoSignature,
            suite.verify(
                info.signature, of: info.toBeSigned, label: "GroupInfoTBS",
                key: signer?.signatureKey ?? SignaturePublicKey(bytes: [])))
        try require(.groupInfoTreeHash, tree.treeHash() == info.context.treeHash)
        try tree.validateStructure()

        rules = try LeafRules(
            suite: suite, groupID: info.context.groupID, extensions: info.context.extensions, client: client)
        try require(
            .joinerSupportsGroupExtensions,
            info.context.extensions.types.allSatisfy(client.capabilities.supports))
        for sender in try info.context.extensions.externalSenders() {
            try client.validator.check(
                sender.credential, key: sender.signatureKey, for: .externalSender, suite: suite)
        }
        for index in tree.members {
            guard let leaf = tree[leaf: index] else { continue }
            try rules.check(leaf, as: .tree(index))
            try rules.checkAmongMembers(leaf, in: tree)
        }
        try require(.signatureKeyIsUnique, tree.signatureKeys.duplicates == 0)
        try require(.encryptionKeyIsUnique, tree.encryptionKeys.duplicates == 0)
        group = GroupState(
            suite: suite, context: info.context, tree: tree, clients: ClientIndex(tree, client.validator),
            confirmationTag: info.confirmationTag)
    }
}
