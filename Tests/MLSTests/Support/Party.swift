import MLS
import MLSWire
import Testing

/// A member of a group in a test: the group is a value that cannot be copied, and this is where it lives.
final class Member {
    var group: MLSGroup
    /// Of the messages that forgers sent in this member's place.
    let counter = Counter()

    init(_ group: consuming MLSGroup) { self.group = group }

    /// What of the group a refused message must leave as it is.
    struct Facts: Equatable {
        let epoch: UInt64
        let authenticator: [UInt8]
        let pendingProposals: Int
        let isActive: Bool
    }

    var facts: Facts {
        Facts(
            epoch: group.state.epoch, authenticator: group.epochAuthenticator,
            pendingProposals: group.pendingProposalCount, isActive: group.isActive)
    }

    /// Receives a message and, if it is a commit, adopts what it begins.
    /// - Returns: application data.
    @discardableResult
    func take(_ message: MLSMessage) throws(MLSError) -> [UInt8]? {
        switch try group.receive(message) {
        case .application(let message): return message.data
        case .commit(let staged): group.adopt(staged)
        case .proposal: break
        case .own: break
        }
        return nil
    }

    /// Receives a message; a commit is checked, and not adopted.
    func look(at message: MLSMessage) throws(MLSError) { _ = try group.receive(message) }
}

/// A group in which the test is every member.
final class Party {
    var members: [Member]

    /// A group of clients of which the first added the others at once.
    /// - Parameters:
    ///   - hasPaths: whether every member has committed then, so that no parent is blank; otherwise all are.
    init(
        _ clients: [MLSClient], id: String = "party", suite: MLSCipherSuite = .p256AES128,
        extensions: Extensions = Extensions(), hasPaths: Bool = true
    ) throws {
        let founder = Member(
            try MLSGroup(GroupID(bytes: Array(id.utf8)), suite: suite, client: clients[0], extensions: extensions))
        members = [founder]
        guard clients.count > 1 else { return }
        try add(Array(clients.dropFirst()), suite: suite)
        if hasPaths {
            for index in members.indices { try commit(by: index) }
        }
    }

    /// A group of ordinary clients with the names "0", "1" and so on.
    convenience init(
        _ count: Int, suite: MLSCipherSuite = .p256AES128, extensions: Extensions = Extensions(),
        hasPaths: Bool = true, capabilities: Capabilities? = nil,
        preSharedKeys: any PreSharedKeySource = NoPreSharedKeys(), policy: GroupPolicy = GroupPolicy()
    ) throws {
        let clients = try (0..<count).map {
            try MLSClient.named(
                "\($0)", suite: suite, capabilities: capabilities, preSharedKeys: preSharedKeys, policy: policy)
        }
        try self.init(clients, suite: suite, extensions: extensions, hasPaths: hasPaths)
    }

    subscript(index: Int) -> Member { members[index] }

    /// The first member adds clients, who join by its welcome, without a path.
    func add(_ clients: [MLSClient], suite: MLSCipherSuite = .p256AES128) throws {
        var options = CommitOptions()
        options.alwaysRenewsPath = false
        options.coversPendingProposals = false
        var packages: [KeyPackageBox] = []
        for client in clients { packages.append(KeyPackageBox(try client.makeKeyPackage(for: suite))) }
        let outbound = try members[0].group.commit(packages.map { .add($0.secrets.keyPackage) }, options: options)
        let (message, sent) = (outbound.message, outbound.welcome)
        let welcome = try #require(sent)
        members[0].group.adopt(outbound.take())
        for member in members.dropFirst() { try member.take(message) }
        for (client, package) in zip(clients, packages) {
            members.append(Member(try MLSGroup.join(welcome, with: package.secrets, client: client)))
        }
    }

    /// An ordinary commit, which all follow.
    func commit(by index: Int = 0, _ changes: [Change] = []) throws {
        var options = CommitOptions()
        options.coversPendingProposals = false
        let outbound = try members[index].group.commit(changes, options: options)
        let message = outbound.message
        members[index].group.adopt(outbound.take())
        for (other, member) in members.enumerated() where other != index { try member.take(message) }
    }

    /// A member who goes, and whose leaf remains blank: it is in the middle.
    @discardableResult
    func remove(_ index: Int, by committer: Int = 0) throws -> Member {
        try commit(by: committer, [.remove(members[index].group.leaf)])
        return members.remove(at: index)
    }

    /// The number of a sender who is no member.
    static let outside = -1

    /// A member's proposal, which all others receive, whatever it is.
    func propose(_ proposal: Proposal, by index: Int) throws -> ProposalRef {
        let forger = Forger(members[index])
        let signed = try forger.signed(.proposal(proposal))
        let message = try forger.protect(signed)
        for member in others(than: index) { try member.take(message) }
        return forger.suite.reference(to: signed)
    }

    /// All receivers but the sender.
    func others(than sender: Int) -> [Member] {
        members.enumerated().filter { $0.offset != sender }.map(\.element)
    }

    /// Everybody but the sender accepts the message. A commit is not adopted.
    func expectAccepted(
        _ message: MLSMessage, from sender: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for member in others(than: sender) {
            #expect(throws: Never.self, sourceLocation: sourceLocation) { try member.look(at: message) }
        }
    }

    /// Everybody but the sender refuses the message for this reason, and nothing changes by it.
    func expectRefused(
        _ message: MLSMessage, from sender: Int = 0, _ error: MLSError,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for member in others(than: sender) {
            let before = member.facts
            #expect(throws: error, sourceLocation: sourceLocation) { try member.look(at: message) }
            #expect(member.facts == before, sourceLocation: sourceLocation)
        }
    }

    /// Whatever happened, the group goes on: everybody commits and follows, and reads what another writes.
    func expectUsable(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for index in [0, members.count - 1] {
            try commit(by: index)
            let authenticators = Set(members.map { $0.facts.authenticator })
            #expect(authenticators.count == 1, sourceLocation: sourceLocation)
        }
        let message = try members[0].group.seal(Array("still here".utf8))
        for member in members.dropFirst() {
            #expect(try member.take(message) == Array("still here".utf8), sourceLocation: sourceLocation)
        }
    }
}

/// A key package with its secrets, where an array needs something that can be copied.
final class KeyPackageBox {
    let secrets: KeyPackageSecrets
    init(_ secrets: consuming KeyPackageSecrets) { self.secrets = secrets }
}
