package import MLSWire

/// The proposals that a commit covers, in its order (RFC 9420 §12.2).
package struct ProposalList: Sendable {
    package let items: [ReceivedProposal]

    package init(_ items: [ReceivedProposal]) {
        self.items = items
    }

    /// - Throws: ``ValidationRule/commitIsAboutKnownProposals``.
    package init(resolving commit: Commit, from sender: Sender, among cache: ProposalCache) throws(MLSError) {
        var items: [ReceivedProposal] = []
        for entry in commit.proposals {
            switch entry {
            case .proposal(let proposal): items.append(ReceivedProposal(proposal, from: sender))
            case .reference(let reference):
                try require(.commitIsAboutKnownProposals, cache[reference] != nil)
                if let known = cache[reference] { items.append(known) }
            }
        }
        self.items = items
    }

    package var adds: [KeyPackage] {
        items.compactMap { if case .add(let package) = $0.proposal { package } else { nil } }
    }

    /// Updates with the leaf of the member that made them.
    package var updates: [(leaf: LeafIndex, node: LeafNode)] {
        items.compactMap { item -> (leaf: LeafIndex, node: LeafNode)? in
            guard case .update(let node) = item.proposal, case .member(let leaf) = item.sender else { return nil }
            return (leaf, node)
        }
    }

    package var removes: [LeafIndex] {
        items.compactMap { if case .remove(let leaf) = $0.proposal { leaf } else { nil } }
    }

    package var preSharedKeys: [PreSharedKeyID] {
        items.compactMap { if case .preSharedKey(let id) = $0.proposal { id } else { nil } }
    }

    package var reInit: ReInit? {
        for item in items { if case .reInit(let reInit) = item.proposal { return reInit } }
        return nil
    }

    package var externalInits: [[UInt8]] {
        items.compactMap { if case .externalInit(let output) = $0.proposal { output } else { nil } }
    }

    /// The group's new extensions, if they are to change.
    package var extensions: Extensions? {
        for item in items { if case .groupContextExtensions(let extensions) = item.proposal { return extensions } }
        return nil
    }

    package var customTypes: Set<ProposalType> {
        Set(items.compactMap { if case .custom(let type, _) = $0.proposal { type } else { nil } })
    }

    /// Whether the commit must renew the committer's path (§12.4).
    package var requiresPath: Bool { items.isEmpty || items.contains { $0.proposal.requiresPath } }
}
