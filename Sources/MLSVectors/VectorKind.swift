/// The kinds of test vectors that the MLS working group publishes, each by the name of its file.
public enum VectorKind: String, CaseIterable, Hashable, Sendable {
    case treeMath = "tree-math"
    case cryptoBasics = "crypto-basics"
    case secretTree = "secret-tree"
    case messageProtection = "message-protection"
    case keySchedule = "key-schedule"
    case preSharedKeys = "psk_secret"
    case transcriptHashes = "transcript-hashes"
    case welcome
    case treeOperations = "tree-operations"
    case treeValidation = "tree-validation"
    case treeKEM = "treekem"
    case messages
    case deserialization
    /// All files `passive-client-….json`.
    case passiveClient = "passive-client"

    /// The kind of a file; nil if its name is none that is known.
    public init?(fileName: String) {
        guard fileName.hasSuffix(".json") else { return nil }
        let name = String(fileName.dropLast(5))
        if name.hasPrefix("passive-client-") {
            self = .passiveClient
        } else if let kind = Self(rawValue: name), kind != .passiveClient {
            self = kind
        } else {
            return nil
        }
    }

    var entry: any VectorEntry.Type {
        switch self {
        case .treeMath: TreeMathVector.self
        case .cryptoBasics: CryptoBasicsVector.self
        case .secretTree: SecretTreeVector.self
        case .messageProtection: MessageProtectionVector.self
        case .keySchedule: KeyScheduleVector.self
        case .preSharedKeys: PreSharedKeysVector.self
        case .transcriptHashes: TranscriptHashesVector.self
        case .welcome: WelcomeVector.self
        case .treeOperations: TreeOperationsVector.self
        case .treeValidation: TreeValidationVector.self
        case .treeKEM: TreeKEMVector.self
        case .messages: MessagesVector.self
        case .deserialization: DeserializationVector.self
        case .passiveClient: PassiveClientVector.self
        }
    }
}
