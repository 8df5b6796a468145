import MLS
import MLSWire

/// Commits, of which several may be made in one epoch: the delivery service takes the first, and the others are dropped.
extension Machine {
    /// What a device is going to commit.
    struct Plan {
        var changes: [Change] = []
        var proposed: [MachineModel.Proposed] = []
        var options = CommitOptions()
    }

    func commitRound() throws {
        let committers = devices.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
        guard let winner = committers.first else { return }
        for loser in committers.dropFirst() {
            let plan = try plan(for: loser)
            note("lost commit: \(loser.name) \(plan.proposed.map(\.label))")
            _ = try loser.group.commit(plan.changes, options: plan.options)
        }
        if chance(0.1) { _ = try MLSGroup.joinExternally(winner.group.groupInfo(), client: candidate().client) }
        try commit(try plan(for: winner), by: winner)
    }

    func plan(for device: MachineDevice) throws -> Plan {
        var plan = Plan()
        let count = Int.random(in: 0...3, using: &random)
        for _ in 0..<count { try addChange(to: &plan, for: device) }
        plan.options.isPublic = chance(0.4)
        plan.options.alwaysRenewsPath = chance(0.6)
        plan.options.welcomeIncludesTree = chance(0.6)
        plan.options.invitesExternalJoins = chance(0.3)
        plan.options.groupInfoIncludesTree = chance(0.5)
        plan.options.coversPendingProposals = chance(0.85)
        plan.options.padding = try pick([0, 64, 999])
        plan.options.authenticatedData = random.bytes(2)
        if chance(0.12) { plan.options.renewedClient = try device.renewed(suite) }
        let covered = model.covered(
            plan.proposed, by: device.leaf, coversPending: plan.options.coversPendingProposals)
        if chance(0.2), !covered.contains(where: { $0.added != nil || $0.isReInit }) {
            addResumptionKey(to: &plan)
        }
        return plan
    }

    /// The key of an epoch that all members have been in, and still have the key of.
    private func addResumptionKey(to plan: inout Plan) {
        let reach = UInt64(MachinePeople.policy.resumptionEpochs)
        let oldest = max(devices.map(\.joined).max() ?? 0, model.epoch - min(reach, model.epoch))
        let epoch = UInt64.random(in: oldest...model.epoch, using: &random)
        plan.changes.append(
            .preSharedKey(.resumption(usage: .application, group: devices[0].group.id, epoch: epoch)))
        plan.proposed.append(.preSharedKey)
    }

    private func addChange(to plan: inout Plan, for device: MachineDevice) throws {
        let removed = Set(plan.proposed.compactMap(\.removed))
        let others = devices.map(\.leaf).filter { $0 != device.leaf && !removed.contains($0) }
        let room = capacity - model.count - plan.proposed.count { $0.added != nil }
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1, 2, 3:
            guard room > 0 else { return }
            let candidate = try candidate()
            guard !plan.proposed.contains(where: { $0.added?.name == candidate.name }) else { return }
            plan.changes.append(.add(candidate.package.keyPackage))
            plan.proposed.append(.add(candidate.seat))
        case 4, 5:
            guard model.count - removed.count > 3, let leaf = others.randomElement(using: &random) else { return }
            plan.changes.append(.remove(leaf))
            plan.proposed.append(.remove(leaf))
        case 6:
            // A device that lost everything is replaced by itself.
            guard let leaf = others.randomElement(using: &random), let name = model.name(of: leaf) else { return }
            let candidate = try candidate(named: name)
            plan.changes += [.add(candidate.package.keyPackage), .remove(leaf)]
            plan.proposed += [.add(candidate.seat), .remove(leaf)]
        case 7:
            plan.changes.append(.preSharedKey(.external(id: [try pick(1...3)])))
            plan.proposed.append(.preSharedKey)
        case 8:
            guard !plan.proposed.contains(where: \.setsExtensions) else { return }
            let extensions = randomExtensions()
            plan.changes.append(.setExtensions(extensions))
            plan.proposed.append(.extensions(extensions))
        default:
            let content = random.bytes(2)
            plan.changes.append(.custom(MachinePeople.customProposal, content))
            plan.proposed.append(.custom(content))
        }
    }

    /// Makes the commit that wins its epoch, and brings everybody into the next one.
    func commit(_ plan: Plan, by winner: MachineDevice) throws {
        let covered = model.covered(
            plan.proposed, by: winner.leaf, coversPending: plan.options.coversPendingProposals)
        note("commit: \(winner.name) \(covered.map(\.label))")
        let outbound = try winner.group.commit(plan.changes, options: plan.options)
        let (message, welcome, info, effects) = (
            outbound.message, outbound.welcome, outbound.groupInfo, outbound.effects
        )
        try check(effects.custom.count == covered.count { $0.label == "custom" }, "custom proposals are lost")
        try check((welcome != nil) == covered.contains { $0.added != nil }, "a welcome for nobody, or none")
        let renewed = plan.options.renewedClient.map { (winner.leaf, $0.signer.publicKey) }
        let added = covered.compactMap(\.added)
        let oldEpoch = model.epoch
        model.apply(covered, renewed: renewed)

        try receive(message, effects, by: devices.filter { $0 !== winner })
        if chance(0.1) {
            guard case .own = try winner.group.receive(message) else { throw Unexpected("an own commit is foreign") }
        }
        try winner.adopt(outbound.take(), in: pick(MachineDevice.AdoptionWay.allCases))
        try check(model.epoch == oldEpoch + 1, "the model skips an epoch")

        for seat in added {
            guard let welcome, let candidate = candidates.removeValue(forKey: seat.key) else {
                throw Unexpected("\(seat.name) gets no welcome")
            }
            let tree = plan.options.welcomeIncludesTree ? nil : winner.group.state.treeNodes
            let decoded = try Welcome(decoding: welcome.encoded)
            let group = try MLSGroup.join(decoded, with: candidate.package, tree: tree, client: candidate.client)
            devices.append(MachineDevice(seat.name, candidate.client, group))
        }
        candidates = [:]
        if let info, model.count < capacity, chance(0.5) {
            try checkAgreement()
            let tree = plan.options.groupInfoIncludesTree ? nil : winner.group.state.treeNodes
            try join(by: info, tree: tree, replacing: nil)
        }
    }

    /// Brings a commit to members; those that it removes may hear of it or not.
    private func receive(_ message: MLSMessage, _ effects: Effects, by receivers: [MachineDevice]) throws {
        let gone = Set(effects.removed.map(\.leaf))
        let message = try MLSMessage(decoding: message.encoded)
        for device in receivers {
            let isGone = gone.contains(device.leaf)
            if isGone {
                devices.removeAll { $0 === device }
                ghosts.append(device)
                if ghosts.count > 4 { ghosts.removeFirst() }
                if chance(0.3) { continue }
            }
            if chance(0.1) { try device.restart() }
            switch try device.group.receive(message) {
            case .commit(let staged):
                let seen = staged.effects
                try check(
                    seen.added == effects.added && seen.removed == effects.removed && seen.updated == effects.updated
                        && seen.committer == effects.committer && seen.removesSelf == isGone,
                    "\(device.name) sees other effects than the committer")
                try device.adopt(staged, in: pick(MachineDevice.AdoptionWay.allCases))
            default: throw Unexpected("a commit is taken for something else")
            }
            let isRemoved = device.group.isRemoved
            try check(isRemoved == isGone, "\(device.name) is removed, or is not")
        }
    }

    // MARK: External joins

    func joinExternally() throws {
        let member = try pick(devices)
        let includesTree = chance(0.5)
        let info = try member.group.groupInfo(includesTree: includesTree)
        let lost = try chance(0.4) && devices.count > 1 ? pick(devices) : nil
        guard lost != nil || model.count < capacity else { return }
        try join(by: info, tree: includesTree ? nil : member.group.state.treeNodes, replacing: lost)
    }

    private func join(by info: GroupInfo, tree: TreeNodes?, replacing lost: MachineDevice?) throws {
        let name = try lost?.name ?? candidate().name
        // With its old signature key, or with a new one.
        let client =
            try lost.map { try chance(0.5) ? $0.client : MachinePeople.client(name, suite) }
            ?? MachinePeople.client(name, suite)
        note("external join: \(name)\(lost == nil ? "" : " again")")
        let psks: [PreSharedKeyID.Source] = chance(0.3) ? [.external(id: [1]), .external(id: [2])] : []
        let join = try MLSGroup.joinExternally(
            GroupInfo(decoding: info.encoded), tree: tree, replacing: lost?.leaf, preSharedKeys: psks, client: client)
        let message = join.message
        let device = MachineDevice(name, client, join.take())
        if chance(0.3) { try device.restart() }
        let seat = MachineModel.Seat(name: name, key: client.signer.publicKey)
        model.apply((lost.map { [.remove($0.leaf)] } ?? []) + [.add(seat)])
        let members = devices
        for member in members {
            switch try member.group.receive(message) {
            case .commit(let staged):
                let isGone = member === lost
                let effects = staged.effects
                try check(
                    effects.isExternalJoin && effects.committer == device.leaf && effects.removesSelf == isGone,
                    "\(member.name) sees other effects of an external join")
                try member.adopt(staged, in: pick(MachineDevice.AdoptionWay.allCases))
                if isGone { devices.removeAll { $0 === member } }
            default: throw Unexpected("an external join is taken for something else")
            }
        }
        devices.append(device)
    }
}
