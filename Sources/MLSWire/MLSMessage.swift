public import TLSSyntax

/// Anything that MLS sends (RFC 9420 §6).
public enum MLSMessage: MLSStructure {
    case publicMessage(PublicMessage)
    case privateMessage(PrivateMessage)
    case welcome(Welcome)
    case groupInfo(GroupInfo)
    case keyPackage(KeyPackage)

    public var wireFormat: WireFormat {
        switch self {
        case .publicMessage: .publicMessage
        case .privateMessage: .privateMessage
        case .welcome: .welcome
        case .groupInfo: .groupInfo
        case .keyPackage: .keyPackage
        }
    }

    /// - Throws: `SyntaxError.invalidValue` for another version or wire format, or if a key package is
    ///   of another version than the message around it (§10).
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        let version = try ProtocolVersion(from: &reader)
        guard version == .mls10 else { throw .invalidValue(offset: start, "message of the unknown version \(version)") }
        switch try WireFormat(from: &reader) {
        case .publicMessage: self = .publicMessage(try PublicMessage(from: &reader))
        case .privateMessage: self = .privateMessage(try PrivateMessage(from: &reader))
        case .welcome: self = .welcome(try Welcome(from: &reader))
        case .groupInfo: self = .groupInfo(try GroupInfo(from: &reader))
        case .keyPackage:
            let keyPackage = try KeyPackage(from: &reader)
            guard keyPackage.version == version else {
                throw .invalidValue(offset: start, "key package of another version than its message")
            }
            self = .keyPackage(keyPackage)
        case let format: throw .invalidValue(offset: start, "message of the unknown wire format \(format)")
        }
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(ProtocolVersion.mls10)
        bytes.write(wireFormat)
        switch self {
        case .publicMessage(let message): bytes.write(message)
        case .privateMessage(let message): bytes.write(message)
        case .welcome(let welcome): bytes.write(welcome)
        case .groupInfo(let groupInfo): bytes.write(groupInfo)
        case .keyPackage(let keyPackage): bytes.write(keyPackage)
        }
    }
}
