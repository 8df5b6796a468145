import MLS
import MLSWire
import Testing

/// A commit leaves out what waits and cannot be committed: otherwise one member could keep all others from committing.
@Suite("proposals that cannot be committed, RFC 9420 §12.2")
struct HinderingProposalTests {
    private let unknown = ExtensionType(rawValue: 0xF00D)

    /// A group of three, in which bob makes the proposals and alice commits.
    private func commit(
        after propose: (inout MLSGroup) throws -> [MLSMessage], expecting added: [String]
    ) throws {
        var a = try Person("alice").found()
        var b = try a.add(Person("bob")).take()
        for message in try propose(&b) { _ = try a.hear(message) }
        let outbound = try a.commit()
        #expect(outbound.effects.added.map(\.credential) == added.map { .basic(identity: Array($0.utf8)) })
        #expect(outbound.effects.extensions == nil)
        try b.follow(outbound.message)
        a.adopt(outbound.take())
        #expect(a.epochAuthenticator == b.epochAuthenticator)
    }

    @Test("extensions that nobody supports are left out")
    func unsupported() throws {
        var extensions = Extensions()
        extensions[unknown] = [1]
        try commit(
            after: {
                try [$0.propose(.setExtensions(extensions)), $0.propose(.add(Person("carol").keyPackage().keyPackage))]
            },
            expecting: ["carol"])
    }

    @Test("extensions that are none are left out", arguments: [ExtensionType.externalSenders, .requiredCapabilities])
    func malformed(type: ExtensionType) throws {
        var extensions = Extensions()
        extensions[type] = [0xFF]
        try commit(after: { try [$0.propose(.setExtensions(extensions))] }, expecting: [])
    }

    @Test("a client with another's encryption key is left out, and those beside it are added")
    func sameKey() throws {
        try commit(
            after: { group in
                let suite = try CipherSuite(.p256AES128)
                let mallory = try Person("mallory").client
                let own = try Person("mallory").keyPackage()
                guard let stolen = group.state.tree[leaf: LeafIndex(0)]?.encryptionKey else { return [] }
                var package = own.keyPackage
                package.leafNode = mallory.leafNode(
                    encryptionKey: stolen, source: package.leafNode.source, extensions: Extensions())
                try mallory.sign(&package.leafNode, in: GroupID(bytes: []), at: LeafIndex(0), suite: suite)
                package.signature = try mallory.signer.sign(package.toBeSigned, label: "KeyPackageTBS")
                let names = ["carol", "dave", "erin"]
                var adds = try names.map { Change.add(try Person($0).keyPackage().keyPackage) }
                adds.insert(.add(package), at: 1)
                return try adds.map { try group.propose($0) }
            }, expecting: ["carol", "dave", "erin"])
    }

    @Test("extensions that all support are taken")
    func supported() throws {
        var a = try Person("alice").found()
        var b = try a.add(Person("bob")).take()
        var extensions = Extensions()
        extensions[.externalSenders] = ExternalSenders([]).encoded
        _ = try a.hear(b.propose(.setExtensions(extensions)))
        try b.follow(a.renew())
        #expect(b.state.context.extensions == extensions && a.epochAuthenticator == b.epochAuthenticator)
    }
}
