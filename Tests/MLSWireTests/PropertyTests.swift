import MLSWire
import TLSSyntax
import Testing

/// One structure of RFC 9420, seen through its bytes.
struct Structure: Sendable, CustomStringConvertible, CustomTestStringConvertible {
    let description: String
    /// A random value, encoded.
    let encoded: @Sendable (inout RandomSource) -> [UInt8]
    /// Whether a random value is the same after it was encoded and decoded.
    let survives: @Sendable (inout RandomSource) throws -> Bool
    let reencode: @Sendable ([UInt8]) throws(SyntaxError) -> [UInt8]

    init<Value: RandomStructure>(_: Value.Type) {
        description = "\(Value.self)"
        encoded = { Value.random(&$0).encoded }
        survives = {
            let value = Value.random(&$0)
            return try Value(decoding: value.encoded) == value
        }
        reencode = { (bytes) throws(SyntaxError) in try Value(decoding: bytes).encoded }
    }

    var testDescription: String { description }

    /// All of them.
    static let all: [Structure] = [
        .init(AuthenticatedContent.self), .init(Capabilities.self), .init(Commit.self), .init(Credential.self),
        .init(CredentialType.self), .init(EncryptedGroupSecrets.self), .init(Extensions.self),
        .init(ExtensionType.self), .init(ExternalSender.self), .init(ExternalSenders.self), .init(FramedContent.self),
        .init(GroupContext.self), .init(GroupID.self), .init(GroupInfo.self), .init(HPKECiphertext.self),
        .init(HPKEPublicKey.self), .init(KeyPackage.self), .init(KeyPackageRef.self), .init(LabelledContent.self),
        .init(LeafIndex.self), .init(LeafNode.self), .init(Lifetime.self), .init(MACTag.self),
        .init(MLSCipherSuite.self), .init(MLSContentType.self), .init(MLSMessage.self), .init(ParentNode.self),
        .init(PreSharedKeyID.self), .init(PrivateMessage.self), .init(Proposal.self), .init(ProposalOrRef.self),
        .init(ProposalRef.self), .init(ProposalType.self), .init(ProtocolVersion.self), .init(PublicMessage.self),
        .init(ReInit.self), .init(RequiredCapabilities.self), .init(Sender.self), .init(SignaturePublicKey.self),
        .init(TreeNode.self), .init(TreeNodes.self), .init(UpdatePath.self), .init(UpdatePathNode.self),
        .init(Welcome.self), .init(WireFormat.self),
    ]
}

@Suite("Every structure has one form on the wire, RFC 9420 §2.1") struct PropertyTests {
    @Test("what is written is read again", arguments: Structure.all)
    func roundTrips(structure: Structure) throws {
        for seed in 0..<UInt64(Effort.rounds(50)) {
            for (lengths, counts) in [(0...4, 0...2), (0...80, 0...5), (0...300, 1...3)] {
                var source = RandomSource(seed: seed, lengths: lengths, counts: counts)
                #expect(try structure.survives(&source), "seed \(seed)")
            }
        }
    }

    @Test("lengths of four bytes too", arguments: Structure.all)
    func longRoundTrips(structure: Structure) throws {
        for seed in 0..<UInt64(Effort.rounds(3)) {
            var source = RandomSource(seed: seed, lengths: 0...16_384, counts: 0...1)
            #expect(try structure.survives(&source), "seed \(seed)")
        }
    }

    @Test("what is cut off anywhere is refused", arguments: Structure.all)
    func truncations(structure: Structure) throws {
        for seed in 0..<UInt64(Effort.rounds(10)) {
            var source = RandomSource(seed: seed)
            let bytes = structure.encoded(&source)
            for count in bytes.indices {
                #expect(throws: SyntaxError.self, "the first \(count) of \(bytes)") {
                    try structure.reencode(Array(bytes[..<count]))
                }
            }
        }
    }

    @Test("what follows a value is refused", arguments: Structure.all)
    func trailing(structure: Structure) throws {
        for seed in 0..<UInt64(Effort.rounds(10)) {
            var source = RandomSource(seed: seed)
            let bytes = structure.encoded(&source)
            for (rest, count) in [([0], 1), ([1, 2, 3], 3)] as [([UInt8], Int)] {
                #expect(throws: SyntaxError.trailingBytes(offset: bytes.count, count: count)) {
                    try structure.reencode(bytes + rest)
                }
            }
        }
    }

    @Test("another byte is refused, or means something else that has this form", arguments: Structure.all)
    func changes(structure: Structure) throws {
        var accepted = 0
        for seed in 0..<UInt64(Effort.rounds(3)) {
            var source = RandomSource(seed: seed, lengths: 0...3, counts: 1...1)
            let bytes = structure.encoded(&source)
            var changed = bytes
            for index in bytes.indices {
                for difference in 1...UInt8.max {
                    changed[index] = bytes[index] ^ difference
                    guard let again = try? structure.reencode(changed) else { continue }
                    accepted += 1
                    if again != changed { Issue.record("\(changed) became \(again)") }
                }
                changed[index] = bytes[index]
            }
        }
        #expect(accepted > 0, "that nothing was accepted shows nothing")
    }

    @Test("bytes that mean nothing are refused, or have one form", arguments: Structure.all)
    func noise(structure: Structure) throws {
        var source = RandomSource(seed: 7, lengths: 0...200)
        for _ in 0..<Effort.rounds(300) {
            // Small numbers more often than others: they are types, lengths and counts.
            let bytes = source.bytes().map { source.choice(3) == 0 ? $0 : $0 % 5 }
            guard let again = try? structure.reencode(bytes) else { continue }
            if again != bytes { Issue.record("\(bytes) became \(again)") }
        }
    }
}
