public import MLSWire

/// What came with a message. It is frozen, for otherwise another package could not take the staged epoch out of it: with `switch`, a case to each pattern, or `if case`.
@frozen public enum Received: ~Copyable, Sendable {
    /// A member's message.
    case application(ApplicationMessage)
    /// A proposal, which waits for a commit.
    case proposal(ProposalRef, Proposal, from: Sender)
    /// A commit, checked: adopt it to go on with the others.
    case commit(StagedEpoch)
    /// A message of one's own, come back. It was not looked into.
    case own
}

/// What a member said.
public struct ApplicationMessage: Hashable, Sendable {
    /// What was sealed.
    public let data: [UInt8]
    /// What went with it in the clear, protected against change.
    public let authenticatedData: [UInt8]
    /// Who said it, as a member of that epoch.
    public let sender: GroupMember
    /// Less than the group's own if the message came late.
    public let epoch: UInt64
    /// Counts the sender's messages of the epoch, from 0.
    public let generation: UInt32
}
