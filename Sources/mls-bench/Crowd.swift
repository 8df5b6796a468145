import Crypto
import MLS
import MLSWire

/// Clients with their key packages, made once for groups of all sizes.
struct Crowd {
    struct Person {
        let client: MLSClient
        let keyPackage: KeyPackage
        /// The private keys of the key package, which is taken out for a single use.
        let secrets: SymmetricKey
    }

    let suite: MLSCipherSuite
    let people: [Person]
    /// Not among the others: who is added.
    let newcomer: Person

    init(_ count: Int, suite: MLSCipherSuite, credentialLength: Int) throws {
        self.suite = suite
        func person(_ number: Int) throws -> Person {
            let name = withUnsafeBytes(of: UInt64(number).bigEndian) { [UInt8]($0) }
            let client = MLSClient(
                signer: try SignaturePrivateKey(for: suite),
                credential: .basic(identity: name + [UInt8](repeating: 0x43, count: credentialLength - name.count)),
                validator: Trusting(), clock: { 1_800_000_000 })
            let secrets = try client.makeKeyPackage(for: suite)
            return Person(client: client, keyPackage: secrets.keyPackage, secrets: secrets.snapshot)
        }
        people = try (0..<count).map(person)
        newcomer = try person(count)
    }
}

/// Accepts every credential, and tells clients apart by the number in front: so that the library is measured and nothing else.
struct Trusting: CredentialValidator {
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {}

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] {
        if case .basic(let identity) = credential { [UInt8](identity.prefix(8)) } else { key.bytes }
    }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool { credential == old }
}
