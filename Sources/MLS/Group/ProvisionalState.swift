package import MLSWire

/// A group's public state while a commit is applied to it (RFC 9420 §12.3).
package struct ProvisionalState: Sendable {
    package let old: GroupState
    package private(set) var tree: RatchetTree
    package private(set) var clients: ClientIndex
    package let extensions: Extensions
    /// New members, in the order of their proposals.
    package private(set) var added: [(leaf: LeafIndex, package: KeyPackage)] = []
    /// What the leaves that changed held before; nil for those that were blank.
    package private(set) var replaced: [LeafIndex: LeafNode?] = [:]
    private let validator: any CredentialValidator

    /// Applies proposals in the order that §12.3 gives.
    package init(applying list: ProposalList, to group: GroupState, validator: any CredentialValidator) {
        old = group
        tree = group.tree
        clients = group.clients
        extensions = list.extensions ?? group.context.extensions
        self.validator = validator
        for (leaf, node) in list.updates where tree[leaf: leaf] != nil {
            note(leaf)
            tree.update(leaf, to: node)
            clients.set(leaf, node, validator)
        }
        for leaf in list.removes where tree[leaf: leaf] != nil {
            note(leaf)
            tree.remove(leaf)
            clients.set(leaf, nil, validator)
        }
        for package in list.adds {
            let leaf = tree.takeBlankLeaf()
            note(leaf)
            tree.add(package.leafNode)
            clients.set(leaf, package.leafNode, validator)
            added.append((leaf, package))
        }
    }

    /// Leaves that the path is not encrypted to: they get its secret by the welcome.
    package var addedLeaves: Set<LeafIndex> { Set(added.map(\.leaf)) }

    /// The leaf of a client that joins by its own commit.
    package mutating func takeJoinerLeaf() -> LeafIndex {
        tree.takeBlankLeaf()
    }

    /// Renews a member's path: see ``RatchetTree/renewPath(of:makeLeaf:)``.
    package mutating func renewPath(
        of leaf: LeafIndex, makeLeaf: (HPKEPublicKey, [UInt8]) throws(MLSError) -> LeafNode
    ) throws(MLSError) -> NewPath {
        note(leaf)
        let path = try tree.renewPath(of: leaf, makeLeaf: makeLeaf)
        clients.set(leaf, path.leafNode, validator)
        return path
    }

    /// Applies a path that somebody else made.
    package mutating func merge(_ path: UpdatePath, of leaf: LeafIndex) throws(MLSError) {
        note(leaf)
        try tree.merge(path, of: leaf)
        clients.set(leaf, path.leafNode, validator)
    }

    /// The group context of the new epoch, with the old transcript hash: it is what the path's secrets are encrypted under.
    package mutating func context() throws(MLSError) -> GroupContext {
        var context = old.context
        try require(.epochHasSuccessor, context.epoch < .max)
        context.epoch &+= 1
        context.treeHash = tree.treeHash()
        context.extensions = extensions
        return context
    }

    private mutating func note(_ leaf: LeafIndex) {
        if replaced[leaf] == nil { replaced.updateValue(old.tree[leaf: leaf], forKey: leaf) }
    }

    /// The rules that concern the members together (§7.3, §12.1.7, §12.2, §13.4).
    package func check(_ rules: LeafRules) throws(MLSError) {
        for leaf in replaced.keys.sorted() {
            guard let node = tree[leaf: leaf] else { continue }
            try rules.checkAmongMembers(node, in: tree)
            if let client = clients[leaf] {
                try require(.clientIsAddedOnce, clients.count(of: client) == 1)
            }
        }
        try require(.signatureKeyIsUnique, tree.signatureKeys.duplicates == 0)
        try require(.encryptionKeyIsUnique, tree.encryptionKeys.duplicates == 0)
        if extensions != old.context.extensions {
            try require(.groupExtensionsAreSupported, extensions.types.allSatisfy(tree.capabilities.allSupport))
            try require(.requirementsAreMet, tree.capabilities.allMeet(rules.required))
        }
    }
}
