import Crypto
import MLS
import MLSWire

/// Some devices of a group and the delivery service between them, of which each step does something at random. All of it
/// follows from the seed, but for the keys.
final class Machine {
    var random: TreeRandom
    var suite: MLSCipherSuite
    var devices: [MachineDevice] = []
    /// Devices that were removed, whether they know it or not.
    var ghosts: [MachineDevice] = []
    var model: MachineModel
    /// Clients with a key package, by signature key.
    var candidates: [SignaturePublicKey: MachineCandidate] = [:]
    /// Messages on their way.
    var letters: [MachineLetter] = []
    /// Whose proposals the group takes from outside.
    var admin: SignaturePrivateKey
    let capacity: Int
    var groupNumber: UInt8 = 0
    var lettersSent = 0
    /// What was done, the latest last.
    private(set) var journal: [String] = []
    private(set) var tally: [String: Int] = [:]

    init(seed: UInt64, suite: MLSCipherSuite, capacity: Int) throws {
        random = TreeRandom(seed)
        self.suite = suite
        self.capacity = capacity
        admin = try SignaturePrivateKey(for: suite)
        let client = try MachinePeople.client("n0", suite)
        let extensions = Self.extensions(admin, [])
        let seat = MachineModel.Seat(name: "n0", key: client.signer.publicKey)
        model = MachineModel([seat], extensions: extensions, epoch: 0)
        devices = [
            MachineDevice(
                "n0", client, try MLSGroup(GroupID(bytes: [0]), suite: suite, client: client, extensions: extensions))
        ]
    }

    static func extensions(_ admin: SignaturePrivateKey, _ content: [UInt8]) -> Extensions {
        var extensions = Extensions()
        extensions[.externalSenders] =
            ExternalSenders([ExternalSender(signatureKey: admin.publicKey, credential: .basic(identity: [0]))]).encoded
        if !content.isEmpty { extensions[MachinePeople.customExtension] = content }
        return extensions
    }

    /// Does something, and checks what must hold afterwards.
    func step() throws {
        let choice = Int.random(in: 0..<100, using: &random)
        switch choice {
        case 0..<30: try commitRound()
        case 30..<36: try joinExternally()
        case 36..<60: try propose()
        case 60..<86: try sendLetter()
        case 86..<95: try deliverLetters(in: 0.5)
        case 95..<96: try reInitialise()
        case 96..<97: try branch()
        default: try restartSomebody()
        }
        try deliverLetters(in: 0.15)
        try checkAgreement()
    }

    func note(_ action: String) {
        journal.append(action)
        if journal.count > 30 { journal.removeFirst() }
        let kind = action.prefix { $0 != ":" }
        tally[String(kind), default: 0] += 1
    }

    // MARK: Choices

    func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &random) < probability }

    func pick<Element>(_ elements: some Collection<Element>) throws -> Element {
        guard let element = elements.randomElement(using: &random) else { throw Unexpected("nothing to pick from") }
        return element
    }

    func restartSomebody() throws {
        let device = try pick(devices)
        note("restart: \(device.name)")
        try device.restart()
    }

    // MARK: What must hold

    func check(_ condition: Bool, _ what: @autoclosure () -> String) throws {
        if !condition { throw Unexpected(what()) }
    }

    /// - Throws: unless the body throws an error of the library that `expected` takes.
    func refuses(_ what: String, _ expected: (MLSError) -> Bool, _ body: () throws(MLSError) -> Void) throws {
        do throws(MLSError) { try body() } catch {
            return try check(expected(error), "\(what): refused for another reason, \(error)")
        }
        throw Unexpected("\(what): not refused")
    }

    /// All members of the epoch know the same, and what the model says.
    func checkAgreement() throws {
        let first = devices[0].group.state
        let authenticator = devices[0].group.epochAuthenticator
        let exported = try devices[0].group.export(label: "machine", context: [1], length: 20)
        let members = model.members
        for device in devices {
            let name = device.name
            let state = device.group.state
            try check(state.epoch == model.epoch, "\(name) is in epoch \(state.epoch), not \(model.epoch)")
            try check(device.group.epochAuthenticator == authenticator, "\(name) has another authenticator")
            try check(state.context == first.context, "\(name) has another group context")
            try check(
                try device.group.export(label: "machine", context: [1], length: 20) == exported,
                "\(name) exports another secret")
            try check(state.context.extensions == model.extensions, "\(name) has other extensions")
            try check(device.group.pendingProposalCount == model.pending.count, "\(name) has other proposals")
            let seen = state.members
            let agrees = zip(seen, members).allSatisfy { seen, expected in
                seen.leaf == expected.0 && seen.signatureKey == expected.1.key
                    && seen.credential == .basic(identity: Array(expected.1.name.utf8))
            }
            try check(agrees && seen.count == members.count, "\(name) has other members: \(seen.map(\.leaf))")
            try check(
                model.name(of: device.leaf) == name
                    && device.group.state.member(device.leaf)?.signatureKey
                        == device.signatureKey,
                "\(name) has another leaf")
        }
        try check(devices.count == members.count, "\(devices.count) devices for \(members.count) members")
        if model.epoch % 7 == 0 { try checkTree() }
    }

    /// The tree as a newcomer would see it.
    private func checkTree() throws {
        let state = try pick(devices).group.state
        let nodes = try TreeNodes(decoding: state.treeNodes.encoded)
        var tree = RatchetTree(suite: try CipherSuite(suite), nodes)
        try check(tree.treeHash() == state.context.treeHash, "the tree has another hash when it is read anew")
        try tree.validateStructure()
    }
}

/// A client that may be added.
final class MachineCandidate {
    let name: String
    let client: MLSClient
    let package: KeyPackageSecrets

    init(_ name: String, _ client: MLSClient, _ package: consuming KeyPackageSecrets) {
        self.name = name
        self.client = client
        self.package = package
    }

    var seat: MachineModel.Seat { .init(name: name, key: client.signer.publicKey) }
}

/// A member's message on its way to those who were members when it was sent.
final class MachineLetter {
    let message: MLSMessage
    let text: [UInt8]
    let sender: LeafIndex
    let epoch: UInt64
    var waiting: [MachineDevice]

    init(_ message: MLSMessage, _ text: [UInt8], from sender: LeafIndex, epoch: UInt64, to waiting: [MachineDevice]) {
        self.message = message
        self.text = text
        self.sender = sender
        self.epoch = epoch
        self.waiting = waiting
    }
}
