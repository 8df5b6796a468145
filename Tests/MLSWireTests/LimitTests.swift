import MLSWire
import TLSSyntax
import Testing

/// What a decoder takes at most, so that memory stays in proportion to what was sent.
@Suite("Limits of decoders") struct LimitTests {
    private func vector(_ count: Int, of element: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.writeVariable(0..<count) { bytes, _ in bytes.append(contentsOf: element) }
        return bytes
    }

    private func check<Value: MLSStructure>(
        _: Value.Type, limit: Int, before: [UInt8] = [], of element: (Int) -> [UInt8], after: [UInt8] = [],
        at location: SourceLocation = #_sourceLocation
    ) throws {
        func encoded(_ count: Int) -> [UInt8] {
            var bytes = before
            bytes.writeVariable(0..<count) { bytes, index in bytes.append(contentsOf: element(index)) }
            return bytes + after
        }
        let most = encoded(limit)
        #expect(try Value(decoding: most).encoded == most, sourceLocation: location)
        let error = SyntaxError.lengthOutOfRange(offset: before.count, length: limit + 1, allowed: 0...limit)
        #expect(throws: error, sourceLocation: location) { try Value(decoding: encoded(limit + 1)) }
    }

    @Test("extensions in a list") func extensions() throws {
        try check(Extensions.self, limit: MLSLimits.extensions) { UInt16(0x1000 + $0).bytes + [0] }
    }

    @Test("each list of capabilities") func capabilities() throws {
        for place in 0..<5 {
            try check(
                Capabilities.self, limit: MLSLimits.capabilities, before: [UInt8](repeating: 0, count: place),
                of: { UInt16($0).bytes }, after: [UInt8](repeating: 0, count: 4 - place))
        }
        for place in 0..<3 {
            try check(
                RequiredCapabilities.self, limit: MLSLimits.capabilities, before: [UInt8](repeating: 0, count: place),
                of: { UInt16($0).bytes }, after: [UInt8](repeating: 0, count: 2 - place))
        }
    }

    @Test("certificates in a chain") func certificates() throws {
        try check(Credential.self, limit: MLSLimits.certificates, before: [0, 2], of: { _ in [0] })
    }

    @Test("external senders") func externalSenders() throws {
        try check(ExternalSenders.self, limit: MLSLimits.externalSenders, of: { _ in [0, 0, 1, 0] })
    }

    @Test("proposals in a commit") func proposals() throws {
        try check(Commit.self, limit: MLSLimits.proposals, of: { _ in [2, 0] }, after: [0])
    }

    @Test("levels of an update path") func levels() throws {
        let leaf: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0]
        try check(UpdatePath.self, limit: 32, before: leaf, of: { _ in [0, 0] })
    }

    @Test("unmerged leaves, recipients of a path secret, and of a welcome")
    func leaves() throws {
        try check(ParentNode.self, limit: MLSLimits.leaves, before: [0, 0], of: { UInt32($0).bytes })
        try check(UpdatePathNode.self, limit: MLSLimits.leaves, before: [0], of: { _ in [0, 0] })
        try check(Welcome.self, limit: MLSLimits.leaves, before: [0, 1], of: { _ in [0, 0, 0] }, after: [0])
    }

    @Test("nodes of a tree") func nodes() throws {
        let leaf: [UInt8] = [1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0]
        try check(TreeNodes.self, limit: MLSLimits.nodes, of: { $0 >= MLSLimits.nodes - 1 ? leaf : [0] })
    }

    @Test("identifiers of groups") func groupIDs() throws {
        let most = vector(MLSLimits.groupIDLength, of: [7])
        #expect(try GroupID(decoding: most).encoded == most)
        #expect(throws: SyntaxError.lengthOutOfRange(offset: 0, length: 1025, allowed: 0...1024)) {
            try GroupID(decoding: vector(MLSLimits.groupIDLength + 1, of: [7]))
        }
    }

    @Test("keys, hashes, signatures and codes") func cryptographic() throws {
        let most = vector(MLSLimits.cryptographicLength, of: [7])
        let more = vector(MLSLimits.cryptographicLength + 1, of: [7])
        func check<Value: MLSStructure>(_: Value.Type, _ before: [UInt8] = [], _ after: [UInt8] = []) throws {
            #expect(try Value(decoding: before + most + after).encoded == before + most + after)
            #expect(
                throws: SyntaxError.lengthOutOfRange(
                    offset: before.count, length: MLSLimits.cryptographicLength + 1,
                    allowed: 0...MLSLimits.cryptographicLength)
            ) { try Value(decoding: before + more + after) }
        }
        try check(HPKEPublicKey.self)
        try check(SignaturePublicKey.self)
        try check(KeyPackageRef.self)
        try check(ProposalRef.self)
        try check(MACTag.self)
        try check(PreSharedKeyID.self, [1, 0])
        try check(Proposal.self, [0, 6])
        try check(HPKECiphertext.self, [], [0])
        try check(ParentNode.self, [0], [0])
        let leaf: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0]
        try check(LeafNode.self, leaf + [3], [0, 0])
        try check(LeafNode.self, leaf + [2, 0])
        try check(KeyPackage.self, [0, 1, 0, 1, 0] + leaf + [2, 0, 0, 0])
        let context: [UInt8] = [0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        try check(GroupContext.self, context, [0, 0])
        try check(GroupContext.self, context + [0], [0])
        try check(GroupInfo.self, context + [0, 0, 0, 0, 0, 0, 0, 0, 0])
        let head: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
        try check(PrivateMessage.self, head + [1, 0], [0])
        try check(PublicMessage.self, head + [4, 0, 1, 0])
    }

    @Test("a length that lies allocates nothing", arguments: FuzzedDecoder.wire)
    func lies(decoder: FuzzedDecoder) throws {
        // 2^30 − 1 bytes are announced wherever a length may stand, and are not there.
        for count in 0..<64 {
            let bytes = [UInt8](repeating: 0, count: count) + [0xBF, 0xFF, 0xFF, 0xFF]
            #expect(throws: SyntaxError.self) { try decoder.reencode(bytes) }
        }
    }

    @Test("blank nodes, of one byte each, cost no more than a reference") func blanks() {
        #expect(MemoryLayout<TreeNode?>.stride <= 8)
        #expect(MemoryLayout<ProposalOrRef>.stride <= 8)
    }
}

extension FixedWidthInteger {
    fileprivate var bytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}
