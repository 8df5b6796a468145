package import MLSWire

/// A proposal and who made it.
package struct ReceivedProposal: Hashable, Sendable {
    package let proposal: Proposal
    package let sender: Sender

    package init(_ proposal: Proposal, from sender: Sender) {
        self.proposal = proposal
        self.sender = sender
    }
}

/// The proposals of an epoch, in the order in which they came.
package struct ProposalCache: Sendable {
    package private(set) var order: [ProposalRef] = []
    private var entries: [ProposalRef: ReceivedProposal] = [:]

    package init() {}

    package var isEmpty: Bool { order.isEmpty }
    package var count: Int { order.count }

    package subscript(reference: ProposalRef) -> ReceivedProposal? { entries[reference] }

    package mutating func insert(_ proposal: ReceivedProposal, as reference: ProposalRef) {
        if entries.updateValue(proposal, forKey: reference) == nil { order.append(reference) }
    }

    package mutating func remove(_ reference: ProposalRef) {
        if entries.removeValue(forKey: reference) != nil { order.removeAll { $0 == reference } }
    }
}
