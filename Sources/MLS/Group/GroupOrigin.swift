public import Crypto
public import MLSWire

/// What ties a new group to the one that it comes of (RFC 9420 §11.2, §11.3).
public struct GroupOrigin: Sendable {
    /// Whether the new group takes the old one's place, or branches off it.
    public let usage: ResumptionUsage
    /// The old group, and the epoch from which the key comes.
    public let id: GroupID
    public let epoch: UInt64
    /// Proves that whoever uses it was a member in that epoch (§8.6).
    public let resumptionKey: SymmetricKey
    let cipherSuite: MLSCipherSuite
    let version: ProtocolVersion
    let reInit: ReInit?
    let clients: Set<[UInt8]>

    /// The key as a welcome names it.
    func preSharedKey(nonce: [UInt8]) -> PreSharedKeyID {
        PreSharedKeyID(source: .resumption(usage: usage, group: id, epoch: epoch), nonce: nonce)
    }

    /// Checks that the new group is what the old one's members may expect.
    func check(_ group: GroupState, _ validator: any CredentialValidator) throws(MLSError) {
        try require(.originEpochIsOne, group.epoch == 1)
        let members = Set(group.members.map { validator.client(of: $0.credential, key: $0.signatureKey) })
        switch usage {
        case .reInit:
            try require(
                .reInitParametersMatch,
                reInit.map {
                    $0.groupID == group.id && $0.version == group.context.version
                        && $0.cipherSuite == group.cipherSuite && $0.extensions == group.context.extensions
                } ?? false)
            try require(.reInitKeepsMembers, clients.isSubset(of: members))
        case .branch:
            try require(.branchKeepsSuite, group.cipherSuite == cipherSuite && group.context.version == version)
            try require(.branchHasOldMembers, members.isSubset(of: clients))
        case .application: break
        }
    }
}

/// A group that was made of another one, and the welcome for its other members.
public struct FoundedGroup: ~Copyable, Sendable {
    private let offered: Welcome?
    private let group: MLSGroup

    init(welcome: Welcome?, group: consuming MLSGroup) {
        offered = welcome
        self.group = group
    }

    // Not inlined, as ``StagedEpoch`` says.
    public var welcome: Welcome? { @inline(never) get { offered } }

    /// The group, in its epoch 1.
    public consuming func take() -> MLSGroup { group }
}

extension MLSGroup {
    /// What a client must have to join a branch of this group, or the one that takes its place.
    public func origin(_ usage: ResumptionUsage) throws(MLSError) -> GroupOrigin {
        guard status != .removed else { throw .misuse(.notAMember) }
        if usage == .reInit, epoch.reInit == nil { throw .misuse(.groupIsOpen) }
        return GroupOrigin(
            usage: usage, id: id, epoch: epoch.group.epoch, resumptionKey: epoch.secrets.resumption,
            cipherSuite: epoch.group.cipherSuite, version: epoch.group.context.version, reInit: epoch.reInit,
            clients: Set(
                epoch.group.members.map { client.validator.client(of: $0.credential, key: $0.signatureKey) }))
    }

    /// Makes the group that a ReInit announced, with the members of this one (§11.2). Any member can.
    /// - Parameters:
    ///   - packages: of all other members, for the new group's cipher suite.
    ///   - newClient: who this device is there, if the suite asks for another key.
    public func reInitialise(
        with packages: [KeyPackage], as newClient: MLSClient? = nil
    ) throws(MLSError) -> FoundedGroup {
        let origin = try origin(.reInit)
        guard let reInit = epoch.reInit else { throw .misuse(.groupIsOpen) }
        let client = newClient ?? client
        guard clients(packages, and: client) == origin.clients else { throw .misuse(.notTheSameMembers) }
        return try Self.found(
            reInit.groupID, suite: reInit.cipherSuite, extensions: reInit.extensions, origin: origin, packages, client)
    }

    /// Makes a group of some of this one's members (§11.3).
    public func branch(
        _ id: GroupID, with packages: [KeyPackage], extensions: Extensions = Extensions(),
        as newClient: MLSClient? = nil
    ) throws(MLSError) -> FoundedGroup {
        let origin = try origin(.branch)
        let client = newClient ?? client
        guard clients(packages, and: client).isSubset(of: origin.clients) else { throw .misuse(.notASubset) }
        return try Self.found(
            id, suite: epoch.group.cipherSuite, extensions: extensions, origin: origin, packages, client)
    }

    private func clients(_ packages: [KeyPackage], and client: MLSClient) -> Set<[UInt8]> {
        Set(
            packages.map { client.validator.client(of: $0.leafNode.credential, key: $0.leafNode.signatureKey) }
                + [client.validator.client(of: client.credential, key: client.signer.publicKey)])
    }

    private static func found(
        _ id: GroupID, suite: MLSCipherSuite, extensions: Extensions, origin: GroupOrigin, _ packages: [KeyPackage],
        _ client: MLSClient
    ) throws(MLSError) -> FoundedGroup {
        var group = try MLSGroup(id, suite: suite, client: client, extensions: extensions)
        let nonce = group.epoch.suite.randomSecret.bytes
        let proposals = packages.map { Proposal.add($0) } + [.preSharedKey(origin.preSharedKey(nonce: nonce))]
        let outbound = try group.commit(
            ProposalList(proposals.map { ReceivedProposal($0, from: .member(group.leaf)) }),
            as: proposals.map { .proposal($0) }, options: CommitOptions(), origin: origin)
        let welcome = outbound.welcome
        group.adopt(outbound.take())
        return FoundedGroup(welcome: welcome, group: group)
    }
}
