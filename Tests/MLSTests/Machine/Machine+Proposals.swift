import MLS
import MLSWire

/// Proposals by reference, of members and of others.
extension Machine {
    /// A client that is not in the group under that name, with a key package; sometimes of a name that is, or is about to be.
    func candidate(named name: String? = nil) throws -> MachineCandidate {
        let taken = model.names
        let free = (0..<capacity + 8).map { "n\($0)" }.filter { !taken.contains($0) }
        let name = try name ?? pick(free)
        let client = try MachinePeople.client(name, suite)
        var package = try client.makeKeyPackage(for: suite)
        if chance(0.3) { package = try KeyPackageSecrets(restoring: package.snapshot) }
        let candidate = MachineCandidate(name, client, package)
        candidates[client.signer.publicKey] = candidate
        return candidate
    }

    func randomExtensions() -> Extensions {
        Self.extensions(admin, random.bytes(Int.random(in: 0..<4, using: &random)))
    }

    func propose() throws {
        guard model.pending.count < 6, !model.pending.contains(where: \.isReInit) else { return try commitRound() }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: try proposeFromOutside()
        case 1: try proposeOwnAdd()
        case 2, 3: try proposeUpdate()
        default: try proposeChange()
        }
    }

    private func proposeChange() throws {
        let device = try pick(devices)
        let change: Change
        let proposed: MachineModel.Proposed
        switch Int.random(in: 0..<8, using: &random) {
        case 0, 1, 2:
            guard model.count < capacity else { return }
            let candidate = try chance(0.1) ? candidate(named: pick(model.names)) : candidate()
            (change, proposed) = (.add(candidate.package.keyPackage), .add(candidate.seat))
        case 3, 4:
            guard devices.count > 2 else { return }
            // The device itself may be meant: it then leaves.
            let leaf = try pick(devices).leaf
            (change, proposed) = (.remove(leaf), .remove(leaf))
        case 5:
            (change, proposed) = (.preSharedKey(.external(id: [try pick(1...3)])), .preSharedKey)
        case 6:
            let extensions = randomExtensions()
            (change, proposed) = (.setExtensions(extensions), .extensions(extensions))
        default:
            let content = random.bytes(3)
            (change, proposed) = (.custom(MachinePeople.customProposal, content), .custom(content))
        }
        note("proposal: \(device.name) \(proposed.label)")
        let message = try device.group.propose(change, isPublic: chance(0.5), authenticatedData: [3])
        try spread(message, proposed, from: device)
    }

    private func proposeUpdate() throws {
        let device = try pick(devices)
        let renewed = try chance(0.3) ? device.renewed(suite) : nil
        note("update: \(device.name)\(renewed == nil ? "" : " with another key")")
        let message = try device.group.proposeUpdate(as: renewed, isPublic: chance(0.5))
        try spread(message, .update(device.leaf, (renewed ?? device.client).signer.publicKey), from: device)
    }

    private func proposeFromOutside() throws {
        let leaf = try pick(devices).leaf
        note("external proposal: remove \(leaf)")
        let message = try ExternalProposal.make(
            .remove(leaf), for: devices[0].group.id, epoch: model.epoch, sender: 0, signer: admin)
        try spread(message, .remove(leaf), from: nil)
    }

    private func proposeOwnAdd() throws {
        guard model.count < capacity else { return }
        let candidate = try candidate()
        note("own add: \(candidate.name)")
        let message = try ExternalProposal.add(
            candidate.package.keyPackage, to: devices[0].group.id, epoch: model.epoch,
            signer: candidate.client.signer)
        try spread(message, .add(candidate.seat), from: nil)
    }

    /// Brings a proposal to all members.
    func spread(_ message: MLSMessage, _ proposed: MachineModel.Proposed, from sender: MachineDevice?) throws {
        for device in devices where device !== sender {
            let received = try device.group.receive(message)
            guard case .proposal = received else { throw Unexpected("a proposal is taken for something else") }
        }
        model.pending.append(proposed)
        if chance(0.2) { try restartSomebody() }
    }
}

extension MachineModel.Proposed {
    /// For the journal.
    var label: String {
        switch self {
        case .add(let seat): "add \(seat.name)"
        case .update(let leaf, _): "update \(leaf)"
        case .remove(let leaf): "remove \(leaf)"
        case .preSharedKey: "psk"
        case .extensions: "extensions"
        case .custom: "custom"
        case .reInit: "reinit"
        }
    }
}
