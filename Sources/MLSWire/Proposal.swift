public import TLSSyntax

/// A change that is to be made to a group (RFC 9420 §12.1).
public indirect enum Proposal: MLSStructure {
    /// A client is to become a member (§12.1.1).
    case add(KeyPackage)
    /// The sender's leaf is to be replaced (§12.1.2).
    case update(LeafNode)
    /// A member is to go (§12.1.3).
    case remove(LeafIndex)
    /// A key from outside is to enter the key schedule (§12.1.4).
    case preSharedKey(PreSharedKeyID)
    /// Another group is to take this one's place (§12.1.5).
    case reInit(ReInit)
    /// The secret by which a newcomer joins of itself: the KEM's output (§12.1.6).
    case externalInit(kemOutput: [UInt8])
    /// The group's extensions are to be these (§12.1.7).
    case groupContextExtensions(Extensions)
    /// A type that RFC 9420 does not define. Its content is `opaque x<V>`, as other implementations have it.
    case custom(ProposalType, [UInt8])

    public var type: ProposalType {
        switch self {
        case .add: .add
        case .update: .update
        case .remove: .remove
        case .preSharedKey: .preSharedKey
        case .reInit: .reInit
        case .externalInit: .externalInit
        case .groupContextExtensions: .groupContextExtensions
        case .custom(let type, _): type
        }
    }

    /// Whether a commit that covers it must renew the committer's path (§12.4). Of a custom type nothing is known: it must.
    public var requiresPath: Bool {
        switch self {
        case .add, .preSharedKey, .reInit: false
        case .update, .remove, .externalInit, .groupContextExtensions, .custom: true
        }
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try ProposalType(from: &reader) {
        case .add: self = .add(try KeyPackage(from: &reader))
        case .update: self = .update(try LeafNode(from: &reader))
        case .remove: self = .remove(try LeafIndex(from: &reader))
        case .preSharedKey: self = .preSharedKey(try PreSharedKeyID(from: &reader))
        case .reInit: self = .reInit(try ReInit(from: &reader))
        case .externalInit:
            self = .externalInit(kemOutput: try reader.variableOpaque(0...MLSLimits.cryptographicLength))
        case .groupContextExtensions: self = .groupContextExtensions(try Extensions(from: &reader))
        case let type where type.rawValue == 0: throw .invalidValue(offset: start, "proposal of the reserved type 0")
        case let type: self = .custom(type, try reader.variableOpaque())
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(type)
        switch self {
        case .add(let keyPackage): bytes.write(keyPackage)
        case .update(let leaf): bytes.write(leaf)
        case .remove(let index): bytes.write(index)
        case .preSharedKey(let id): bytes.write(id)
        case .reInit(let reInit): bytes.write(reInit)
        case .externalInit(let kemOutput): bytes.write(variableOpaque: kemOutput)
        case .groupContextExtensions(let extensions): bytes.write(extensions)
        case .custom(_, let content): bytes.write(variableOpaque: content)
        }
    }
}
