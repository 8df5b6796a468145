public import MLSWire

/// An epoch that a commit begins, complete and checked, but not yet entered: the group goes on in its old one until it
/// adopts this. To drop it is to forget the commit. Store ``snapshot`` of an own one before its commit is submitted.
public struct StagedEpoch: ~Copyable, Sendable {
    /// The confirmation tag of the epoch that this one follows.
    package let base: MACTag
    /// Nil if the commit removes this member.
    package let state: EpochState?
    /// Who this device is from then on.
    package let client: MLSClient
    package let replaced: [LeafIndex: LeafNode?]
    private let allEffects: Effects
    /// The epoch's number.
    public let epoch: UInt64

    init(
        after old: EpochState, state: EpochState?, client: MLSClient, replaced: [LeafIndex: LeafNode?],
        effects: Effects
    ) {
        base = old.group.confirmationTag
        self.state = state
        self.client = client
        self.replaced = replaced
        allEffects = effects
        epoch = old.group.epoch &+ 1
    }

    // The properties of what can be consumed are not inlined: Swift 6.3 otherwise takes them without a copy of their own, and
    // reads them after the value was consumed and its memory freed.

    /// What the commit changes.
    public var effects: Effects { @inline(never) get { allEffects } }

    /// The public state of the epoch; nil if this member is removed.
    public var group: GroupState? { @inline(never) get { state?.group } }

    /// Equal for all members who are in the same epoch (RFC 9420 §8.7); nil if this member is removed.
    public var epochAuthenticator: [UInt8]? { state?.secrets.authenticator.bytes }
}

/// A commit of this member's, with what goes to whom.
public struct Outbound: ~Copyable, Sendable {
    private let contents: (message: MLSMessage, welcome: Welcome?, groupInfo: GroupInfo?)
    private let staged: StagedEpoch

    package init(message: MLSMessage, welcome: Welcome?, groupInfo: GroupInfo?, staged: consuming StagedEpoch) {
        contents = (message, welcome, groupInfo)
        self.staged = staged
    }

    /// The commit, for the members.
    public var message: MLSMessage { @inline(never) get { contents.message } }
    /// For those whom the commit adds, once it was accepted.
    public var welcome: Welcome? { @inline(never) get { contents.welcome } }
    /// The new epoch, for those who may join by themselves, if it was asked for.
    public var groupInfo: GroupInfo? { @inline(never) get { contents.groupInfo } }
    /// What the commit changes.
    public var effects: Effects { @inline(never) get { staged.effects } }

    /// The new epoch, to adopt when the delivery service has accepted the commit.
    public consuming func take() -> StagedEpoch { staged }
}
