public import Crypto
public import MLSWire
import TLSSyntax

/// A group as one of its members knows it (RFC 9420 §3).
///
/// It cannot be copied: two copies would use the same keys for different messages. A commit, whether made here or received,
/// yields a ``StagedEpoch`` and leaves the group as it is; ``adopt(_:)`` enters the new epoch. Whatever throws changes nothing
/// that another member could notice.
///
/// Store ``snapshot`` after each call that changes the group and before what it returned leaves this device: ratchets that were
/// used, and messages that were read, are then never used or read again.
public struct MLSGroup: ~Copyable, Sendable {
    package enum Status: Hashable, Sendable {
        case active
        case removed
        case closed
    }

    package internal(set) var client: MLSClient
    package internal(set) var epoch: EpochState
    /// The latest first.
    package internal(set) var past: [PastEpoch] = []
    package internal(set) var resumption = ResumptionKeys()
    package internal(set) var status = Status.active

    package init(client: MLSClient, epoch: EpochState) {
        self.client = client
        self.epoch = epoch
        status = epoch.reInit == nil ? .active : .closed
    }

    init(
        restoring client: MLSClient, epoch: EpochState, past: [PastEpoch], resumption: ResumptionKeys, status: Status
    ) {
        self.client = client
        self.epoch = epoch
        self.past = past
        self.resumption = resumption
        self.status = status
    }

    /// A new group, whose only member is its creator (RFC 9420 §11). It begins with epoch 0.
    /// - Parameter extensions: must be ones that the client's capabilities list.
    /// - Throws: the rule that the client's own leaf would break.
    public init(
        _ id: GroupID, suite: MLSCipherSuite, client: MLSClient, extensions: Extensions = Extensions()
    ) throws(MLSError) {
        try Self.checkLength(id.bytes.count, atMost: MLSLimits.groupIDLength)
        try Self.checkLength(extensions.encoded.count)
        let package = try client.makeKeyPackage(for: suite)
        let suite = try CipherSuite(suite)
        let rules = try LeafRules(suite: suite, groupID: id, extensions: extensions, client: client)
        try rules.check(package.keyPackage)
        for sender in try extensions.externalSenders() {
            try client.validator.check(sender.credential, key: sender.signatureKey, for: .externalSender, suite: suite)
        }
        var tree = RatchetTree(suite: suite)
        let leaf = tree.add(package.keyPackage.leafNode)
        let context = GroupContext(
            cipherSuite: suite.code, groupID: id, epoch: 0, treeHash: tree.treeHash(), extensions: extensions)
        let (secrets, encryption) = EpochSecrets.derive(suite, epoch: suite.randomSecret)
        let group = GroupState(
            suite: suite, context: context, tree: tree, clients: ClientIndex(tree, client.validator),
            confirmationTag: MACTag(bytes: suite.hash.mac([], key: secrets.confirmation)))
        self.init(
            client: client,
            epoch: EpochState(
                group: group, keys: TreePrivateKeys(leaf: leaf, leafKey: package.leafKey), secrets: secrets,
                encryption: encryption))
    }

    // MARK: What there is to know

    /// The public state: members, extensions, epoch.
    public var state: GroupState { epoch.group }
    /// The group's identifier, which never changes.
    public var id: GroupID { epoch.group.id }
    /// This member's leaf.
    public var leaf: LeafIndex { epoch.leaf }
    /// Equal for all members who are in the same epoch, and for nobody else (RFC 9420 §8.7).
    public var epochAuthenticator: [UInt8] { epoch.secrets.authenticator.bytes }
    /// Whether this member can still send.
    public var isActive: Bool { status == .active }
    /// Whether this member was removed. Its secrets are gone.
    public var isRemoved: Bool { status == .removed }
    /// The group that takes this one's place, if it was reinitialised.
    public var successor: ReInit? { epoch.reInit }
    /// How many proposals wait for a commit.
    public var pendingProposalCount: Int { epoch.proposals.count }

    /// Forgets a proposal that the application does not allow: this member neither commits it nor accepts a commit of it.
    public mutating func discard(_ proposal: ProposalRef) { epoch.proposals.remove(proposal) }

    /// Forgets all proposals that wait: the delivery service has lost them.
    public mutating func discardProposals() { epoch.proposals = ProposalCache() }

    /// A secret for use outside of MLS, which all members of the epoch can derive (RFC 9420 §8.5).
    /// - Parameter length: `0...255 × KDF.Nh` bytes.
    public func export(label: String, context: [UInt8] = [], length: Int) throws(MLSError) -> SymmetricKey {
        guard status != .removed else { throw .misuse(.notAMember) }
        guard (0...255 * epoch.suite.hash.byteCount).contains(length), length <= Int(UInt16.max) else {
            throw .misuse(.exportLength)
        }
        return epoch.secrets.export(epoch.suite, label: label, context: context, length: length)
    }

    /// A signed description of the epoch, by which a client can join by itself (RFC 9420 §12.4.3).
    public func groupInfo(includesTree: Bool = true, invitesExternalJoins: Bool = true) throws(MLSError) -> GroupInfo {
        try checkActive()
        return try epoch.groupInfo(
            signer: client.signer, includesTree: includesTree, invitesExternalJoins: invitesExternalJoins)
    }

    // MARK: The next epoch

    /// Enters an epoch. The keys of the old one are deleted, but for those that late messages need.
    ///
    /// It cannot fail. To adopt an epoch that does not follow the present one is a mistake of the program, and stops it.
    public mutating func adopt(_ next: consuming StagedEpoch) {
        precondition(next.base == epoch.group.confirmationTag, "the staged epoch does not follow this one")
        guard let state = next.state else {
            status = .removed
            past = []
            resumption = ResumptionKeys()
            epoch.forgetSecrets()
            return
        }
        (past, resumption) = history(adopting: next)
        client = next.client
        status = state.reInit == nil ? .active : .closed
        epoch = state
    }

    /// What remains of the past once the next epoch is adopted.
    func history(adopting next: borrowing StagedEpoch) -> ([PastEpoch], ResumptionKeys) {
        var past = [PastEpoch(protection: epoch.protection, replaced: next.replaced)] + past
        past.removeLast(max(past.count - max(client.policy.pastEpochs, 0), 0))
        var resumption = resumption
        resumption.append(
            epoch.secrets.resumption, of: epoch.group.epoch, keeping: client.policy.resumptionEpochs)
        return (past, resumption)
    }

    // MARK: For the rest of the library

    func checkActive() throws(MLSError) {
        switch status {
        case .active: return
        case .removed: throw .misuse(.notAMember)
        case .closed: throw .misuse(.groupIsClosed)
        }
    }

    /// Messages and their parts are far below what a vector's length can say.
    static func checkLength(_ count: Int, atMost limit: Int = 1 << 28) throws(MLSError) {
        guard count <= limit else { throw .misuse(.tooLong) }
    }

    func rules(extensions: Extensions? = nil) throws(MLSError) -> LeafRules {
        try LeafRules(
            suite: epoch.suite, groupID: id, extensions: extensions ?? epoch.group.context.extensions, client: client)
    }

    /// The keys that a commit names, in its order.
    func preSharedSecret(
        _ ids: [PreSharedKeyID], origin: GroupOrigin? = nil
    ) throws(MLSError) -> SymmetricKey {
        var keys: [(id: PreSharedKeyID, key: SymmetricKey)] = []
        for id in ids {
            guard let key = preSharedKey(id, origin: origin) else { throw .missingPreSharedKey(id) }
            keys.append((id, key))
        }
        return epoch.suite.preSharedSecret(keys)
    }

    private func preSharedKey(_ id: PreSharedKeyID, origin: GroupOrigin?) -> SymmetricKey? {
        if case .resumption(_, let group, let number) = id.source, group == self.id {
            return number == epoch.group.epoch ? epoch.secrets.resumption : resumption[number]
        }
        return id.key(from: client.preSharedKeys, origin: origin)
    }
}

extension PreSharedKeyID {
    /// The key, from the group of origin or the application.
    func key(from source: any PreSharedKeySource, origin: GroupOrigin?) -> SymmetricKey? {
        switch self.source {
        case .external(let id): source.externalKey(id: id)
        case .resumption(_, let group, let epoch):
            if let origin, origin.id == group, origin.epoch == epoch {
                origin.resumptionKey
            } else {
                source.resumptionKey(group: group, epoch: epoch)
            }
        }
    }
}
