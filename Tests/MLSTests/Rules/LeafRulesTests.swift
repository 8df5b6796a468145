import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of leaves, RFC 9420 §7.2, §7.3, §13.4")
struct LeafRulesTests {
    static let extra = ExtensionType(rawValue: privateCode)

    @Test("a leaf must be signed with its own key, wherever it comes from")
    func leafSignature() throws {
        let stranger = try SignaturePrivateKey(for: .p256AES128)
        let party = try Party(3)
        try party.expectAddRule(.leafSignature) { $0.leafSigner = stranger }
        try party.expectUpdateRule(.leafSignature, signer: stranger) { _ in }
        try party.expectRule(.leafSignature) { $0.leafSigner = stranger }
        try party.expectExternalRule(.leafSignature) { $0.leafSigner = stranger }
    }

    @Test("a member's leaf must be signed in the tree of a group that is joined")
    func leafSignatureInTree() throws {
        try Party(3, hasPaths: false).expectJoinRule(.leafSignature, honest: Forgery().with { $0.hasPath = false }) {
            $0.tree = { $0[leaf: LeafIndex(1)]?.signature.reverse() }
        }
    }

    @Test("a leaf that was signed for another place must not be taken")
    func leafSignatureOfAnotherPlace() throws {
        try Party(4).expectUpdateRule(.leafSignature, signedFor: LeafIndex(1)) { _ in }
    }

    @Test("a leaf must list the group's version")
    func leafSupportsVersion() throws {
        let party = try Party(3)
        let other = [ProtocolVersion(rawValue: 2)]
        try party.expectAddRule(.leafSupportsVersion) { $0.leaf = { $0.capabilities.versions = other } }
        try party.expectRule(.leafSupportsVersion) { $0.leaf = { $0.capabilities.versions = [] } }
    }

    @Test("a leaf must list the extensions that it uses")
    func leafListsItsExtensions() throws {
        try Party(3).expectAddRule(
            .leafListsItsExtensions,
            honest: {
                $0.leaf = {
                    $0.extensions = .with(Self.extra, [1])
                    $0.capabilities.extensions.append(Self.extra)
                }
            },
            { $0.leaf = { $0.extensions = .with(Self.extra, [1]) } })
    }

    @Test("a leaf must list its own type of credential")
    func leafListsItsCredential() throws {
        try Party(3).expectAddRule(.leafListsItsCredential) { $0.leaf = { $0.capabilities.credentials = [.x509] } }
    }

    @Test("a leaf must have the capabilities that the group requires", arguments: 0..<3)
    func leafMeetsRequirements(kind: Int) throws {
        let all = Capabilities.with(
            extensions: [Self.extra], proposals: [ProposalType(rawValue: privateCode)],
            credentials: [.basic, CredentialType(rawValue: privateCode)])
        let required = RequiredCapabilities(
            extensions: [Self.extra], proposals: [ProposalType(rawValue: privateCode)],
            credentials: [CredentialType(rawValue: privateCode)])
        let party = try Party(3, extensions: .with(.requiredCapabilities, required.encoded), capabilities: all)
        try party.expectAddRule(.leafMeetsRequirements, newcomer: .named("newcomer", capabilities: all)) {
            $0.leaf = {
                switch kind {
                case 0: $0.capabilities.extensions = []
                case 1: $0.capabilities.proposals = []
                default: $0.capabilities.credentials = [.basic]
                }
            }
        }
    }

    @Test("a leaf must support the group's extensions")
    func leafSupportsGroupExtensions() throws {
        let all = Capabilities.with(extensions: [Self.extra])
        let party = try Party(3, extensions: .with(Self.extra), capabilities: all)
        try party.expectAddRule(.leafSupportsGroupExtensions, newcomer: .named("newcomer", capabilities: all)) {
            $0.leaf = { $0.capabilities.extensions = [] }
        }
        try party.expectRule(.leafSupportsGroupExtensions) { $0.leaf = { $0.capabilities.extensions = [] } }
    }

    @Test("a leaf's type of credential must be supported by all members")
    func leafCredentialIsSupported() throws {
        let certified = try Certificate(suite: .p256AES128).client(
            capabilities: .with(credentials: [.basic, .x509]))
        let packages = try [MLSClient.named("newcomer"), certified].map { try $0.forgedPackage().keyPackage }
        // Without a path the newcomer's leaf is the only one that is looked at.
        let honest = Forgery([.add(packages[0])]).with { $0.hasPath = false }
        try Party(3).expectRule(.leafCredentialIsSupported, honest: honest) {
            $0.entries = [.proposal(.add(packages[1]))]
        }
    }

    @Test("a leaf must support the types of credential that members have")
    func leafSupportsCredentialsInUse() throws {
        let both = Capabilities.with(credentials: [.basic, .x509])
        let party = try Party([
            Certificate(suite: .p256AES128).client(capabilities: both), .named("1", capabilities: both),
            .named("2", capabilities: both),
        ])
        let packages = try [both, .with(credentials: [.basic])].map {
            try MLSClient.named("newcomer", capabilities: $0).forgedPackage().keyPackage
        }
        let honest = Forgery([.add(packages[0])]).with { $0.hasPath = false }
        try party.expectRule(.leafSupportsCredentialsInUse, honest: honest) {
            $0.entries = [.proposal(.add(packages[1]))]
        }
    }

    @Test("a leaf must be within its lifetime when it is added")
    func leafIsWithinLifetime() throws {
        let party = try Party(3)
        try party.expectAddRule(.leafIsWithinLifetime) {
            $0.leaf = { $0.source = .keyPackage(Lifetime(notBefore: testTime - 60, notAfter: testTime - 1)) }
        }
        try party.expectAddRule(.leafIsWithinLifetime) {
            $0.leaf = { $0.source = .keyPackage(Lifetime(notBefore: testTime + 1, notAfter: testTime + 60)) }
        }
    }

    @Test("the application says whether lifetimes count never, when a member is added, or also when a group is joined")
    func lifetimePolicy() throws {
        let later: @Sendable () -> UInt64 = { testTime + 200_000 }
        for (check, addFails, joinFails) in [
            (.never, false, false), (.whenAdded, true, false), (.always, true, true),
        ] as [(GroupPolicy.LifetimeCheck, Bool, Bool)] {
            let expired: MLSError? = .invalid(.leafIsWithinLifetime)
            // The founder's package is still good then, and the others' are not.
            let clients = try (0..<3).map {
                try MLSClient.named("\($0)", policy: GroupPolicy(lifetimes: check)).with(clock: $0 == 1 ? later : nil)
            }
            let party = try Party([clients[0], clients[2]], hasPaths: false)
            let package = KeyPackageBox(try MLSClient.named("expired").forgedPackage())
            try party.commit(by: 0, [.add(package.secrets.keyPackage)])
            let newcomer = try KeyPackageBox(clients[1].makeKeyPackage(for: .p256AES128))
            let honest = Forgery([.add(newcomer.secrets.keyPackage)]).with { $0.makesWelcome = true }
            let welcome = try #require(try Forger(party[0]).commit(honest).welcome)
            var failure: MLSError?
            do throws(MLSError) {
                _ = try MLSGroup.join(welcome, with: newcomer.secrets, client: clients[1])
            } catch { failure = error }
            #expect(failure == (joinFails ? expired : nil))

            let group = try MLSGroup(GroupID(bytes: [1]), suite: .p256AES128, client: clients[1])
            let founder = Member(group)
            failure = nil
            do throws(MLSError) {
                _ = try founder.group.commit([.add(package.secrets.keyPackage)])
            } catch { failure = error }
            #expect(failure == (addFails ? expired : nil))
        }
    }

    @Test("a leaf's lifetime must not be longer than the application accepts")
    func leafLifetimeIsAcceptable() throws {
        let limit = GroupPolicy().longestLifetime
        try Party(3).expectAddRule(
            .leafLifetimeIsAcceptable,
            honest: {
                $0.leaf = { $0.source = .keyPackage(Lifetime(notBefore: testTime, notAfter: testTime + limit)) }
            },
            { $0.leaf = { $0.source = .keyPackage(Lifetime(notBefore: testTime, notAfter: testTime + limit + 1)) } })
    }

    @Test(
        "a key package's leaf must come from a key package",
        arguments: [LeafNodeSource.update, .commit(parentHash: [])])
    func leafSourceIsKeyPackage(source: LeafNodeSource) throws {
        let party = try Party(3)
        try party.expectAddRule(.leafSourceIsKeyPackage) {
            $0.group = party[0].group.id
            $0.leaf = { $0.source = source }
        }
    }

    static let validForADay = LeafNodeSource.keyPackage(
        Lifetime(notBefore: testTime - 60, notAfter: testTime + 86_400))

    @Test("an Update's leaf must come from an Update", arguments: [validForADay, .commit(parentHash: [])])
    func leafSourceIsUpdate(source: LeafNodeSource) throws {
        try Party(3).expectUpdateRule(.leafSourceIsUpdate) { $0.source = source }
    }

    @Test("a commit's leaf must come from a commit", arguments: [validForADay, .update])
    func leafSourceIsCommit(source: LeafNodeSource) throws {
        try Party(3).expectRule(.leafSourceIsCommit) { $0.leaf = { $0.source = source } }
        try Party(3).expectExternalRule(.leafSourceIsCommit) { $0.leaf = { $0.source = source } }
    }

    @Test("a leaf must be replaced by one with another encryption key")
    func updateChangesKey() throws {
        let party = try Party(3)
        func key(_ index: Int) -> HPKEPublicKey {
            party[index].group.state.tree[leaf: LeafIndex(index)]?.encryptionKey ?? .none
        }
        try party.expectUpdateRule(.updateChangesKey) { $0.encryptionKey = key(2) }
        try party.expectRule(.updateChangesKey) { $0.leaf = { $0.encryptionKey = key(0) } }
        try party.expectExternalRule(
            .updateChangesKey, client: party[1].group.client, proposals: [.remove(LeafIndex(1))]
        ) { $0.leaf = { $0.encryptionKey = key(1) } }
    }

    @Test("no two members may have one signature key")
    func signatureKeyIsUnique() throws {
        let party = try Party(3)
        let newcomers = try [nil, party[1].group.client.signer as? SignaturePrivateKey].map {
            try MLSClient.named("newcomer", signer: $0).forgedPackage().keyPackage
        }
        try party.expectRule(.signatureKeyIsUnique, honest: Forgery([.add(newcomers[0])])) {
            $0.entries = [.proposal(.add(newcomers[1]))]
        }
    }

    @Test("no two nodes may have one encryption key")
    func encryptionKeyIsUnique() throws {
        let party = try Party(3)
        let tree = party[0].group.state.tree
        for node in [1, 2] {
            let key = try #require(tree.encryptionKey(of: node))
            let packages = try [nil, key].map { key in
                try MLSClient.named("newcomer").forgedPackage {
                    $0.leaf = { $0.encryptionKey = key ?? $0.encryptionKey }
                }.keyPackage
            }
            let honest = Forgery([.add(packages[0])]).with { $0.hasPath = false }
            try party.expectRule(.encryptionKeyIsUnique, honest: honest) {
                $0.entries = [.proposal(.add(packages[1]))]
            }
        }
    }

    @Test("no two members may have one key in the tree of a group that is joined")
    func keysAreUniqueInTree() throws {
        let pathless = Forgery().with { $0.hasPath = false }
        func replace(_ tree: inout RatchetTree, _ client: MLSClient, _ edit: @escaping Edit<LeafNode>) throws {
            let leaf = try client.forgedPackage { $0.leaf = edit }.keyPackage.leafNode
            tree[leaf: LeafIndex(2)] = leaf
        }
        var party = try Party(3, hasPaths: false)
        let key = try #require(party[0].group.state.tree[leaf: LeafIndex(1)]?.encryptionKey)
        let two = party[2].group.client
        try party.expectJoinRule(.encryptionKeyIsUnique, honest: pathless) {
            $0.tree = { try replace(&$0, two) { $0.encryptionKey = key } }
        }
        party = try Party(3, hasPaths: false)
        let one = party[1].group.client
        try party.expectJoinRule(.signatureKeyIsUnique, honest: pathless) {
            $0.tree = { try replace(&$0, one) { $0.credential = .named("2") } }
        }
    }
}
