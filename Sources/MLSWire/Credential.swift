public import TLSSyntax

/// Who a client says it is (RFC 9420 §5.3). What it is worth is for the application to say.
public enum Credential: MLSStructure {
    /// A bare name, which nothing proves.
    case basic(identity: [UInt8])
    /// A chain of DER certificates, the client's own first.
    case x509(certificates: [[UInt8]])

    public var type: CredentialType {
        switch self {
        case .basic: .basic
        case .x509: .x509
        }
    }

    /// - Throws: `SyntaxError.invalidValue` for another type, whose form nobody here knows.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        switch try CredentialType(from: &reader) {
        case .basic: self = .basic(identity: try reader.variableOpaque())
        case .x509:
            self = .x509(
                certificates: try reader.variableVector(maximumCount: MLSLimits.certificates) {
                    (reader) throws(SyntaxError) in try reader.variableOpaque()
                })
        case let other: throw .invalidValue(offset: start, "credential of unknown type \(other)")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(type)
        switch self {
        case .basic(let identity): bytes.write(variableOpaque: identity)
        case .x509(let certificates): bytes.writeVariable(certificates) { $0.write(variableOpaque: $1) }
        }
    }
}
