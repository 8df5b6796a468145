import Chat
import ChatWire
import MLSWire
import NIOCore
import TLSMonitor
import Testing

@Suite("What is put where MLS belongs") struct PayloadSmugglingTests {
    static let text = Array(
        "Meet me at noon, behind the old mill, and bring what we spoke of. Tell nobody at all.".utf8)

    /// Where a payload can stand.
    enum Place: String, CaseIterable {
        case send, commit, welcome, submittedInfo, createdInfo, package, lastResort, leave, readd, offered, founded,
            message, proposal, committed, removal, readdRequest, left, voided
    }

    private static func put(_ payload: ByteBuffer, _ place: Place, _ inspection: inout Inspection) throws {
        let material = try Material.usual.get()
        let (id, room) = (RequestID(1), material.room)
        var submission = try material.submission()
        func entry(_ kind: EntryKind) throws -> ServerFrame { .entry(try material.entry(kind, .inline(payload))) }
        switch place {
        case .send: try inspection.client(.send(id, room, token: 1, payload: payload))
        case .commit:
            submission.commit = payload
            try inspection.client(.submit(id, submission))
        case .welcome:
            submission.welcome = payload
            try inspection.client(.submit(id, submission))
        case .submittedInfo:
            submission.groupInfo = payload
            try inspection.client(.submit(id, submission))
        case .createdInfo: try inspection.client(.create(id, room, material.policy, groupInfo: payload))
        case .package: try inspection.client(.publish(id, packages: [payload], lastResort: ByteBuffer()))
        case .lastResort: try inspection.client(.publish(id, packages: [], lastResort: payload))
        case .leave: try inspection.client(.leave(id, room, token: 1, payload: payload))
        case .readd: try inspection.client(.readd(id, room, token: 1, package: payload))
        case .offered:
            try inspection.server(.packages(id, [OfferedPackage(try material.identity("bob/phone"), payload)]))
        case .founded: try inspection.server(try entry(.created))
        case .message: try inspection.server(try entry(.message))
        case .proposal: try inspection.server(try entry(.proposal))
        case .committed: try inspection.server(try entry(.commit))
        case .removal: try inspection.server(try entry(.removalRequest))
        case .readdRequest: try inspection.server(try entry(.readdRequest))
        case .left: try inspection.server(try entry(.leave))
        case .voided: try inspection.server(try entry(.voided))
        }
    }

    /// Refused with these words, and the bytes are nowhere in the report.
    private func expectRefused(
        _ payload: ByteBuffer, _ place: Place, _ words: String, at location: SourceLocation = #_sourceLocation
    ) throws {
        var inspection = Inspection()
        try Self.put(payload, place, &inspection)
        let report = inspection.inspector.finish()
        #expect(report.verdict == .refuted, sourceLocation: location)
        #expect(report.says(words), "\(report.told)", sourceLocation: location)
        #expect(report.bytes("unaccounted") >= payload.readableBytes, sourceLocation: location)
        #expect(!report.told.contains("noon"), sourceLocation: location)
        #expect(report.findings.first?.flow == 1 && report.findings.first?.packet == 1, sourceLocation: location)
    }

    @Test("text is refused in every place", arguments: Place.allCases)
    func plainText(place: Place) throws {
        try expectRefused(ByteBuffer(bytes: Self.text), place, "bytes are no ")
    }

    @Test("trailing bytes are refused behind what belongs there")
    func trailing() throws {
        let material = try Material.usual.get()
        let good: [(ByteBuffer, Place)] = [
            (material.messages[0], .send), (material.proposal, .left), (material.commit, .commit),
            (material.welcome, .welcome), (material.groupInfo, .createdInfo), (material.keyPackages[0], .package),
            (material.externalCommit, .committed), (material.removalRequest, .removal),
            (ByteBuffer(bytes: material.policy.encoded), .founded),
        ]
        for (payload, place) in good {
            var longer = payload
            longer.writeBytes(Self.text)
            try expectRefused(longer, place, "bytes are no ")
        }
    }

    @Test("an MLS message of another kind is refused")
    func otherKind() throws {
        let material = try Material.usual.get()
        try expectRefused(material.welcome, .send, "of another kind (mls_welcome)")
        try expectRefused(material.keyPackages[0], .message, "of another kind (mls_key_package)")
        try expectRefused(material.messages[0], .package, "of another kind (mls_private_message)")
        try expectRefused(material.groupInfo, .welcome, "of another kind (mls_group_info)")
        try expectRefused(material.proposal, .message, "another content (proposal)")
        try expectRefused(material.messages[0], .proposal, "another content (application)")
        try expectRefused(material.messages[0], .commit, "another content (application)")
        try expectRefused(material.commit, .send, "another content (commit)")
        try expectRefused(material.externalCommit, .send, "of another kind (mls_public_message)")
    }

    @Test("what a member says in the clear is refused", arguments: [Place.send, .committed, .removal, .proposal])
    func publicMessages(place: Place) throws {
        let material = try Material.usual.get()
        let group = GroupID(bytes: material.room.bytes)
        func message(_ sender: Sender, _ content: MLSContent) -> ByteBuffer {
            let message = PublicMessage(
                content: FramedContent(groupID: group, epoch: 1, sender: sender, content: content),
                auth: FramedContentAuthData(signature: [UInt8](repeating: 1, count: 64)),
                membershipTag: sender == .member(LeafIndex(rawValue: 0))
                    ? MACTag(bytes: [UInt8](repeating: 1, count: 32)) : nil)
            return ByteBuffer(bytes: MLSMessage.publicMessage(message).encoded)
        }
        let words = place == .committed || place == .removal ? "a message in the clear" : "of another kind"
        try expectRefused(message(.member(LeafIndex(rawValue: 0)), .application(Self.text)), place, words)
        try expectRefused(message(.newMemberCommit, .application(Self.text)), place, words)
        try expectRefused(message(.external(index: 0), .application(Self.text)), place, words)
        try expectRefused(material.publicCommit, place, words)
        try expectRefused(material.publicProposal, place, words)
    }

    // MARK: Inside of a PrivateMessage

    private func changed(
        _ buffer: ByteBuffer, _ change: (inout PrivateMessage) -> Void
    ) throws -> ByteBuffer {
        guard case .privateMessage(var message) = try MLSMessage(decoding: Array(buffer.readableBytesView)) else {
            throw Unexpected()
        }
        change(&message)
        return ByteBuffer(bytes: MLSMessage.privateMessage(message).encoded)
    }

    @Test("a PrivateMessage with something else in one of its values is refused")
    func privateMessages() throws {
        let material = try Material.usual.get()
        func expect(_ words: String, _ place: Place = .send, _ change: (inout PrivateMessage) -> Void) throws {
            let base = place == .commit ? material.commit : material.messages[0]
            try expectRefused(try changed(base, change), place, words)
        }
        try expect("is text") { $0.ciphertext = Self.text }
        try expect("authenticated data") { $0.authenticatedData = Self.text }
        try expect("authenticated data") { $0.authenticatedData = [2] + [UInt8](repeating: 0, count: 16) }
        try expect("encrypted sender data of 85 bytes") { $0.encryptedSenderData = Self.text }
        try expect("encrypted sender data of 27 bytes") { $0.encryptedSenderData.removeLast() }
        try expect("too short") { $0.ciphertext = [UInt8](repeating: 0x80, count: 25) }
        try expect("not the room") { $0.groupID = GroupID(bytes: Self.text) }
        try expect("its epoch", .commit) { $0.epoch += 1 }
    }

    @Test("short texts as ciphertext are noticed when there are some of them")
    func shortTexts() throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        for index in 0..<10 {
            let payload = try changed(material.messages[index]) {
                $0.ciphertext = Array("meet me at noon behind the mill!".utf8)
            }
            try inspection.client(.send(RequestID(1), material.room, token: UInt64(index), payload: payload))
        }
        let report = inspection.inspector.finish()
        #expect(report.verdict == .refuted)
        #expect(report.says("too many short ciphertexts"), "\(report.told)")
    }

    @Test("a ciphertext that is not even is noticed")
    func uneven() throws {
        let material = try Material.usual.get()
        var inspection = Inspection()
        let payload = try changed(material.messages[0]) {
            // As many high bits as ciphertext has, and few values.
            $0.ciphertext = (0..<4_096).map { $0.isMultiple(of: 2) ? 0x41 : 0xC1 }
        }
        try inspection.client(.send(RequestID(1), material.room, token: 1, payload: payload))
        #expect(inspection.inspector.finish().says("not evenly spread"))
    }

    @Test(
        "messages that are not padded are counted, and refute nothing",
        arguments: [(272, 0), (528, 0), (2_064, 0), (400, 1)])
    func padding(length: Int, unpadded: Int) throws {
        let material = try Material.usual.get()
        var numbers = HostilityTests.Numbers(state: UInt64(length))
        var inspection = Inspection()
        let payload = try changed(material.messages[0]) { $0.ciphertext = numbers.bytes(length) }
        try inspection.client(.send(RequestID(1), material.room, token: 1, payload: payload))
        let report = inspection.inspector.finish()
        #expect(report.verdict == .proven)
        #expect(report.count("unpadded") == unpadded)
    }

    // MARK: Welcomes

    @Test("a Welcome with something else in one of its values is refused")
    func welcomes() throws {
        let material = try Material.usual.get()
        func expect(_ words: String, _ change: (inout Welcome) -> Void) throws {
            guard case .welcome(var welcome) = try MLSMessage(decoding: Array(material.welcome.readableBytesView))
            else { throw Unexpected() }
            change(&welcome)
            try expectRefused(ByteBuffer(bytes: MLSMessage.welcome(welcome).encoded), .welcome, words)
        }
        try expect("is text") { $0.encryptedGroupInfo = Self.text }
        try expect("for nobody") { $0.secrets = [] }
        try expect("unknown suite") { $0.cipherSuite = MLSCipherSuite(rawValue: 0x4142) }
        try expect("is no hash") { $0.secrets[0].newMember = KeyPackageRef(bytes: Self.text) }
        try expect("not the length") { $0.secrets[0].encryptedGroupSecrets.kemOutput = Self.text }
        try expect("not the length") { $0.secrets[0].encryptedGroupSecrets.ciphertext = [1] }
        try expect("is text") { $0.secrets[0].encryptedGroupSecrets.ciphertext = Self.text }
        try expect("too short") { $0.encryptedGroupInfo = [1, 2] }
    }

    // MARK: Key material

    @Test("a key package with something else in one of its values is refused")
    func keyPackages() throws {
        let material = try Material.usual.get()
        func expect(_ words: String, _ change: (inout KeyPackage) -> Void) throws {
            guard
                case .keyPackage(var package) = try MLSMessage(
                    decoding: Array(material.keyPackages[0].readableBytesView))
            else { throw Unexpected() }
            change(&package)
            try expectRefused(ByteBuffer(bytes: MLSMessage.keyPackage(package).encoded), .package, words)
        }
        try expect("no certificate") { $0.leafNode.credential = .basic(identity: Self.text) }
        try expect("not one structure of DER") { $0.leafNode.credential = .x509(certificates: [Self.text]) }
        try expect("not one structure of DER") { $0.leafNode.credential = .x509(certificates: []) }
        try expect("not one structure of DER") {
            guard case .x509(let certificates) = $0.leafNode.credential else { return }
            $0.leafNode.credential = .x509(certificates: [certificates[0] + Self.text])
        }
        try expect("extension") { $0.extensions[.applicationID] = Self.text }
        try expect("extension") { $0.extensions[.lastResort] = Self.text }
        try expect("extension") { $0.leafNode.extensions[.applicationID] = Self.text }
        try expect("suite's length") { $0.initKey = HPKEPublicKey(bytes: Self.text) }
        try expect("suite's length") { $0.leafNode.encryptionKey = HPKEPublicKey(bytes: Self.text) }
        try expect("suite's length") { $0.leafNode.signatureKey = SignaturePublicKey(bytes: Self.text) }
        for signature in [Self.text, Array(Self.text.prefix(70)), [0x30, 68] + Self.text.prefix(68), []] {
            try expect("suite's form") { $0.leafNode.signature = signature }
            try expect("suite's form") { $0.signature = signature }
        }
        try expect("unknown suite") { $0.cipherSuite = MLSCipherSuite(rawValue: 0x4142) }
        try expect("capabilities") {
            $0.leafNode.capabilities.extensions = Self.text.map { ExtensionType(rawValue: 0x6100 + UInt16($0)) }
        }
        try expect("capabilities") { $0.leafNode.capabilities.cipherSuites[0] = MLSCipherSuite(rawValue: 0x6D65) }
        try expect("capabilities") {
            $0.leafNode.capabilities.proposals = (0..<33).map { _ in ProposalType(rawValue: 0x0A0A) }
        }
    }

    @Test("a group info with something else in one of its values is refused")
    func groupInfos() throws {
        let material = try Material.usual.get()
        func expect(_ words: String, _ change: (inout GroupInfo) throws -> Void) throws {
            guard case .groupInfo(var info) = try MLSMessage(decoding: Array(material.groupInfo.readableBytesView))
            else { throw Unexpected() }
            try change(&info)
            try expectRefused(ByteBuffer(bytes: MLSMessage.groupInfo(info).encoded), .createdInfo, words)
        }
        try expect("not the room") { $0.context.groupID = GroupID(bytes: [1]) }
        try expect("extension") { $0.extensions[ExtensionType(rawValue: 0xF0FE)] = Self.text }
        try expect("extension") { $0.context.extensions[.applicationID] = Self.text }
        try expect("no policy") { $0.context.extensions[Device.policy] = Self.text }
        try expect("extension that is not") { $0.extensions[.ratchetTree] = Self.text }
        try expect("suite's length") { $0.extensions[.externalPub] = HPKEPublicKey(bytes: Self.text).encoded }
        try expect("suite's length") { $0.context.treeHash = Self.text }
        try expect("suite's length") { $0.confirmationTag = MACTag(bytes: Self.text) }
        try expect("suite's form") { $0.signature = Self.text }
        try expect("capabilities") {
            let codes = [ProposalType(rawValue: 0x6D65)]
            $0.context.extensions[.requiredCapabilities] = RequiredCapabilities(proposals: codes).encoded
        }
        try expect("whose key is none") {
            let sender = ExternalSender(
                signatureKey: SignaturePublicKey(bytes: Self.text), credential: .x509(certificates: [[0x30, 0]]))
            $0.context.extensions[.externalSenders] = ExternalSenders([sender]).encoded
        }
        try expect("suite's length") {
            var nodes = try $0.extensions.value(.ratchetTree, as: TreeNodes.self)?.nodes ?? []
            guard case .parent(var parent) = nodes[1] else { throw Unexpected() }
            parent.unmergedLeaves = [LeafIndex(rawValue: 0x6D65_6574)]
            nodes[1] = .parent(parent)
            $0.extensions[.ratchetTree] = TreeNodes(nodes).encoded
        }
        try expect("no certificate") {
            var nodes = try $0.extensions.value(.ratchetTree, as: TreeNodes.self)?.nodes ?? []
            guard case .leaf(var leaf) = nodes.first ?? nil else { throw Unexpected() }
            leaf.credential = .basic(identity: Self.text)
            nodes[0] = .leaf(leaf)
            $0.extensions[.ratchetTree] = TreeNodes(nodes).encoded
        }
        try expect("suite's length") {
            var nodes = try $0.extensions.value(.ratchetTree, as: TreeNodes.self)?.nodes ?? []
            nodes[1] = .parent(ParentNode(encryptionKey: HPKEPublicKey(bytes: Self.text)))
            $0.extensions[.ratchetTree] = TreeNodes(nodes).encoded
        }
    }

    @Test("a newcomer's commit with something else in one of its values is refused")
    func externalCommits() throws {
        let material = try Material.usual.get()
        func expect(_ words: String, _ change: (inout PublicMessage, inout Commit) -> Void) throws {
            guard
                case .publicMessage(var message) = try MLSMessage(
                    decoding: Array(material.externalCommit.readableBytesView)),
                case .commit(var commit) = message.content.content
            else { throw Unexpected() }
            message.content.content = .application([])
            change(&message, &commit)
            message.content.content = .commit(commit)
            try expectRefused(ByteBuffer(bytes: MLSMessage.publicMessage(message).encoded), .committed, words)
        }
        try expect("no newcomer makes") {
            $1.proposals.append(.proposal(.custom(ProposalType(rawValue: 0xF000), Self.text)))
        }
        try expect("no newcomer makes") { $1.proposals[0] = .proposal(.externalInit(kemOutput: Self.text)) }
        try expect("proposals of others") { $1.proposals.append(.reference(ProposalRef(bytes: Self.text))) }
        try expect("from elsewhere") {
            $1.proposals.append(.proposal(.preSharedKey(PreSharedKeyID(source: .external(id: Self.text), nonce: []))))
        }
        try expect("without new keys") { $1.path = nil }
        try expect("extension") { $1.path?.leafNode.extensions[.applicationID] = Self.text }
        try expect("suite's length") { $1.path?.nodes[0].encryptionKey = HPKEPublicKey(bytes: Self.text) }
        try expect("suite's length") { $1.path?.nodes[0].encryptedPathSecret[0].ciphertext = Self.text }
        try expect("authenticated data") { message, _ in message.content.authenticatedData = Self.text }
        try expect("suite's form") { message, _ in message.auth.signature = Self.text }
        try expect("not the room") { message, _ in message.content.groupID = GroupID(bytes: Self.text) }
    }

    private struct Unexpected: Error {}
}
