import MLS
import MLSWire

/// A tree before and after a proposal.
struct TreeOperationsVector: VectorEntry {
    let cipherSuite: UInt16
    let treeBefore: HexBytes
    let proposal: HexBytes
    let proposalSender: UInt32
    let treeHashBefore: HexBytes
    let treeAfter: HexBytes
    let treeHashAfter: HexBytes

    func check() throws {
        let suite = try cipherSuite.cipherSuite()
        var tree = RatchetTree(suite: suite, try treeBefore.decoded("tree_before"))
        try expect("tree_hash_before", tree.treeHash(), is: treeHashBefore)
        let sender = LeafIndex(rawValue: proposalSender)
        try expect("proposal_sender is no member", tree[leaf: sender] != nil)
        switch try proposal.decoded("proposal", as: Proposal.self) {
        case .add(let keyPackage): tree.add(keyPackage.leafNode)
        case .update(let leaf): tree.update(sender, to: leaf)
        case .remove(let removed):
            try expect("the proposal removes no member", tree[leaf: removed] != nil)
            tree.remove(removed)
        default: throw VectorFailure("proposal is neither an Add, nor an Update, nor a Remove")
        }
        try expect("tree_after", tree.treeNodes.encoded, is: treeAfter)
        try expect("tree_hash_after", tree.treeHash(), is: treeHashAfter)
    }
}
