/// What RFC 9420 leaves to the application.
public struct GroupPolicy: Hashable, Sendable {
    /// When a leaf from a key package must be within its lifetime. One's own packages always must.
    public enum LifetimeCheck: Hashable, Sendable {
        /// Not at all.
        case never
        /// When it is added. Members whose package has expired since then are not refused.
        case whenAdded
        /// Also of members, when a group is joined.
        case always
    }

    /// How far out of order messages may come.
    public var ratchets: RatchetLimits
    /// For how many past epochs late messages can still be read.
    public var pastEpochs: Int
    /// For how many past epochs the resumption key is kept.
    public var resumptionEpochs: Int
    /// When the lifetime of a leaf is checked (§7.3).
    public var lifetimes: LifetimeCheck
    /// The longest lifetime of a key package that is accepted, in seconds (§7.2).
    public var longestLifetime: UInt64
    /// Whether clients may join by their own commits.
    public var acceptsExternalCommits: Bool
    /// Whether nothing is sent while proposals wait for a commit, as §12.4 demands.
    public var commitsBeforeSending: Bool
    /// How many proposals of one epoch are kept.
    public var pendingProposals: Int

    /// By default what suits a chat: four past epochs, key packages of a year at most, and commits before messages.
    public init(
        ratchets: RatchetLimits = RatchetLimits(), pastEpochs: Int = 4, resumptionEpochs: Int = 16,
        lifetimes: LifetimeCheck = .whenAdded, longestLifetime: UInt64 = 366 * 86_400,
        acceptsExternalCommits: Bool = true, commitsBeforeSending: Bool = true, pendingProposals: Int = 1024
    ) {
        self.ratchets = ratchets
        self.pastEpochs = pastEpochs
        self.resumptionEpochs = resumptionEpochs
        self.lifetimes = lifetimes
        self.longestLifetime = longestLifetime
        self.acceptsExternalCommits = acceptsExternalCommits
        self.commitsBeforeSending = commitsBeforeSending
        self.pendingProposals = pendingProposals
    }
}
