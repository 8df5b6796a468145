public import TLSSyntax

/// What a framed message is about; even a private message shows it (RFC 9420 §6).
public enum MLSContentType: UInt8, MLSStructure {
    case application = 1
    case proposal = 2
    case commit = 3

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        guard let type = Self(rawValue: try reader.uint8()) else {
            throw .invalidValue(offset: start, "content of unknown type")
        }
        self = type
    }

    public func write(into bytes: inout [UInt8]) { bytes.append(rawValue) }
}

/// The content of a framed message (RFC 9420 §6).
public enum MLSContent: Hashable, Sendable {
    case application([UInt8])
    case proposal(Proposal)
    case commit(Commit)

    public var type: MLSContentType {
        switch self {
        case .application: .application
        case .proposal: .proposal
        case .commit: .commit
        }
    }

    /// The content alone, without its type in front.
    package init(_ type: MLSContentType, from reader: inout SyntaxReader) throws(SyntaxError) {
        switch type {
        case .application: self = .application(try reader.variableOpaque())
        case .proposal: self = .proposal(try Proposal(from: &reader))
        case .commit: self = .commit(try Commit(from: &reader))
        }
    }

    package func write(into bytes: inout [UInt8]) {
        switch self {
        case .application(let data): bytes.write(variableOpaque: data)
        case .proposal(let proposal): bytes.write(proposal)
        case .commit(let commit): bytes.write(commit)
        }
    }
}

/// A message with its place in the group's life and its sender (RFC 9420 §6).
public struct FramedContent: MLSStructure {
    public var groupID: GroupID
    public var epoch: UInt64
    public var sender: Sender
    /// Sent in the clear even in a private message, and protected against change.
    public var authenticatedData: [UInt8]
    public var content: MLSContent

    public init(
        groupID: GroupID, epoch: UInt64, sender: Sender, authenticatedData: [UInt8] = [], content: MLSContent
    ) {
        self.groupID = groupID
        self.epoch = epoch
        self.sender = sender
        self.authenticatedData = authenticatedData
        self.content = content
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        groupID = try GroupID(from: &reader)
        epoch = try reader.uint64()
        sender = try Sender(from: &reader)
        authenticatedData = try reader.variableOpaque()
        content = try MLSContent(try MLSContentType(from: &reader), from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(groupID)
        bytes.write(epoch)
        bytes.write(sender)
        bytes.write(variableOpaque: authenticatedData)
        bytes.write(content.type)
        content.write(into: &bytes)
    }

    /// `FramedContentTBS` (§6.1): what the signature covers. `context` is the group's, as it is encoded, and enters where
    /// the sender is a member or becomes one by this message.
    public func toBeSigned(as format: WireFormat, context: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var size = groupID.bytes.count + authenticatedData.count + context.count + 64
        if case .application(let data) = content { size += data.count }
        bytes.reserveCapacity(size)
        bytes.write(ProtocolVersion.mls10)
        bytes.write(format)
        bytes.write(self)
        switch sender {
        case .member, .newMemberCommit: bytes.append(contentsOf: context)
        case .external, .newMemberProposal: break
        }
        return bytes
    }
}

/// The proof that goes with a framed message (RFC 9420 §6.1).
public struct FramedContentAuthData: Hashable, Sendable {
    public var signature: [UInt8]
    /// Of commits, and of nothing else.
    public var confirmationTag: MACTag?

    public init(signature: [UInt8], confirmationTag: MACTag? = nil) {
        self.signature = signature
        self.confirmationTag = confirmationTag
    }

    package init(of type: MLSContentType, from reader: inout SyntaxReader) throws(SyntaxError) {
        signature = try reader.variableOpaque(0...MLSLimits.cryptographicLength)
        confirmationTag = type == .commit ? try MACTag(from: &reader) : nil
    }

    package func write(into bytes: inout [UInt8]) {
        bytes.write(variableOpaque: signature)
        if let confirmationTag { bytes.write(confirmationTag) }
    }
}

/// A framed message with its proof, as transcript and references hash it (RFC 9420 §6).
public struct AuthenticatedContent: MLSStructure {
    public var wireFormat: WireFormat
    public var content: FramedContent
    public var auth: FramedContentAuthData

    public init(wireFormat: WireFormat, content: FramedContent, auth: FramedContentAuthData) {
        self.wireFormat = wireFormat
        self.content = content
        self.auth = auth
    }

    /// - Throws: `SyntaxError.invalidValue` for a wire format that frames nothing.
    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        let start = reader.offset
        wireFormat = try WireFormat(from: &reader)
        guard wireFormat == .publicMessage || wireFormat == .privateMessage else {
            throw .invalidValue(offset: start, "framed content in the wire format \(wireFormat)")
        }
        content = try FramedContent(from: &reader)
        auth = try FramedContentAuthData(of: content.content.type, from: &reader)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.write(wireFormat)
        bytes.write(content)
        auth.write(into: &bytes)
    }
}
