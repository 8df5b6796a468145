import MLSWire
import TLSSyntax
import Testing

/// Each refusal by its own name, beside what is accepted.
@Suite("What decoders refuse, RFC 9420") struct RefusalTests {
    /// Decodes `good`, and refuses `bad` with exactly this error.
    private func refuse<Value: MLSStructure>(
        _: Value.Type, _ bad: [UInt8], _ error: SyntaxError, unlike good: [UInt8],
        at location: SourceLocation = #_sourceLocation
    ) {
        #expect(throws: Never.self, sourceLocation: location) { _ = try Value(decoding: good) }
        #expect(throws: error, sourceLocation: location) { try Value(decoding: bad) }
    }

    // MARK: §2.1, presentation language

    @Test("a length in more bytes than it needs, §2.1.2") func longLength() {
        let error = SyntaxError.invalidValue(offset: 0, "vector length in more bytes than it needs")
        refuse(MACTag.self, [0x40, 0x01, 9], error, unlike: [0x01, 9])
        refuse(MACTag.self, [0x80, 0, 0, 1, 9], error, unlike: [0x01, 9])
        let many = [UInt8](repeating: 9, count: 0x40)
        refuse(MACTag.self, [0x80, 0, 0, 0x40] + many, error, unlike: [0x40, 0x40] + many)
    }

    @Test("a length with the prefix 11, §2.1.2", arguments: UInt8(0xC0)...0xFF)
    func reservedPrefix(first: UInt8) {
        let error = SyntaxError.invalidValue(offset: 0, "vector length with the reserved prefix 11")
        refuse(MACTag.self, [first, 0, 0, 0, 0, 0, 0, 0], error, unlike: [7, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("a presence octet that is neither 0 nor 1, §2.1.1", arguments: UInt8(2)...255)
    func presence(octet: UInt8) {
        refuse(
            Commit.self, [0, octet], .invalidValue(offset: 1, "presence octet that is neither 0 nor 1"),
            unlike: [0, 0])
    }

    @Test("more than is decoded at once") func tooMuch() {
        let length = MLSLimits.messageLength + 1
        let bytes = [UInt8](repeating: 0, count: length)
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: length, allowed: 0...MLSLimits.messageLength)) {
            try LeafIndex(decoding: bytes)
        }
    }

    // MARK: Types that nobody knows

    @Test("a reserved or unknown type", arguments: [0, 4, 5, 255] as [UInt8])
    func unknownTypes(type: UInt8) {
        refuse(MLSContentType.self, [type], .invalidValue(offset: 0, "content of unknown type"), unlike: [3])
        let leaf = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0] as [UInt8]
        refuse(
            LeafNode.self, leaf + [type, 0, 0], .invalidValue(offset: 10, "leaf node of unknown source"),
            unlike: leaf + [2, 0, 0])
        refuse(
            PreSharedKeyID.self, [type, 0, 0], .invalidValue(offset: 0, "pre-shared key of unknown type"),
            unlike: [1, 0, 0])
        refuse(
            PreSharedKeyID.self, [2, type, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            .invalidValue(offset: 1, "resumption key of unknown usage"),
            unlike: [2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        refuse(
            ProposalOrRef.self, [type, 0], .invalidValue(offset: 0, "neither a proposal nor a reference"),
            unlike: [2, 0])
        refuse(
            TreeNode.self, [type, 0, 0, 0], .invalidValue(offset: 0, "tree node of unknown type"), unlike: [2, 0, 0, 0])
    }

    @Test("a sender of unknown type, §6", arguments: [0, 5, 255] as [UInt8])
    func unknownSender(type: UInt8) {
        refuse(Sender.self, [type], .invalidValue(offset: 0, "sender of unknown type"), unlike: [4])
    }

    @Test("a credential of unknown type, §5.3", arguments: [0, 3, 0x0A0A, 0xFFFF] as [UInt16])
    func unknownCredential(type: UInt16) {
        let type = CredentialType(rawValue: type)
        refuse(
            Credential.self, type.encoded + [0], .invalidValue(offset: 0, "credential of unknown type \(type)"),
            unlike: [0, 1, 0])
    }

    @Test("a proposal of the reserved type 0, §17.4") func reservedProposal() {
        refuse(
            Proposal.self, [0, 0, 0], .invalidValue(offset: 0, "proposal of the reserved type 0"), unlike: [0, 8, 0])
    }

    // MARK: Versions and wire formats

    @Test("a message of another version, §6", arguments: [0, 2, 0xFFFF] as [UInt16])
    func unknownVersion(version: UInt16) {
        let version = ProtocolVersion(rawValue: version)
        let welcome: [UInt8] = [0, 3, 0, 1, 0, 0]
        refuse(
            MLSMessage.self, version.encoded + welcome,
            .invalidValue(offset: 0, "message of the unknown version \(version)"), unlike: [0, 1] + welcome)
        let context: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        refuse(
            GroupContext.self, version.encoded + context,
            .invalidValue(offset: 0, "group context of the unknown version \(version)"), unlike: [0, 1] + context)
    }

    @Test("a message of an unknown wire format, §6", arguments: [0, 6, 0xFFFF] as [UInt16])
    func unknownFormat(format: UInt16) {
        let format = WireFormat(rawValue: format)
        refuse(
            MLSMessage.self, [0, 1] + format.encoded + [0, 1, 0, 0],
            .invalidValue(offset: 0, "message of the unknown wire format \(format)"), unlike: [0, 1, 0, 3, 0, 1, 0, 0])
    }

    @Test("a key package of another version than its message, §10") func keyPackageVersion() {
        let rest: [UInt8] = [0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]
        refuse(
            MLSMessage.self, [0, 1, 0, 5, 0, 2] + rest,
            .invalidValue(offset: 0, "key package of another version than its message"),
            unlike: [0, 1, 0, 5, 0, 1] + rest)
        #expect(throws: Never.self, "alone it may be of any") { try KeyPackage(decoding: [0, 2] + rest) }
    }

    @Test("framed content in a wire format that frames nothing, §6", arguments: [0, 3, 4, 5, 6] as [UInt16])
    func unframed(format: UInt16) {
        let format = WireFormat(rawValue: format)
        let rest: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0]
        refuse(
            AuthenticatedContent.self, format.encoded + rest,
            .invalidValue(offset: 0, "framed content in the wire format \(format)"), unlike: [0, 2] + rest)
    }

    // MARK: Lists with rules of their own

    @Test("two extensions of one type, §13.4") func duplicateExtension() {
        refuse(
            Extensions.self, [6, 0, 10, 0, 0, 10, 0],
            .invalidValue(offset: 0, "two extensions of type last_resort_key_package"), unlike: [6, 0, 10, 0, 0, 11, 0])
        refuse(
            Extensions.self, [10, 0xFA, 0, 1, 1, 0, 1, 0, 0xFA, 0, 0],
            .invalidValue(offset: 0, "two extensions of type 0xfa00"), unlike: [10, 0xFA, 0, 1, 1, 0, 1, 0, 0xFA, 1, 0])
    }

    @Test("unmerged leaves that are not in increasing order, §7.1") func unsortedLeaves() {
        let error = SyntaxError.invalidValue(offset: 2, "unmerged leaves that are not in increasing order")
        let sorted: [UInt8] = [0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 2]
        refuse(ParentNode.self, [0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 1], error, unlike: sorted)
        refuse(ParentNode.self, [0, 0, 8, 0, 0, 0, 2, 0, 0, 0, 2], error, unlike: sorted)
    }

    // MARK: The tree, §12.4.3.3

    private let leaf: [UInt8] = [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0]
    private let parent: [UInt8] = [1, 2, 0, 0, 0]

    private func tree(_ nodes: [UInt8]...) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.write(variableOpaque: nodes.flatMap { $0 })
        return bytes
    }

    @Test("a tree that is empty or ends with a blank node") func blankEnd() {
        let error = SyntaxError.invalidValue(offset: 0, "ratchet tree that is empty or ends with a blank node")
        refuse(TreeNodes.self, tree(), error, unlike: tree(leaf))
        refuse(TreeNodes.self, tree([0]), error, unlike: tree([0], [0], leaf))
        refuse(TreeNodes.self, tree(leaf, parent, leaf, [0]), error, unlike: tree(leaf, parent, leaf))
        refuse(TreeNodes.self, tree(leaf, [0], [0]), error, unlike: tree(leaf, [0], leaf))
    }

    @Test("a leaf where a parent belongs, and the reverse") func misplaced() {
        refuse(
            TreeNodes.self, tree(leaf, leaf, leaf),
            .invalidValue(offset: 16, "leaf in the place of a parent node"), unlike: tree(leaf, parent, leaf))
        refuse(
            TreeNodes.self, tree([0], parent, parent),
            .invalidValue(offset: 7, "parent node in the place of a leaf"), unlike: tree([0], parent, leaf))
        refuse(
            TreeNodes.self, tree(parent), .invalidValue(offset: 1, "parent node in the place of a leaf"),
            unlike: tree(leaf))
    }

    // MARK: Messages

    @Test("what belongs to commits and members alone does not follow anything else, §6.1, §6.2") func tags() {
        let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
        let application: [UInt8] = [0, 1, 0], commit: [UInt8] = [0, 3, 0, 0]
        refuse(
            PublicMessage.self, head + [4] + application + [0, 0], .trailingBytes(offset: 14, count: 1),
            unlike: head + [4] + application + [0])
        refuse(
            PublicMessage.self, head + [4] + commit + [0], .truncated(offset: 15, needed: 1, available: 0),
            unlike: head + [4] + commit + [0, 0])
        refuse(
            PublicMessage.self, head + [1, 0, 0, 0, 7] + commit + [0, 0],
            .truncated(offset: 20, needed: 1, available: 0), unlike: head + [1, 0, 0, 0, 7] + commit + [0, 0, 0])
    }
}
