package import Crypto
package import MLSWire

/// A member's private keys in the tree (RFC 9420 §4.2): its leaf's, and those of parents above it.
package struct TreePrivateKeys: Sendable {
    package let leaf: LeafIndex
    package internal(set) var leafKey: HPKEPrivateKey
    package internal(set) var parents: [Int: HPKEPrivateKey]

    package init(leaf: LeafIndex, leafKey: HPKEPrivateKey, parents: [Int: HPKEPrivateKey] = [:]) {
        self.leaf = leaf
        self.leafKey = leafKey
        self.parents = parents
    }

    /// The private key of a node, if this member has it.
    package func key(of node: Int) -> HPKEPrivateKey? {
        node == leaf.value * 2 ? leafKey : parents[node]
    }

    /// Forgets the keys of parents that were blanked or got another key.
    package mutating func prune(to tree: RatchetTree) {
        parents = parents.filter { tree[parent: $0.key]?.encryptionKey == $0.value.publicKey }
    }
}

/// The secrets of a path, and what follows from them (RFC 9420 §7.4).
package struct PathSecrets: Sendable {
    /// The nodes that have one, from the leaf upwards, each with its secret and key pair.
    package let nodes: [(node: Int, secret: SymmetricKey, key: HPKEPrivateKey)]
    package let commitSecret: SymmetricKey

    /// - Parameters:
    ///   - first: the secret of the first of `path`.
    ///   - path: nodes of a filtered direct path, upwards to its end.
    package init(suite: CipherSuite, first: SymmetricKey, path: some Sequence<Int>) {
        var nodes: [(node: Int, secret: SymmetricKey, key: HPKEPrivateKey)] = []
        var secret = first
        for node in path {
            nodes.append((node, secret, HPKEPrivateKey(deriving: suite.derive(secret, "node"), suite: suite)))
            secret = suite.derive(secret, "path")
        }
        self.nodes = nodes
        commitSecret = secret
    }
}

/// The keys along a path, before their secrets are encrypted (RFC 9420 §7.5).
package struct NewPath: Sendable {
    package let secrets: PathSecrets
    package let leafKey: HPKEPrivateKey
    package let leafNode: LeafNode

    package init(secrets: PathSecrets, leafKey: HPKEPrivateKey, leafNode: LeafNode) {
        self.secrets = secrets
        self.leafKey = leafKey
        self.leafNode = leafNode
    }
}

extension RatchetTree {
    /// Puts new public keys on a member's filtered direct path, blanks the rest of it, and sets the chain of parent hashes
    /// from the root down (§7.5, §7.9).
    /// - Returns: the parent hash for the leaf.
    package mutating func setPath(of leaf: LeafIndex, keys: [HPKEPublicKey]) -> [UInt8] {
        blankPath(above: leaf)
        let path = filteredPath(of: leaf)
        var above: [UInt8] = []
        for (step, key) in zip(path, keys).reversed() {
            let parent = ParentNode(encryptionKey: key, parentHash: above)
            self[parent: step.node] = parent
            _ = treeHash(of: step.copath)
            above = parentHash(of: step.node, parent, sibling: step.copath)
        }
        return above
    }

    /// Renews a member's path with random secrets, and signs its leaf anew.
    /// - Parameter makeLeaf: makes the signed leaf from its public key and its parent hash.
    package mutating func renewPath(
        of leaf: LeafIndex, makeLeaf: (HPKEPublicKey, [UInt8]) throws(MLSError) -> LeafNode
    ) throws(MLSError) -> NewPath {
        let leafKey = HPKEPrivateKey(generating: suite.kem)
        let secrets = PathSecrets(
            suite: suite, first: suite.randomSecret, path: filteredPath(of: leaf).map(\.node))
        let parentHash = setPath(of: leaf, keys: secrets.nodes.map(\.key.publicKey))
        let node = try makeLeaf(leafKey.publicKey, parentHash)
        self[leaf: leaf] = node
        return NewPath(secrets: secrets, leafKey: leafKey, leafNode: node)
    }

    /// Encrypts a path's secrets to the members beside it, but for those who were just added (§7.6).
    /// - Parameter context: the provisional group context, encoded.
    package func encrypt(
        _ path: NewPath, of leaf: LeafIndex, excluding added: Set<LeafIndex>, context: [UInt8]
    ) throws(MLSError) -> UpdatePath {
        let info = HPKEInfo(suite: suite, LabelledContent("UpdatePathNode", context).encoded)
        var nodes: [UpdatePathNode] = []
        for (step, secret) in zip(filteredPath(of: leaf), path.secrets.nodes) {
            var ciphertexts: [HPKECiphertext] = []
            for receiver in resolution(of: step.copath, excluding: added) {
                guard let key = encryptionKey(of: receiver) else { continue }
                ciphertexts.append(try suite.encrypt(secret.secret, to: key, info))
            }
            nodes.append(
                UpdatePathNode(encryptionKey: secret.key.publicKey, encryptedPathSecret: ciphertexts))
        }
        return UpdatePath(leafNode: path.leafNode, nodes: nodes)
    }

    /// Checks a path against the tree to which it is to be applied, and applies it (§12.4.2).
    package mutating func merge(_ path: UpdatePath, of leaf: LeafIndex) throws(MLSError) {
        let steps = filteredPath(of: leaf)
        try require(.pathHasFilteredLength, path.nodes.count == steps.count)
        guard path.nodes.count == steps.count else { return }
        let keys = path.nodes.map(\.encryptionKey) + [path.leafNode.encryptionKey]
        var seen: Set<HPKEPublicKey> = []
        for key in keys {
            try require(.pathKeyIsNew, !encryptionKeys.contains(key) && !seen.contains(key))
            try require(.hpkeKeyIsValid, suite.kem.isValid(key))
            seen.insert(key)
        }
        let expected = setPath(of: leaf, keys: path.nodes.map(\.encryptionKey))
        self[leaf: leaf] = path.leafNode
        if case .commit(let parentHash) = path.leafNode.source {
            try require(.commitParentHashMatches, parentHash == expected)
        }
    }

    /// Decrypts the secret of the lowest node that the sender's path and this member's have in common, and derives the rest (§7.5).
    /// The path must have been merged.
    package func decrypt(
        _ path: UpdatePath, from sender: LeafIndex, with keys: TreePrivateKeys, excluding added: Set<LeafIndex>,
        context: [UInt8]
    ) throws(MLSError) -> PathSecrets {
        let own = keys.leaf.value * 2
        let steps = filteredPath(of: sender)
        for (step, node) in zip(steps, path.nodes) {
            let resolution = resolution(of: step.copath, excluding: added)
            try require(.pathCiphertextsMatchResolution, node.encryptedPathSecret.count == resolution.count)
        }
        guard let meeting = steps.firstIndex(where: { TreeMath.subtree($0.copath).contains(own) }) else {
            throw .invalid(.pathHasFilteredLength)
        }
        let ciphertexts = path.nodes[meeting].encryptedPathSecret
        let resolution = resolution(of: steps[meeting].copath, excluding: added)
        guard let (place, key) = ownKey(in: resolution, keys), place < ciphertexts.count else {
            throw .invalid(.pathCiphertextsMatchResolution)
        }
        let secret = try suite.decrypt(ciphertexts[place], with: key, label: "UpdatePathNode", context: context)
        let secrets = PathSecrets(suite: suite, first: secret, path: steps[meeting...].map(\.node))
        for (derived, node) in zip(secrets.nodes, path.nodes[meeting...]) {
            try require(.pathSecretMatchesKeys, derived.key.publicKey == node.encryptionKey)
        }
        return secrets
    }

    private func ownKey(in resolution: [Int], _ keys: TreePrivateKeys) -> (Int, HPKEPrivateKey)? {
        for (place, node) in resolution.enumerated() {
            if let key = keys.key(of: node) { return (place, key) }
        }
        return nil
    }
}
