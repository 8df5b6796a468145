import MLSWire

extension MLSGroup {
    /// Of proposals that are valid each for itself, and do not contradict each other, those that make a valid group together
    /// (RFC 9420 §12.2): what a member proposes that cannot be committed must not keep the others from committing.
    ///
    /// New extensions go first if they do not fit; of all others as few as possible.
    func committable(_ references: [ProposalRef], beside changes: ProposalList) -> [ProposalRef] {
        if references.isEmpty || fit(references, changes) { return references }
        let others = references.filter { epoch.proposals[$0]?.proposal.type != .groupContextExtensions }
        var kept: [ProposalRef] = []
        keep(others[...], among: &kept, changes)
        return kept
    }

    /// Halves what does not fit until that which is at fault is alone.
    private func keep(_ candidates: ArraySlice<ProposalRef>, among kept: inout [ProposalRef], _ changes: ProposalList) {
        guard !candidates.isEmpty else { return }
        if fit(kept + candidates, changes) {
            kept += candidates
        } else if candidates.count > 1 {
            let middle = candidates.startIndex + candidates.count / 2
            keep(candidates[..<middle], among: &kept, changes)
            keep(candidates[middle...], among: &kept, changes)
        }
    }

    private func fit(_ references: [ProposalRef], _ changes: ProposalList) -> Bool {
        let waiting = references.compactMap { epoch.proposals[$0] }
        let list = ProposalList(waiting + changes.items)
        guard let rules = try? rules(extensions: list.extensions) else { return false }
        // Leaves were checked with the extensions that the group has, or is given by the changes.
        if changes.extensions == nil, list.extensions != nil {
            let all = ProposalListRules(group: epoch.group, leaves: rules)
            guard (try? all.check(list, committer: leaf)) != nil else { return false }
        }
        let provisional = ProvisionalState(applying: list, to: epoch.group, validator: client.validator)
        return (try? provisional.check(rules)) != nil
    }
}
