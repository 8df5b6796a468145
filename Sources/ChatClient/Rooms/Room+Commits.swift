import Chat
import ChatWire
import Crypto
import MLS
import MLSWire
import NIOCore

/// Who is in the room changes by commits: the first for an epoch wins, and whoever comes second begins anew.
extension Room {
    /// Remembers a change that is wanted, until a commit has brought it about.
    package func want(_ intent: RoomIntent) {
        guard !intents.contains(intent) else { return }
        intents.append(intent)
        dirtyRoom = true
        commitIfNeeded()
    }

    /// Makes a commit if something is to be changed, nothing of it is under way, and nothing is ahead in the log.
    func commitIfNeeded() {
        guard phase == .active, isCaughtUp, commit == nil, refusedCommit == nil, !isBeingRemoved, !isBehind,
            host.now >= commitAfter, let live, live.group.isActive
        else { return }
        intents.removeAll(where: isFulfilled)
        guard !intents.isEmpty || live.group.pendingProposalCount > 0 else { return }
        askForPackages()
        // Whoever is asked about comes in with the others, by one commit.
        guard !awaitsPackages else { return }
        let (changes, served, packages) = changes()
        guard !served.isEmpty || live.group.pendingProposalCount > 0 else { return }
        makeCommit(live, changes, served, packages)
    }

    func isFulfilled(_ intent: RoomIntent) -> Bool {
        switch intent {
        case .addDevice(let device), .addPackage(let device, _): isMember(device)
        case .remove(let device), .readd(let device, _): !isMember(device)
        case .removeUser(let user): !isMember(user)
        case .trustServer: !hasOtherServer
        case .addUser, .refresh: false
        }
    }

    /// Whether the server was asked for key packages and has not answered.
    var awaitsPackages: Bool { claimsAsked.contains { claimAfter[$0] == nil } }

    func askForPackages() {
        for intent in intents where claims[intent] == nil && !claimsAsked.contains(intent) {
            switch intent {
            case .addUser(let user):
                claimsAsked.insert(intent)
                ask(.claim(user, nil))
            case .addDevice(let device):
                claimsAsked.insert(intent)
                ask(.claim(device.user, device.device))
            default: break
            }
        }
    }

    /// The server offers key packages of a user's devices.
    func claimed(_ user: UserName, _ device: DeviceName?, _ offers: [OfferedPackage]) {
        let intent: RoomIntent =
            device.map { .addDevice(PeerIdentity(user: user, device: $0)) } ?? .addUser(user)
        claimsAsked.remove(intent)
        guard intents.contains(intent) else { return }
        let wanted = offers.filter { $0.device.user == user && !isMember($0.device) && $0.device != me }
        if wanted.isEmpty {
            let isIn = isMember(user) || user == me.user
            // In a direct message the peer may come later: the messages wait for it.
            if !isIn, policy.admission == .direct {
                claimAfter[intent] = host.now + 15_000
                claimsAsked.insert(intent)
            } else {
                intents.removeAll { $0 == intent }
            }
            // It is asked again and again, and told once.
            if (!isIn || device != nil), absent.insert(intent).inserted {
                emit(.nobodyToAdd(user, waits: !isIn && policy.admission == .direct))
            }
            dirtyRoom = true
        } else {
            claims[intent] = wanted
            absent.remove(intent)
        }
        commitIfNeeded()
    }

    /// Those who had no key package are asked for again.
    func retryClaims() {
        for (intent, time) in claimAfter where host.now >= time {
            claimAfter[intent] = nil
            claimsAsked.remove(intent)
        }
    }

    /// What of the intents can go into a commit now.
    func changes() -> (changes: [Change], served: [RoomIntent], packages: [(PeerIdentity, KeyPackage)]) {
        var changes: [Change] = []
        var served: [RoomIntent] = []
        var packages: [(PeerIdentity, KeyPackage)] = []
        var gone: Set<PeerIdentity> = []
        func remove(_ device: PeerIdentity) {
            guard device != me, let leaf = leaf(of: device), gone.insert(device).inserted else { return }
            changes.append(.remove(leaf))
        }
        func add(_ device: PeerIdentity, _ package: KeyPackage) {
            guard !packages.contains(where: { $0.0 == device }), gone.contains(device) || !isMember(device),
                host.device(of: package.leafNode.credential, key: package.leafNode.signatureKey) == device
            else { return }
            packages.append((device, package))
            changes.append(.add(package))
        }
        for intent in isCautious ? Array(intents.prefix(1)) : intents {
            switch intent {
            case .refresh: break
            case .trustServer:
                if let extensions = extensionsWithServer { changes.append(.setExtensions(extensions)) }
            case .remove(let device): remove(device)
            case .removeUser(let user):
                for member in members where member.identity.user == user { remove(member.identity) }
            case .readd(let device, let package):
                remove(device)
                add(device, package)
            case .addPackage(let device, let package): add(device, package)
            case .addUser, .addDevice:
                guard let offers = claims[intent] else { continue }
                for offer in offers {
                    if case .keyPackage(let package)? = try? MLSMessage(
                        decoding: Array(offer.package.readableBytesView))
                    {
                        add(offer.device, package)
                    }
                }
            }
            served.append(intent)
        }
        return (changes, served, packages)
    }

    /// Whether the group names another key of the server than the one that it has now.
    var hasOtherServer: Bool {
        guard let sender = host.externalSender, let live else { return false }
        let named = try? live.group.state.context.extensions.value(.externalSenders, as: ExternalSenders.self)
        return named?.senders.first?.signatureKey != sender.signatureKey
    }

    private var extensionsWithServer: Extensions? {
        guard hasOtherServer, let sender = host.externalSender, let live else { return nil }
        var extensions = live.group.state.context.extensions
        extensions[.externalSenders] = ExternalSenders([sender]).encoded
        return extensions
    }

    func makeCommit(
        _ live: LiveGroup, _ changes: [Change], _ served: [RoomIntent], _ packages: [(PeerIdentity, KeyPackage)]
    ) {
        var options = CommitOptions()
        options.invitesExternalJoins = policy.admission == .open
        do throws(MLSError) {
            let outbound = try live.group.commit(changes, options: options)
            let welcome = outbound.welcome
            let groupInfo = outbound.groupInfo
            let message = outbound.message
            let epoch = live.group.state.epoch
            let staged = outbound.take()
            let effects = staged.effects
            let roster = roster(of: effects)
            let submission = Submission(
                room: id, token: takeControlToken(), epoch: epoch, commit: ByteBuffer(bytes: message.encoded),
                roster: roster, recipients: recipients(of: packages, in: effects),
                welcome: welcome.map { ByteBuffer(bytes: MLSMessage.welcome($0).encoded) } ?? ByteBuffer(),
                groupInfo: groupInfo.map { ByteBuffer(bytes: MLSMessage.groupInfo($0).encoded) } ?? ByteBuffer())
            let own = OwnCommit(submission, intents: served, staged: staged)
            dirtyRatchets = true
            commit = own
            store(own)
            submit()
        } catch {
            dirtyRoom = true
            if let parts = parts(of: served) {
                // One of them cannot be done, and must not hinder the others: each is tried alone.
                intents = intents.filter { !served.contains($0) } + parts
                isCautious = true
                return commitIfNeeded()
            }
            // What cannot be committed must not be tried for ever.
            intents.removeAll { served.contains($0) }
            for intent in served { claims[intent] = nil }
            let what = served.first.map { "\($0): " } ?? ""
            emit(.failure("a change of \(title) was not made: \(what)\(error)"))
            commitIfNeeded()
        }
    }

    /// Whose messages go where from then on, in the words of the server.
    func roster(of effects: Effects) -> Roster {
        let added = effects.added.compactMap { member in
            host.identity(of: member).map { Roster.Addition($0, leaf: member.leaf.rawValue) }
        }
        // Who comes back by itself stays routed; who is added anew is taken out and put in.
        let removed = effects.isExternalJoin ? [] : effects.removed.compactMap(host.identity(of:))
        return Roster(added: added.sorted { $0.device < $1.device }, removed: removed.sorted())
    }

    func recipients(of packages: [(PeerIdentity, KeyPackage)], in effects: Effects) -> [Submission.Recipient] {
        packages.compactMap { device, package in
            guard let reference = try? CipherSuite(package.cipherSuite).reference(to: package) else { return nil }
            return Submission.Recipient(device, package: reference.bytes)
        }
    }

    /// The same wishes, one by one; `nil` if they are one already.
    func parts(of served: [RoomIntent]) -> [RoomIntent]? {
        var parts: [RoomIntent] = []
        for intent in served {
            guard let offers = claims.removeValue(forKey: intent) else {
                parts.append(intent)
                continue
            }
            for offer in offers {
                if case .keyPackage(let package)? = try? MLSMessage(decoding: Array(offer.package.readableBytesView)) {
                    parts.append(.addPackage(offer.device, package))
                }
            }
        }
        return parts.count > 1 ? parts : nil
    }

    func submit() {
        guard let commit, isEntered, search == nil, !isBehind, !commit.isSent, phase == .active else { return }
        commit.isSent = true
        ask(.submit(commit.submission))
    }
}
