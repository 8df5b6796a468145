import Crypto
import MLS
import MLSWire
import TLSSyntax

/// A client that keeps no rule: it makes messages out of the same parts as the library does, but checks none of them.
struct Forger {
    let old: GroupState
    let protection: MessageProtection
    let secrets: EpochSecrets
    let proposals: ProposalCache
    let client: MLSClient
    let sender: Sender
    let counter: Counter

    var suite: CipherSuite { old.suite }

    /// A member that forges.
    init(_ member: Member) {
        self.init(member, as: member.group.client, sender: .member(member.group.leaf))
    }

    /// A member that forges, and knows the proposals that another has.
    init(_ member: Member, resolving other: Member) {
        self.init(other, as: member.group.client, sender: .member(member.group.leaf))
    }

    /// Somebody outside of the member's group that forges.
    init(outside member: Member, as client: MLSClient, sender: Sender) {
        self.init(member, as: client, sender: sender)
    }

    private init(_ member: Member, as client: MLSClient, sender: Sender) {
        old = member.group.state
        protection = member.group.epoch.protection
        secrets = member.group.epoch.secrets
        proposals = member.group.epoch.proposals
        self.client = client
        counter = member.counter
        self.sender = sender
    }

    // MARK: Commits

    /// The proposal by which a newcomer begins, and the secret that it brings.
    func externalInit() throws -> (proposal: Proposal, initial: SymmetricKey) {
        let made = try ExternalInit.make(to: secrets.externalKey(suite).publicKey, suite: suite)
        return (.externalInit(kemOutput: made.kemOutput), made.initial)
    }

    /// A commit, valid but for what the forgery changes.
    /// - Parameter initial: what an external commit begins with; the epoch's own secret if nil.
    func commit(_ forgery: Forgery = Forgery(), initial: SymmetricKey? = nil) throws -> ForgedCommit {
        let list = ProposalList(
            forgery.entries.compactMap {
                switch $0 {
                case .proposal(let proposal): ReceivedProposal(proposal, from: sender)
                case .reference(let reference): proposals[reference]
                }
            })
        var provisional = ProvisionalState(applying: list, to: old, validator: client.validator)
        let leaf = sender.member ?? provisional.takeJoinerLeaf()
        var tree = provisional.tree
        let path = forgery.hasPath ? try renewPath(of: leaf, in: &tree, forgery) : nil
        try forgery.tree(&tree)
        var context = old.context
        context.epoch &+= 1
        context.treeHash = tree.treeHash()
        context.extensions = provisional.extensions
        try forgery.context(&context)

        let updatePath = try path.map {
            try seal($0, of: leaf, in: tree, excluding: provisional.addedLeaves, context, forgery)
        }
        var content = FramedContent(
            groupID: old.id, epoch: old.epoch, sender: sender,
            content: .commit(Commit(proposals: forgery.entries, path: updatePath)))
        try forgery.content(&content)
        var signed = try MessageProtection.sign(
            content, as: forgery.format, context: protection.context, with: forgery.signer ?? client.signer)
        let preShared = preSharedSecret(list.preSharedKeys, forgery)
        let next = NextEpoch(
            provisional, context: context,
            keys: TreePrivateKeys(leaf: leaf, leafKey: HPKEPrivateKey(generating: suite.kem)),
            secrets: CommitSecrets(
                initial: initial ?? secrets.initial, commit: path?.secrets.commitSecret ?? suite.zeroSecret,
                preShared: preShared),
            commit: signed, reInit: list.reInit)
        var tag = next.state.group.confirmationTag
        try forgery.confirmationTag(&tag)
        signed.auth.confirmationTag = tag

        let newcomers = provisional.added + forgery.alsoWelcomed
        let welcome =
            forgery.makesWelcome
            ? try welcome(
                WelcomeParts(
                    next: next, tree: tree, tag: tag, path: path, preShared: preShared,
                    preSharedKeys: list.preSharedKeys, newcomers: newcomers, signer: leaf), forgery) : nil
        return ForgedCommit(message: try protect(signed), welcome: welcome, next: next, tree: tree)
    }

    private func renewPath(
        of leaf: LeafIndex, in tree: inout RatchetTree, _ forgery: Forgery
    ) throws -> NewPath {
        let leafKey = HPKEPrivateKey(generating: suite.kem)
        let secrets = PathSecrets(
            suite: suite, first: forgery.pathSecret ?? suite.randomSecret,
            path: tree.filteredPath(of: leaf).map(\.node))
        var keys = secrets.nodes.map(\.key.publicKey)
        try forgery.rekey(&keys)
        let parentHash = tree.setPath(of: leaf, keys: keys)
        var node = client.leafNode(
            encryptionKey: leafKey.publicKey, source: .commit(parentHash: parentHash),
            extensions: old.tree[leaf: leaf]?.extensions ?? Extensions())
        try forgery.leaf(&node)
        node.signature = try (forgery.leafSigner ?? client.signer).sign(
            node.toBeSigned(in: old.id, at: leaf), label: "LeafNodeTBS")
        try forgery.signedLeaf(&node)
        tree[leaf: leaf] = node
        return NewPath(secrets: secrets, leafKey: leafKey, leafNode: node)
    }

    /// The path as it is sent. What is encrypted may belong to other keys than those that are shown.
    private func seal(
        _ path: NewPath, of leaf: LeafIndex, in tree: RatchetTree, excluding added: Set<LeafIndex>,
        _ context: GroupContext, _ forgery: Forgery
    ) throws -> UpdatePath {
        let sealed = forgery.sealedPathSecret.map {
            NewPath(
                secrets: PathSecrets(suite: suite, first: $0, path: path.secrets.nodes.map(\.node)),
                leafKey: path.leafKey, leafNode: path.leafNode)
        }
        var reachable = tree
        for member in tree.members where tree[leaf: member].map({ suite.kem.isValid($0.encryptionKey) }) == false {
            reachable[leaf: member]?.encryptionKey = HPKEPrivateKey(generating: suite.kem).publicKey
        }
        var result = try reachable.encrypt(sealed ?? path, of: leaf, excluding: added, context: context.encoded)
        for (index, step) in path.secrets.nodes.enumerated() {
            result.nodes[index].encryptionKey = tree[parent: step.node]?.encryptionKey ?? step.key.publicKey
        }
        try forgery.path(&result)
        return result
    }

    /// The chained keys of the proposals: a key that nobody knows is zeros.
    private func preSharedSecret(_ ids: [PreSharedKeyID], _ forgery: Forgery) -> SymmetricKey {
        suite.preSharedSecret(
            ids.map { id in
                if let key = forgery.preSharedKeys[id] { return (id, key) }
                switch id.source {
                case .external(let name): return (id, client.preSharedKeys.externalKey(id: name) ?? suite.zeroSecret)
                case .resumption(_, old.id, old.epoch): return (id, secrets.resumption)
                case .resumption(_, let group, let epoch):
                    return (id, client.preSharedKeys.resumptionKey(group: group, epoch: epoch) ?? suite.zeroSecret)
                }
            })
    }
}
