import MLS
import MLSWire

/// Groups that come of the group.
extension Machine {
    /// Closes the group, and goes on in another one, perhaps of another cipher suite.
    func reInitialise() throws {
        guard model.pending.isEmpty else { return try commitRound() }
        groupNumber &+= 1
        let nextSuite = try chance(0.7) ? suite : pick([.x25519AES128, .p256AES128])
        let nextAdmin = try SignaturePrivateKey(for: nextSuite)
        let reInit = ReInit(
            groupID: GroupID(bytes: [groupNumber, 1]),
            cipherSuite: nextSuite,
            extensions: Self.extensions(nextAdmin, random.bytes(2)))
        let committer = try pick(devices)
        var plan = Plan()
        plan.options.isPublic = chance(0.5)
        if chance(0.5), let proposer = devices.first(where: { $0 !== committer }) {
            try spread(proposer.group.propose(.reInit(reInit)), .reInit(reInit), from: proposer)
        } else {
            plan.changes = [.reInit(reInit)]
            plan.proposed = [.reInit(reInit)]
        }
        try commit(plan, by: committer)
        note("reinit: \(reInit.cipherSuite)")
        for device in devices {
            if chance(0.5) { try device.restart() }
            try check(device.group.successor == reInit && !device.group.isActive, "\(device.name) goes on")
            try refuses("a letter in a closed group", { $0 == .misuse(.groupIsClosed) }) { () throws(MLSError) in
                _ = try device.group.seal([1])
            }
        }
        admin = nextAdmin
        try found(reInit)
    }

    private func found(_ reInit: ReInit) throws {
        suite = reInit.cipherSuite
        let founder = try pick(devices)
        let client = try MachinePeople.client(founder.name, suite)
        let others = devices.filter { $0 !== founder }
        let invited = try others.map { try candidate(named: $0.name) }
        let founded = try founder.group.reInitialise(with: invited.map { $0.package.keyPackage }, as: client)
        let welcome = founded.welcome
        var new = [MachineDevice(founder.name, client, founded.take())]
        for (old, candidate) in zip(others, invited) {
            guard let welcome else { throw Unexpected("no welcome to the new group") }
            try refuses(
                "a welcome without the old group", { if case .missingPreSharedKey = $0 { true } else { false } }
            ) {
                () throws(MLSError) in
                _ = try MLSGroup.join(welcome, with: candidate.package, client: candidate.client)
            }
            let group = try MLSGroup.join(
                welcome, with: candidate.package, client: candidate.client, origins: [old.group.origin(.reInit)])
            new.append(MachineDevice(old.name, candidate.client, group))
        }
        model = MachineModel(
            new.map { .init(name: $0.name, key: $0.signatureKey) }, extensions: reInit.extensions, epoch: 1)
        devices = new
        ghosts = []
        letters = []
        candidates = [:]
    }

    /// Some members go on by themselves beside the others.
    func branch() throws {
        let founder = try pick(devices)
        let others = devices.filter { $0 !== founder && chance(0.5) }
        note("branch: \(founder.name) with \(others.map(\.name))")
        let invited = try others.map { try candidate(named: $0.name) }
        let founded = try founder.group.branch(
            GroupID(bytes: [1, 2, 3]), with: invited.map { $0.package.keyPackage },
            as: MachinePeople.client(founder.name, suite))
        let welcome = founded.welcome
        var side = founded.take()
        let authenticator = side.epochAuthenticator
        try check((welcome == nil) == others.isEmpty, "a branch has a welcome for nobody, or none")
        for (old, candidate) in zip(others, invited) {
            guard let welcome else { return }
            var group = try MLSGroup.join(
                welcome, with: candidate.package, client: candidate.client, origins: [old.group.origin(.branch)])
            try check(group.epochAuthenticator == authenticator, "\(old.name) is in another branch")
            let text = try side.read(group.say("aside"))
            try check(text == "aside", "a branch garbles messages")
        }
        for candidate in invited { candidates[candidate.seat.key] = nil }
    }
}
