public import TLSSyntax

/// What a resumption key is used for (RFC 9420 §8.4).
public enum ResumptionUsage: UInt8, Sendable, Hashable {
    /// Whatever the application wants.
    case application = 1
    /// To carry a group over into one with other parameters (§11.2).
    case reInit = 2
    /// To form a group of some members of another (§11.3).
    case branch = 3
}

/// Names a key that enters the key schedule from outside (RFC 9420 §8.4).
public struct PreSharedKeyID: MLSStructure {
    public enum Source: Hashable, Sendable {
        /// A key that the application shared by other means, under a name of its choice.
        case external(id: [UInt8])
        /// The resumption key of an epoch of a group.
        case resumption(usage: ResumptionUsage, group: GroupID, epoch: UInt64)
    }

    public var source: Source
    /// Random, `KDF.Nh` bytes: the same key never enters twice in the same form.
    public var nonce: [UInt8]

    public init(source: Source, nonce: [UInt8]) {
        self.source = source
        self.nonce = nonce
    }

    /// What the resumption key is used for, if it is one.
    public var usage: ResumptionUsage? {
        if case .resumption(let usage, _, _) = source { usage } else { nil }
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try reader.uint8() {
        case 1: source = .external(id: try reader.variableOpaque())
        case 2:
            let start = reader.offset
            guard let usage = ResumptionUsage(rawValue: try reader.uint8()) else {
                throw .invalidValue(offset: start, "resumption key of unknown usage")
            }
            source = .resumption(usage: usage, group: try GroupID(from: &reader), epoch: try reader.uint64())
        default: throw .invalidValue(offset: start, "pre-shared key of unknown type")
        }
        nonce = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
    }

    public func write(into bytes: inout [UInt8]) {
        switch source {
        case .external(let id):
            bytes.append(1)
            bytes.write(variableOpaque: id)
        case .resumption(let usage, let group, let epoch):
            bytes.append(2)
            bytes.append(usage.rawValue)
            bytes.write(group)
            bytes.write(epoch)
        }
        bytes.write(variableOpaque: nonce)
    }
}
