import Crypto
import MLS
import MLSWire
import Testing

@Suite("Rules of keys and key packages, RFC 9420 §5, §10.1")
struct KeyRules {
    @Test("a public key for encryption must be one of the suite", arguments: MLSCipherSuite.supported)
    func hpkeKeyIsValid(suite: MLSCipherSuite) throws {
        let party = try Party(3, suite: suite)
        try party.expectAddRule(.hpkeKeyIsValid, suite: suite) { $0.leaf = { $0.encryptionKey = .none } }
        try party.expectAddRule(.hpkeKeyIsValid, suite: suite) { $0.package = { $0.initKey = .none } }
        try party.expectRule(.hpkeKeyIsValid) { $0.path = { $0.nodes[0].encryptionKey = .none } }
        try party.expectUpdateRule(.hpkeKeyIsValid) { $0.encryptionKey = .none }
    }

    @Test("a parent's key must be one of the suite in the tree of a group that is joined")
    func hpkeKeyIsValidInTree() throws {
        let party = try Party(4)
        try party.expectJoinRule(.hpkeKeyIsValid, honest: Forgery().with { $0.hasPath = false }) {
            $0.tree = { $0[parent: 5]?.encryptionKey = .none }
        }
        let newcomer = try MLSClient.named("newcomer")
        let invitation = try Forger(party[0]).invitation {
            $0.info = { $0.extensions[.externalPub] = HPKEPublicKey.none.encoded }
        }
        #expect(throws: MLSError.invalid(.hpkeKeyIsValid)) {
            _ = try MLSGroup.joinExternally(invitation, client: newcomer)
        }
    }

    @Test("what is encrypted to a key must decrypt with it")
    func hpkeDecrypts() throws {
        let party = try Party(4)
        let edits: [Edit<HPKECiphertext>] = [
            { $0.ciphertext[0] ^= 1 }, { $0.ciphertext = [] }, { $0.kemOutput = [] }, { $0.kemOutput.reverse() },
        ]
        for edit in edits {
            try party.expectRule(.hpkeDecrypts) {
                $0.path = { path in
                    for node in path.nodes.indices {
                        for place in path.nodes[node].encryptedPathSecret.indices {
                            try edit(&path.nodes[node].encryptedPathSecret[place])
                        }
                    }
                }
            }
            try party.expectJoinRule(.hpkeDecrypts) { $0.sealedSecrets = edit }
        }
        try party.expectExternalRule(.hpkeDecrypts) {
            $0.entries = [.proposal(.externalInit(kemOutput: HPKEPublicKey.none.bytes))]
        }
    }

    @Test("a signature key must be one of the suite", arguments: MLSCipherSuite.supported)
    func signatureKeyIsValid(suite: MLSCipherSuite) throws {
        try Party(2, suite: suite).expectAddRule(.signatureKeyIsValid, suite: suite) {
            $0.leaf = { $0.signatureKey = SignaturePublicKey(bytes: HPKEPublicKey.none.bytes) }
        }
    }

    @Test(
        "the signature key of an X.509 credential must be the certificate's",
        arguments: [MLSCipherSuite.x25519AES128, .p256AES128, .p384AES256, .p521AES256])
    func certificateHoldsSignatureKey(suite: MLSCipherSuite) throws {
        let both = Capabilities.with(credentials: [.basic, .x509])
        let party = try Party(3, suite: suite, capabilities: both)
        let (certificate, other) = (try Certificate(suite: suite), try Certificate(suite: suite))
        let newcomer = try certificate.client(capabilities: both)
        try party.expectAddRule(.certificateHoldsSignatureKey, newcomer: newcomer, suite: suite) {
            $0.leaf = { $0.credential = other.credential }
        }
        for certificates in [[], [[]], [[0x30, 0x00]], [Array(certificate.der.dropLast())], [[1], certificate.der]]
            as [[[UInt8]]]
        {
            try party.expectAddRule(.certificateHoldsSignatureKey, newcomer: newcomer, suite: suite) {
                $0.leaf = { $0.credential = .x509(certificates: certificates) }
            }
        }
    }

    @Test("a certificate's key must be of the suite's scheme")
    func certificateHoldsSignatureKeyOfScheme() throws {
        let both = Capabilities.with(credentials: [.basic, .x509])
        let party = try Party(2, capabilities: both)
        let other = try Certificate(suite: .p384AES256)
        try party.expectAddRule(.certificateHoldsSignatureKey, newcomer: .named("newcomer", capabilities: both)) {
            $0.leaf = { $0.credential = other.credential }
        }
    }

    @Test("a key package must be for the group's version and cipher suite")
    func keyPackageSuiteMatches() throws {
        let party = try Party(3)
        try party.expectAddRule(.keyPackageSuiteMatches) { $0.package = { $0.cipherSuite = .x25519ChaCha20 } }
        try party.expectAddRule(.keyPackageSuiteMatches) { $0.package = { $0.version = ProtocolVersion(rawValue: 2) } }
    }

    @Test("a key package must be signed with its leaf's key")
    func keyPackageSignature() throws {
        let party = try Party(3)
        let stranger = try SignaturePrivateKey(for: .p256AES128)
        try party.expectAddRule(.keyPackageSignature) { $0.signer = stranger }
        try party.expectAddRule(.keyPackageSignature) { $0.signedPackage = { $0.extensions[.lastResort] = [] } }
    }

    @Test("a key package must have two keys")
    func keyPackageInitKeyDiffers() throws {
        try Party(3).expectAddRule(.keyPackageInitKeyDiffers) { $0.hasOneKey = true }
    }
}
