import Crypto
public import MLSWire
import TLSSyntax

extension MLSGroup {
    /// Joins a group by a welcome (RFC 9420 §12.4.3.1).
    ///
    /// When the group is stored, delete the key package and its private keys, unless it is one of last resort.
    /// - Parameters:
    ///   - tree: the group's tree, if the welcome does not hold it.
    ///   - origins: groups of this member's that the new one may come of, by ReInit or as a branch.
    ///   - isMember: whether this client is in a group already; one joins none twice.
    public static func join(
        _ welcome: Welcome, with package: borrowing KeyPackageSecrets, tree: TreeNodes? = nil, client: MLSClient,
        origins: [GroupOrigin] = [], isMember: (GroupID) -> Bool = { _ in false }
    ) throws(MLSError) -> MLSGroup {
        let suite = try CipherSuite(package.keyPackage.cipherSuite)
        guard client.signer.publicKey == package.keyPackage.leafNode.signatureKey else {
            throw .misuse(.signerMismatch)
        }
        let secrets = try open(welcome, with: package, suite: suite)
        let origin = try origin(named: secrets.preSharedKeys, among: origins)
        let preShared = try preSharedSecret(secrets.preSharedKeys, suite: suite, client: client, origin: origin)
        let info = try openInfo(welcome, suite: suite, joiner: secrets.joiner, preShared: preShared)

        let joined = try JoinedState(checking: info, suite: suite, tree: tree, client: client, isMember: isMember)
        let own = joined.group.tree.members.first {
            joined.group.tree[leaf: $0]?.encryptionKey == package.keyPackage.leafNode.encryptionKey
        }
        try require(
            .welcomeNamesOwnLeaf, own.flatMap { joined.group.tree[leaf: $0] } == package.keyPackage.leafNode)
        guard let own else { throw .invalid(.welcomeNamesOwnLeaf) }
        let keys = try privateKeys(
            of: own, leafKey: package.leafKey, path: secrets.path, signer: info.signer, in: joined.group.tree)

        let epochSecret = EpochSecrets.epoch(
            suite, joiner: secrets.joiner, psk: preShared, context: info.context.encoded)
        let (derived, encryption) = EpochSecrets.derive(suite, epoch: epochSecret)
        try require(
            .confirmationTag,
            suite.hash.verify(
                info.confirmationTag.bytes, of: info.context.confirmedTranscriptHash, key: derived.confirmation))
        try origin?.check(joined.group, client.validator)
        return MLSGroup(
            client: client,
            epoch: EpochState(group: joined.group, keys: keys, secrets: derived, encryption: encryption))
    }

    /// Who made a welcome that ``join(_:with:tree:client:origins:isMember:)`` has taken: the leaf, in the group's tree, whose
    /// member signed its group info.
    public static func inviter(
        in welcome: Welcome, with package: borrowing KeyPackageSecrets, client: MLSClient, origins: [GroupOrigin] = []
    ) throws(MLSError) -> LeafIndex {
        let suite = try CipherSuite(package.keyPackage.cipherSuite)
        let secrets = try open(welcome, with: package, suite: suite)
        let origin = try origin(named: secrets.preSharedKeys, among: origins)
        let preShared = try preSharedSecret(secrets.preSharedKeys, suite: suite, client: client, origin: origin)
        return try openInfo(welcome, suite: suite, joiner: secrets.joiner, preShared: preShared).signer
    }

    private static func open(
        _ welcome: Welcome, with package: borrowing KeyPackageSecrets, suite: CipherSuite
    ) throws(MLSError) -> GroupSecrets {
        let reference = suite.reference(to: package.keyPackage)
        guard welcome.cipherSuite == suite.code,
            let own = welcome.secrets.first(where: { $0.newMember == reference })
        else { throw .notForThisKeyPackage }
        let secret = try suite.decrypt(
            own.encryptedGroupSecrets, with: package.initKey, label: "Welcome", context: welcome.encryptedGroupInfo)
        return try MLSError.decoding { () throws(SyntaxError) in try GroupSecrets(decoding: secret) }
    }

    private static func openInfo(
        _ welcome: Welcome, suite: CipherSuite, joiner: SymmetricKey, preShared: SymmetricKey
    ) throws(MLSError) -> GroupInfo {
        let key = WelcomeKey(suite, EpochSecrets.welcome(suite, joiner: joiner, psk: preShared))
        let plaintext = try unwrap(
            .welcomeDecrypts,
            suite.aead.open(welcome.encryptedGroupInfo, key: key.key, nonce: key.nonce, authenticating: []))
        return try MLSError.decoding { () throws(SyntaxError) in try GroupInfo(decoding: [UInt8](plaintext)) }
    }

    static func preSharedSecret(
        _ ids: [PreSharedKeyID], suite: CipherSuite, client: MLSClient, origin: GroupOrigin?
    ) throws(MLSError) -> SymmetricKey {
        var keys: [(id: PreSharedKeyID, key: SymmetricKey)] = []
        for id in ids {
            guard let key = id.key(from: client.preSharedKeys, origin: origin) else { throw .missingPreSharedKey(id) }
            keys.append((id, key))
        }
        return suite.preSharedSecret(keys)
    }

    /// The group that a welcome says the new one comes of; there is at most one (§12.4.3.1).
    private static func origin(
        named ids: [PreSharedKeyID], among origins: [GroupOrigin]
    ) throws(MLSError) -> GroupOrigin? {
        let naming = ids.filter { $0.usage == .reInit || $0.usage == .branch }
        try require(.preSharedKeyOfOriginIsSole, naming.count <= 1)
        guard let id = naming.first, case .resumption(let usage, let group, let epoch) = id.source else { return nil }
        guard let origin = origins.first(where: { $0.usage == usage && $0.id == group && $0.epoch == epoch }) else {
            throw .missingPreSharedKey(id)
        }
        return origin
    }

    /// The newcomer's own keys, and those that the welcome's path secret yields from the committer's path up.
    private static func privateKeys(
        of leaf: LeafIndex, leafKey: HPKEPrivateKey, path: SymmetricKey?, signer: LeafIndex, in tree: RatchetTree
    ) throws(MLSError) -> TreePrivateKeys {
        var keys = TreePrivateKeys(leaf: leaf, leafKey: leafKey)
        guard let path else { return keys }
        let meeting = TreeMath.commonAncestor(leaf.value * 2, signer.value * 2)
        let above = tree.filteredPath(of: signer).map(\.node).drop { $0 != meeting }
        try require(.welcomePathSecretMatchesKeys, !above.isEmpty)
        for step in PathSecrets(suite: tree.suite, first: path, path: above).nodes {
            try require(
                .welcomePathSecretMatchesKeys, tree[parent: step.node]?.encryptionKey == step.key.publicKey)
            keys.parents[step.node] = step.key
        }
        return keys
    }
}
