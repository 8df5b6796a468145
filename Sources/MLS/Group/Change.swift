public import MLSWire

/// Something that a member proposes or commits.
public enum Change: Hashable, Sendable {
    /// Add the client whose key package this is.
    case add(KeyPackage)
    /// Remove a member.
    case remove(LeafIndex)
    /// Let a key from outside enter; its nonce is made here.
    case preSharedKey(PreSharedKeyID.Source)
    /// Replace the group's extensions, all of them.
    case setExtensions(Extensions)
    /// Close the group in favour of another.
    case reInit(ReInit)
    /// What the application defines, of a type that all members list among their capabilities.
    case custom(ProposalType, [UInt8])
}

/// How a commit is made.
public struct CommitOptions: Sendable {
    /// Whether the committer's path is renewed even if nothing demands it. It heals the group after a compromise of this device.
    public var alwaysRenewsPath = true
    /// Whether the commit is sent signed and not encrypted.
    public var isPublic = false
    /// Whether the welcome holds the group's tree. If not, newcomers must get it otherwise.
    public var welcomeIncludesTree = true
    /// Whether a group info is made for clients who join by themselves.
    public var invitesExternalJoins = false
    /// Whether that group info holds the group's tree.
    public var groupInfoIncludesTree = true
    /// Whether the proposals that wait are covered, those that are valid.
    public var coversPendingProposals = true
    /// Goes with the commit in the clear, protected against change.
    public var authenticatedData: [UInt8] = []
    /// The encrypted commit is filled up to a multiple of this many bytes.
    public var padding = 64
    /// Who this device is from the new epoch on: another key or credential of the same client.
    public var renewedClient: MLSClient?

    public init() {}
}
