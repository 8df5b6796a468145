public import MLSWire

extension MLSGroup {
    // MARK: Application messages

    /// Encrypts a message for the members of this epoch (RFC 9420 §15).
    /// - Parameters:
    ///   - authenticatedData: goes with it in the clear.
    ///   - padding: the message is filled up to a multiple of this many bytes, so that its size tells less.
    /// - Throws: ``MLSError/Misuse/pendingProposals`` while proposals wait: whoever they remove must not read on (§12.4).
    public mutating func seal(
        _ data: [UInt8], authenticatedData: [UInt8] = [], padding: Int = 64
    ) throws(MLSError) -> MLSMessage {
        try checkActive()
        try Self.checkLength(data.count)
        try Self.checkLength(authenticatedData.count)
        guard epoch.proposals.isEmpty || !client.policy.commitsBeforeSending else { throw .misuse(.pendingProposals) }
        let content = FramedContent(
            groupID: id, epoch: epoch.group.epoch, sender: .member(leaf), authenticatedData: authenticatedData,
            content: .application(data))
        let signed = try sign(content, as: .privateMessage)
        return .privateMessage(try epoch.protection.seal(signed, from: leaf, padding: padding))
    }

    /// Leaves out keys that may have been used already: how many messages were sent since the snapshot that this group was
    /// restored from is not known, but it was less than `count`.
    public mutating func skipGenerations(_ count: UInt32) throws(MLSError) {
        for type in [MLSContentType.application, .commit] {
            let chain = SecretTree.Chain(leaf: leaf, type)
            var ratchet = try epoch.protection.secretTree.ratchet(chain)
            let (target, overflow) = ratchet.generation.addingReportingOverflow(count)
            guard !overflow else { throw .misuse(.sendLimit) }
            ratchet.skip(to: target, epoch.suite)
            epoch.protection.secretTree.replace(chain, with: ratchet)
        }
    }

    /// Signs with this member's key, which must be the one in its leaf.
    func sign(_ content: FramedContent, as format: WireFormat) throws(MLSError) -> AuthenticatedContent {
        guard epoch.group.tree.signatureKey(of: leaf) == client.signer.publicKey else {
            throw .misuse(.signerMismatch)
        }
        return try epoch.protection.sign(content, as: format, with: client.signer)
    }

    /// The message as it is sent: signed in the clear, or encrypted.
    mutating func protect(_ message: AuthenticatedContent, padding: Int) throws(MLSError) -> MLSMessage {
        message.wireFormat == .publicMessage
            ? .publicMessage(try epoch.protection.publicMessage(message))
            : .privateMessage(try epoch.protection.seal(message, from: leaf, padding: padding))
    }

    // MARK: Proposals (§12.1)

    /// Proposes a change, for any member to commit.
    public mutating func propose(
        _ change: Change, isPublic: Bool = false, authenticatedData: [UInt8] = []
    ) throws(MLSError) -> MLSMessage {
        try checkActive()
        let proposal = try proposal(for: change)
        let rules = ProposalListRules(group: epoch.group, leaves: try rules())
        if case .remove(let target) = proposal, target == leaf {
            // To leave is to ask somebody else to commit it.
            guard epoch.group.memberCount > 1 else { throw .misuse(.lastMember) }
        } else {
            try rules.check(ReceivedProposal(proposal, from: .member(leaf)), committer: leaf)
        }
        return try propose(proposal, isPublic: isPublic, authenticatedData: authenticatedData)
    }

    /// Proposes a new leaf for this member: a new encryption key, and, if `client` is given, another signature key or credential of it.
    public mutating func proposeUpdate(
        as renewed: MLSClient? = nil, isPublic: Bool = false
    ) throws(MLSError) -> MLSMessage {
        try checkActive()
        guard let old = epoch.group.tree[leaf: leaf] else { throw .misuse(.notAMember) }
        let key = HPKEPrivateKey(generating: epoch.suite.kem)
        var node = (renewed ?? client).leafNode(
            encryptionKey: key.publicKey, source: .update, extensions: old.extensions)
        try (renewed ?? client).sign(&node, in: id, at: leaf, suite: epoch.suite)
        try rules().check(node, as: .update(leaf, replacing: old))
        let message = try propose(.update(node), isPublic: isPublic, authenticatedData: [])
        epoch.ownUpdates[node.encryptionKey] = EpochState.OwnUpdate(leafKey: key, client: renewed)
        return message
    }

    private mutating func propose(
        _ proposal: Proposal, isPublic: Bool, authenticatedData: [UInt8]
    ) throws(MLSError) -> MLSMessage {
        try Self.checkLength(authenticatedData.count)
        guard epoch.proposals.count < client.policy.pendingProposals else {
            throw .refusedByPolicy(.tooManyProposals)
        }
        let content = FramedContent(
            groupID: id, epoch: epoch.group.epoch, sender: .member(leaf), authenticatedData: authenticatedData,
            content: .proposal(proposal))
        let signed = try sign(content, as: isPublic ? .publicMessage : .privateMessage)
        let message = try protect(signed, padding: 64)
        epoch.proposals.insert(
            ReceivedProposal(proposal, from: .member(leaf)), as: epoch.suite.reference(to: signed))
        return message
    }

    func proposal(for change: Change) throws(MLSError) -> Proposal {
        switch change {
        case .add(let package): return .add(package)
        case .remove(let leaf): return .remove(leaf)
        case .preSharedKey(let source):
            if case .external(let id) = source { try Self.checkLength(id.count, atMost: 1 << 16) }
            let nonce = epoch.suite.randomSecret.bytes
            return .preSharedKey(PreSharedKeyID(source: source, nonce: nonce))
        case .setExtensions(let extensions):
            try Self.checkLength(extensions.encoded.count)
            return .groupContextExtensions(extensions)
        case .reInit(let reInit): return .reInit(reInit)
        case .custom(let type, let content):
            try Self.checkLength(content.count)
            guard !type.isDefault, type.rawValue != 0 else { throw .misuse(.updateInCommit) }
            return .custom(type, content)
        }
    }

    // MARK: Receiving

    /// Takes a message of the group. The epoch never changes by it.
    /// - Throws: ``MLSError/futureEpoch(_:)`` if commits were missed, ``MLSError/pastEpoch(_:)`` if it came too late,
    ///   or the rule that it breaks.
    public mutating func receive(_ message: MLSMessage) throws(MLSError) -> Received {
        guard status != .removed else { throw .misuse(.notAMember) }
        switch message {
        case .publicMessage(let message): return try receive(message)
        case .privateMessage(let message): return try receive(message)
        case .welcome, .groupInfo, .keyPackage: throw .misuse(.notFramed)
        }
    }

    private mutating func receive(_ message: PublicMessage) throws(MLSError) -> Received {
        try checkPlace(message.content.groupID, message.content.epoch)
        let content = try epoch.protection.open(message)
        try verify(content)
        if message.content.sender == .member(leaf) { return .own }
        return try accept(content, generation: 0)
    }

    private mutating func receive(_ message: PrivateMessage) throws(MLSError) -> Received {
        guard message.groupID == id else { throw .otherGroup(message.groupID) }
        if message.contentType == .application,
            let index = past.firstIndex(where: { $0.epoch == message.epoch })
        {
            return try receiveLate(message, in: index)
        }
        try checkPlace(message.groupID, message.epoch)
        let sender = try epoch.protection.senderData(of: message)
        if sender.leaf == leaf { return .own }
        let key = try signatureKey(of: epoch.group.tree[leaf: sender.leaf])
        let (suite, context) = (epoch.suite, epoch.protection.context)
        let chain = SecretTree.Chain(leaf: sender.leaf, message.contentType)
        let before = try epoch.protection.secretTree.ratchet(chain)
        let content = try epoch.protection.open(message, from: sender, limits: client.policy.ratchets) {
            (content) throws(MLSError) in
            try MessageProtection.verify(content, key: key, suite: suite, context: context)
        }
        do throws(MLSError) {
            return try accept(content, generation: sender.generation)
        } catch {
            // What a commit lacks, a proposal or a pre-shared key, may still come: it can then be received again.
            epoch.protection.secretTree.replace(chain, with: before)
            throw error
        }
    }

    /// A message of an epoch that is over.
    private mutating func receiveLate(_ message: PrivateMessage, in index: Int) throws(MLSError) -> Received {
        let sender = try past[index].protection.senderData(of: message)
        if sender.leaf == leaf { return .own }
        let node = leafNode(sender.leaf, past: index)
        let key = try signatureKey(of: node)
        let (suite, context) = (epoch.suite, past[index].protection.context)
        let content = try past[index].protection.open(message, from: sender, limits: client.policy.ratchets) {
            (content) throws(MLSError) in
            try MessageProtection.verify(content, key: key, suite: suite, context: context)
        }
        guard let node, case .application(let data) = content.content.content else {
            throw .pastEpoch(message.epoch)
        }
        return .application(
            ApplicationMessage(
                data: data, authenticatedData: message.authenticatedData, sender: GroupMember(sender.leaf, node),
                epoch: message.epoch, generation: sender.generation))
    }

    /// What a leaf held in a past epoch.
    private func leafNode(_ leaf: LeafIndex, past index: Int) -> LeafNode? {
        for step in past[...index].reversed() {
            if let known = step.replaced[leaf] { return known }
        }
        return epoch.group.tree[leaf: leaf]
    }

    private func signatureKey(of node: LeafNode?) throws(MLSError) -> SignaturePublicKey {
        try require(.senderIsMember, node != nil)
        return node?.signatureKey ?? SignaturePublicKey(bytes: [])
    }

    private func checkPlace(_ group: GroupID, _ number: UInt64) throws(MLSError) {
        guard group == id else { throw .otherGroup(group) }
        if number < epoch.group.epoch { throw .pastEpoch(number) }
        if number > epoch.group.epoch { throw .futureEpoch(number) }
    }

    /// Verifies a public message with the key that its kind of sender must have (§6.1).
    private func verify(_ message: AuthenticatedContent) throws(MLSError) {
        let content = message.content.content
        let key: SignaturePublicKey
        switch message.content.sender {
        case .member(let leaf): key = try signatureKey(of: epoch.group.tree[leaf: leaf])
        case .external(let index):
            let senders = try epoch.group.context.extensions.externalSenders()
            try require(.externalSenderIsListed, index < senders.count)
            try require(.externalSenderOnlyProposes, content.type == .proposal)
            if case .proposal(let proposal) = content {
                try require(.externalProposalIsAllowed, proposal.isAllowedFromOutside)
            }
            key = index < senders.count ? senders[Int(index)].signatureKey : SignaturePublicKey(bytes: [])
        case .newMemberProposal:
            var added: KeyPackage?
            if case .proposal(.add(let package)) = content { added = package }
            try require(.newMemberProposesItsAdd, added != nil)
            key = added?.leafNode.signatureKey ?? SignaturePublicKey(bytes: [])
        case .newMemberCommit:
            try require(.newMemberCommits, content.type == .commit)
            guard client.policy.acceptsExternalCommits else { throw .refusedByPolicy(.externalCommit) }
            var path: UpdatePath?
            if case .commit(let commit) = content { path = commit.path }
            try require(.externalCommitHasPath, path != nil)
            key = path?.leafNode.signatureKey ?? SignaturePublicKey(bytes: [])
        }
        try epoch.protection.verify(message, key: key)
    }

    /// Does with a message of this epoch what is to be done, now that its sender is known.
    private mutating func accept(
        _ message: AuthenticatedContent, generation: UInt32
    ) throws(MLSError) -> Received {
        switch message.content.content {
        case .application(let data):
            guard case .member(let sender) = message.content.sender, let member = epoch.group.member(sender) else {
                throw .invalid(.senderIsMember)
            }
            return .application(
                ApplicationMessage(
                    data: data, authenticatedData: message.content.authenticatedData, sender: member,
                    epoch: message.content.epoch, generation: generation))
        case .proposal(let proposal):
            guard epoch.proposals.count < client.policy.pendingProposals else {
                throw .refusedByPolicy(.tooManyProposals)
            }
            let reference = epoch.suite.reference(to: message)
            epoch.proposals.insert(ReceivedProposal(proposal, from: message.content.sender), as: reference)
            return .proposal(reference, proposal, from: message.content.sender)
        case .commit(let commit): return .commit(try stage(message, commit))
        }
    }
}

extension Proposal {
    /// Whether somebody outside may propose it (§12.1.8).
    var isAllowedFromOutside: Bool {
        switch self {
        case .add, .remove, .preSharedKey, .reInit, .groupContextExtensions: true
        case .update, .externalInit, .custom: false
        }
    }
}
