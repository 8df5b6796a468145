public import TLSSyntax

/// What a client can do beyond what every client can (RFC 9420 §7.2).
public struct Capabilities: MLSStructure {
    public var versions: [ProtocolVersion]
    public var cipherSuites: [MLSCipherSuite]
    public var extensions: [ExtensionType]
    public var proposals: [ProposalType]
    public var credentials: [CredentialType]

    public init(
        versions: [ProtocolVersion] = [.mls10], cipherSuites: [MLSCipherSuite], extensions: [ExtensionType] = [],
        proposals: [ProposalType] = [], credentials: [CredentialType]
    ) {
        self.versions = versions
        self.cipherSuites = cipherSuites
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    /// Whether an extension of this type may be used with the client: it is known to all, or listed.
    public func supports(_ type: ExtensionType) -> Bool { type.isDefault || extensions.contains(type) }

    /// Whether a proposal of this type may be used with the client.
    public func supports(_ type: ProposalType) -> Bool { type.isDefault || proposals.contains(type) }

    /// Whether the client understands credentials of this type.
    public func supports(_ type: CredentialType) -> Bool { credentials.contains(type) }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        versions = try reader.variableVector(of: ProtocolVersion.self, maximumCount: MLSLimits.capabilities)
        cipherSuites = try reader.variableVector(of: MLSCipherSuite.self, maximumCount: MLSLimits.capabilities)
        extensions = try reader.variableVector(of: ExtensionType.self, maximumCount: MLSLimits.capabilities)
        proposals = try reader.variableVector(of: ProposalType.self, maximumCount: MLSLimits.capabilities)
        credentials = try reader.variableVector(of: CredentialType.self, maximumCount: MLSLimits.capabilities)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(versions)
        bytes.writeVariable(cipherSuites)
        bytes.writeVariable(extensions)
        bytes.writeVariable(proposals)
        bytes.writeVariable(credentials)
    }
}

/// What every member of a group must be able to do (RFC 9420 §11.1): the content of `required_capabilities`.
public struct RequiredCapabilities: MLSStructure {
    public var extensions: [ExtensionType]
    public var proposals: [ProposalType]
    public var credentials: [CredentialType]

    public init(
        extensions: [ExtensionType] = [], proposals: [ProposalType] = [], credentials: [CredentialType] = []
    ) {
        self.extensions = extensions
        self.proposals = proposals
        self.credentials = credentials
    }

    /// Whether a client with these capabilities meets all of them.
    public func areMet(by capabilities: Capabilities) -> Bool {
        extensions.allSatisfy(capabilities.supports) && proposals.allSatisfy(capabilities.supports)
            && credentials.allSatisfy(capabilities.supports)
    }

    public init(from reader: inout SyntaxReader) throws(SyntaxError) {
        extensions = try reader.variableVector(of: ExtensionType.self, maximumCount: MLSLimits.capabilities)
        proposals = try reader.variableVector(of: ProposalType.self, maximumCount: MLSLimits.capabilities)
        credentials = try reader.variableVector(of: CredentialType.self, maximumCount: MLSLimits.capabilities)
    }

    public func write(into bytes: inout [UInt8]) {
        bytes.writeVariable(extensions)
        bytes.writeVariable(proposals)
        bytes.writeVariable(credentials)
    }
}
