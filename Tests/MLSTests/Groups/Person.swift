import Crypto
import MLS
import MLSWire

/// Knows everybody by the name in a basic credential, and refuses nobody.
struct NameValidator: CredentialValidator {
    func validate(
        _ credential: Credential, key: SignaturePublicKey, for use: CredentialUse
    ) throws(CredentialRefusal) {}

    func client(of credential: Credential, key: SignaturePublicKey) -> [UInt8] {
        switch credential {
        case .basic(let identity): identity
        case .x509(let certificates): certificates.first ?? []
        }
    }

    func isSuccessor(_ credential: Credential, of old: Credential) -> Bool {
        client(of: credential, key: .init(bytes: [])) == client(of: old, key: .init(bytes: []))
    }
}

/// A device with a key of its own.
struct Person {
    static let now: UInt64 = 1_800_000_000
    let client: MLSClient
    let suite: MLSCipherSuite

    init(
        _ name: String, _ suite: MLSCipherSuite = .p256AES128, psks: PreSharedKeys = PreSharedKeys(),
        policy: GroupPolicy = GroupPolicy()
    ) throws {
        self.suite = suite
        client = MLSClient(
            signer: try SignaturePrivateKey(for: suite), credential: .basic(identity: Array(name.utf8)),
            validator: NameValidator(), preSharedKeys: psks, policy: policy, clock: { Self.now })
    }

    func keyPackage() throws -> KeyPackageSecrets { try client.makeKeyPackage(for: suite) }

    func found(_ name: String = "room", extensions: Extensions = Extensions()) throws -> MLSGroup {
        try MLSGroup(GroupID(bytes: Array(name.utf8)), suite: suite, client: client, extensions: extensions)
    }
}

extension MLSGroup {
    /// Receives a commit and adopts it.
    mutating func follow(_ message: MLSMessage) throws {
        switch try receive(message) {
        case .commit(let staged): adopt(staged)
        default: throw Unexpected("something other than a commit")
        }
    }

    mutating func read(_ message: MLSMessage) throws -> String {
        switch try receive(message) {
        case .application(let text): String(decoding: text.data, as: UTF8.self)
        default: throw Unexpected("something other than a message")
        }
    }

    mutating func say(_ text: String) throws -> MLSMessage { try seal(Array(text.utf8)) }

    /// Receives a proposal.
    mutating func hear(_ message: MLSMessage) throws -> ProposalRef {
        switch try receive(message) {
        case .proposal(let reference, _, _): reference
        default: throw Unexpected("something other than a proposal")
        }
    }

    /// Adds a person by an ordinary commit, and returns that person's group and the commit.
    mutating func add(_ person: Person, options: CommitOptions = CommitOptions()) throws -> Addition {
        let package = try person.keyPackage()
        let outbound = try commit([.add(package.keyPackage)], options: options)
        let message = outbound.message
        guard let welcome = outbound.welcome else { throw Unexpected("no welcome") }
        adopt(outbound.take())
        let tree = options.welcomeIncludesTree ? nil : state.treeNodes
        return Addition(
            commit: message, group: try MLSGroup.join(welcome, with: package, tree: tree, client: person.client))
    }
}

struct Addition: ~Copyable {
    let commit: MLSMessage
    let group: MLSGroup

    consuming func take() -> MLSGroup { group }
}

struct Unexpected: Error {
    let what: String
    init(_ what: String) { self.what = what }
}
