import MLSWire
import TLSSyntax
import Testing

/// The parts of structures that are signed, encrypted under or hashed: each field at its place.
@Suite("What is signed and authenticated, RFC 9420") struct SignedContentTests {
    private let group = GroupID(bytes: [0xA1])
    private let leaf = LeafNode(
        encryptionKey: HPKEPublicKey(bytes: [0xE1]), signatureKey: SignaturePublicKey(bytes: [0x51]),
        credential: .basic(identity: [0x1D]),
        capabilities: Capabilities(cipherSuites: [.p256AES128], credentials: [.basic]),
        source: .update, signature: [0x99])
    private let unsigned: [UInt8] = [1, 0xE1, 1, 0x51, 0, 1, 1, 0x1D, 2, 0, 1, 2, 0, 2, 0, 0, 2, 0, 1]

    @Test("a leaf is bound to its place in the group, unless it is in a key package, §7.2") func leafNode() {
        #expect(leaf.encoded == unsigned + [2, 0, 1, 0x99])
        let place: [UInt8] = [1, 0xA1, 0, 0, 0, 7]
        var leaf = leaf
        #expect(leaf.toBeSigned(in: group, at: LeafIndex(rawValue: 7)) == unsigned + [2, 0] + place)
        leaf.source = .commit(parentHash: [0xFA])
        #expect(leaf.toBeSigned(in: group, at: LeafIndex(rawValue: 7)) == unsigned + [3, 1, 0xFA, 0] + place)
        leaf.source = .keyPackage(Lifetime(notBefore: 1, notAfter: 2))
        #expect(
            leaf.toBeSigned(in: group, at: LeafIndex(rawValue: 7))
                == unsigned + [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0])
    }

    @Test("a key package is signed but for its signature, §10") func keyPackage() {
        let package = KeyPackage(
            cipherSuite: .p384AES256, initKey: HPKEPublicKey(bytes: [0x11]), leafNode: leaf, signature: [0x98])
        #expect(package.toBeSigned == [0, 1, 0, 7, 1, 0x11] + leaf.encoded + [0])
        #expect(package.encoded == package.toBeSigned + [1, 0x98])
    }

    @Test("a group info is signed but for its signature, §12.4.3") func groupInfo() {
        let context = GroupContext(
            cipherSuite: .p256AES128, groupID: group, epoch: 3, treeHash: [0x77], confirmedTranscriptHash: [0x78])
        #expect(context.encoded == [0, 1, 0, 2, 1, 0xA1, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0x77, 1, 0x78, 0])
        let info = GroupInfo(
            context: context, confirmationTag: MACTag(bytes: [0xC0]), signer: LeafIndex(rawValue: 9), signature: [0x97])
        #expect(info.toBeSigned == context.encoded + [0, 1, 0xC0, 0, 0, 0, 9])
        #expect(info.encoded == info.toBeSigned + [1, 0x97])
    }

    @Test("the group's context is signed by who is a member, or becomes one by it, §6.1")
    func framedContent() {
        let context: [UInt8] = [0xCC, 0xCD]
        for (sender, encoded, bound) in [
            (.member(LeafIndex(rawValue: 5)), [1, 0, 0, 0, 5], true), (.external(index: 6), [2, 0, 0, 0, 6], false),
            (.newMemberProposal, [3], false), (.newMemberCommit, [4], true),
        ] as [(Sender, [UInt8], Bool)] {
            let content = FramedContent(
                groupID: group, epoch: 2, sender: sender, authenticatedData: [0xAD], content: .application([0xDA]))
            #expect(content.encoded == [1, 0xA1, 0, 0, 0, 0, 0, 0, 0, 2] + encoded + [1, 0xAD, 1, 1, 0xDA])
            #expect(
                content.toBeSigned(as: .privateMessage, context: context)
                    == [0, 1, 0, 2] + content.encoded + (bound ? context : []))
        }
    }

    @Test("what a private message shows is authenticated, §6.3") func privateMessage() {
        let message = PrivateMessage(
            groupID: group, epoch: 2, contentType: .commit, authenticatedData: [0xAD], encryptedSenderData: [1],
            ciphertext: [2])
        #expect(message.senderDataAAD == [1, 0xA1, 0, 0, 0, 0, 0, 0, 0, 2, 3])
        #expect(message.contentAAD == message.senderDataAAD + [1, 0xAD])
        #expect(message.encoded == message.contentAAD + [1, 1, 1, 2])
    }

    @Test("a label says what a signature is for, §5.1.2") func label() {
        let content = LabelledContent("LeafNodeTBS", [7])
        #expect(content.encoded == [19] + Array("MLS 1.0 LeafNodeTBS".utf8) + [1, 7])
    }

    @Test("extensions keep their order; one is replaced in its place, and removed") func extensions() throws {
        var extensions = Extensions()
        extensions[.externalPub] = [1]
        extensions[.applicationID] = [2]
        extensions[.externalPub] = [3]
        #expect(extensions.encoded == [8, 0, 4, 1, 3, 0, 1, 1, 2])
        #expect(extensions.types == [.externalPub, .applicationID])
        extensions[.externalPub] = nil
        extensions[.ratchetTree] = nil
        #expect(extensions.encoded == [4, 0, 1, 1, 2])
        #expect(extensions[.externalPub] == nil)
        extensions[.requiredCapabilities] = RequiredCapabilities(credentials: [.x509]).encoded
        #expect(try extensions.value(.requiredCapabilities, as: RequiredCapabilities.self)?.credentials == [.x509])
        #expect(try extensions.value(.externalSenders, as: ExternalSenders.self) == nil)
        extensions[.requiredCapabilities] = [0, 0, 0, 0]
        #expect(throws: SyntaxError.trailingBytes(offset: 3, count: 1)) {
            try extensions.value(.requiredCapabilities, as: RequiredCapabilities.self)
        }
    }
}

@Suite("Codes and capabilities, RFC 9420 §7.2, §13.5, §17") struct CodeTests {
    @Test("fifteen values are there to be ignored, §13.5") func grease() {
        let values = (UInt16.min...UInt16.max).filter { ExtensionType(rawValue: $0).isGREASE }
        #expect(values == (0...14).map { 0x0A0A + 0x1010 * $0 })
    }

    @Test("a code is shown by its name, or else as a number") func names() {
        #expect("\(MLSCipherSuite.p256AES128)" == "MLS_128_DHKEMP256_AES128GCM_SHA256_P256")
        #expect("\(ProposalType(rawValue: 8))" == "0x0008")
        #expect("\(ExtensionType(rawValue: 0xFFFF))" == "0xffff")
        #expect(ExtensionType.lastResort > .externalSenders)
    }

    @Test("default types need not be listed, and others must be, §7.2, §11.1") func supports() {
        let listed = ExtensionType(rawValue: 0xF001), proposal = ProposalType(rawValue: 0xF002)
        let capabilities = Capabilities(
            cipherSuites: [], extensions: [listed], proposals: [proposal], credentials: [.x509])
        for type in UInt16.min...16 {
            #expect(capabilities.supports(ExtensionType(rawValue: type)) == (1...5).contains(type))
            #expect(capabilities.supports(ProposalType(rawValue: type)) == (1...7).contains(type))
            #expect(capabilities.supports(CredentialType(rawValue: type)) == (type == 2))
        }
        #expect(capabilities.supports(listed) && capabilities.supports(proposal))
        let met = RequiredCapabilities(
            extensions: [listed, .ratchetTree], proposals: [proposal, .add], credentials: [.x509])
        #expect(met.areMet(by: capabilities))
        for change: (inout RequiredCapabilities) -> Void in [
            { $0.extensions.append(.lastResort) }, { $0.proposals.append(ProposalType(rawValue: 8)) },
            { $0.credentials.append(.basic) },
        ] {
            var required = met
            change(&required)
            #expect(!required.areMet(by: capabilities))
        }
    }

    @Test("only adding, pre-shared keys and re-initialising need no path, §12.4") func paths() {
        var source = RandomSource(seed: 1)
        for _ in 0..<100 {
            let proposal = Proposal.random(&source)
            let mayLack: [ProposalType] = [.add, .preSharedKey, .reInit]
            #expect(proposal.requiresPath == !mayLack.contains(proposal.type))
        }
    }
}
