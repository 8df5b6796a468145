/// Whether a new ruleset would cut what the machine and its administrator live on.
package struct LockoutCheck: Sendable {
    package struct Finding: Hashable, Sendable {
        package enum Severity: String, Hashable, Sendable {
            /// The change is not made unless it is forced.
            case refusal
            /// Worth knowing, and possibly what is wanted.
            case notice
        }

        package var severity: Severity
        /// What would happen: a sentence.
        package var problem: String
        /// What to do about it: a sentence.
        package var remedy: String

        package init(_ severity: Severity, _ problem: String, remedy: String) {
            self.severity = severity
            self.problem = problem
            self.remedy = remedy
        }
    }

    package let evaluator: RulesetEvaluator
    package let facts: HostFacts
    private let isMember: @Sendable (String, IPAddress) -> Bool
    private let names: [Int: String]
    private let isTrial: Bool

    /// - Parameters:
    ///   - evaluator: Of the ruleset that is to come.
    ///   - policy: Whence the rules' names come that the sentences say.
    ///   - isTrial: Whether the ruleset holds the new policy as one on trial.
    ///   - isMember: Looks bans, feeds and authenticated sources up.
    package init(
        _ evaluator: RulesetEvaluator, facts: HostFacts, policy: Policy, isTrial: Bool = false,
        isMember: @escaping @Sendable (String, IPAddress) -> Bool = { _, _ in false }
    ) {
        self.evaluator = evaluator
        self.facts = facts
        self.isMember = isMember
        self.isTrial = isTrial
        names = Dictionary(policy.rules.map { ($0.id, $0.name) }) { first, _ in first }
    }

    /// All that is wrong, refusals first. Empty: nothing is.
    package func findings() -> [Finding] {
        let all = session() + gateways() + resolvers() + own() + listeners() + peers()
        return all.filter { $0.severity == .refusal } + all.filter { $0.severity == .notice }
    }

    // MARK: What is asked

    private func session() -> [Finding] {
        guard let ssh = facts.ssh, !isLocal(ssh.client) else { return [] }
        let who = "\(ssh.client) to port \(ssh.serverPort)"
        let remedy = "Run `conclave-firewall whitelist add \(ssh.client)` first, or add a rule that allows the port."
        var packet = PacketFacts(
            .input, from: ssh.client, to: ssh.server, transport: 6, sourcePort: ssh.clientPort,
            destinationPort: ssh.serverPort, connection: .established, isTrial: isTrial)
        if let why = refusal(packet) {
            return [.init(.refusal, "Your SSH session from \(who) would be cut\(why).", remedy: remedy)]
        }
        let answer = PacketFacts(
            .output, from: ssh.server, to: ssh.client, transport: 6, sourcePort: ssh.serverPort,
            destinationPort: ssh.clientPort, connection: .established, isTrial: isTrial)
        if let why = refusal(answer) {
            return [.init(.refusal, "Answers to your SSH session from \(who) would be cut\(why).", remedy: remedy)]
        }
        packet.connection = .new
        if let why = refusal(packet) {
            let problem = "Your SSH session goes on, but a new one from \(who) would be refused\(why)."
            return [.init(.refusal, problem, remedy: remedy)]
        }
        return []
    }

    private func gateways() -> [Finding] {
        facts.gateways.compactMap { gateway in
            guard let why = cut(gateway) else { return nil }
            return .init(
                isPosture(why) ? .notice : .refusal, "The default gateway \(gateway) would be cut off\(why.text).",
                remedy: remedy(gateway, why))
        }
    }

    private func resolvers() -> [Finding] {
        facts.dnsServers.filter { !isLocal($0) }.compactMap { server in
            let query = PacketFacts(
                .output, from: ownAddress(server.family), to: server, transport: 17, sourcePort: 40_000,
                destinationPort: 53,
                isTrial: isTrial)
            guard let why = denial(query) ?? cut(server) else { return nil }
            return .init(
                isPosture(why) ? .notice : .refusal,
                "Names could not be looked up: the DNS server \(server) would be cut off\(why.text).",
                remedy: remedy(server, why))
        }
    }

    private func own() -> [Finding] {
        facts.ownAddresses.filter { !isLoopback($0) }.compactMap { address in
            guard let why = cut(address), !isPosture(why) else { return nil }
            return .init(
                .refusal, "\(address) is this machine's own address, and would be refused\(why.text).",
                remedy: remedy(address, why))
        }
    }

    /// A port may be closed on purpose, so this is never a refusal. Asked for the gateway's side of the network and for the administrator.
    private func listeners() -> [Finding] {
        facts.listeners.compactMap { listener in
            let sources = ([facts.ssh?.client].compactMap { $0 } + facts.gateways).filter { !isLocal($0) }
            for source in sources {
                let packet = PacketFacts(
                    .input, from: source, to: ownAddress(source.family), transport: listener.transport,
                    sourcePort: 40_000,
                    destinationPort: listener.port, isTrial: isTrial)
                guard let why = denial(packet) else { continue }
                let kind = listener.transport == 17 ? "UDP" : "TCP"
                return .init(
                    .notice,
                    "\(listener.name) listens on \(kind) port \(listener.port), but new connections from \(source) "
                        + "would be refused\(why.text).",
                    remedy: "Add a rule that allows the port if others are to come in.")
            }
            return nil
        }
    }

    private func peers() -> [Finding] {
        var seen = Set(facts.dnsServers + facts.gateways + facts.ownAddresses)
        if let ssh = facts.ssh { seen.insert(ssh.client) }
        return facts.connectedPeers.compactMap { peer in
            guard !isLocal(peer), seen.insert(peer).inserted, let why = cut(peer) else { return nil }
            return .init(
                .notice, "Connections with \(peer) are open, and would be cut\(why.text).", remedy: remedy(peer, why))
        }
    }

    // MARK: How it is asked

    private struct Denial {
        var reason: Decision.Reason
        /// Continues a sentence: ` by rule 3, "Block SSH"`.
        var text: String
    }

    /// Whether packets of a connection with this host that is already there are refused, either way.
    private func cut(_ host: IPAddress) -> Denial? {
        let here = ownAddress(host.family)
        return denial(
            PacketFacts(
                .input, from: host, to: here, transport: 6, sourcePort: 40_000, destinationPort: 40_001,
                connection: .established, isTrial: isTrial))
            ?? denial(
                PacketFacts(
                    .output, from: here, to: host, transport: 6, sourcePort: 40_001, destinationPort: 40_000,
                    connection: .established, isTrial: isTrial))
    }

    private func refusal(_ packet: PacketFacts) -> String? { denial(packet)?.text }

    private func denial(_ packet: PacketFacts) -> Denial? {
        let decision = evaluator.decide(packet, isMember: isMember)
        guard decision.outcome != .accept else { return nil }
        let by =
            switch decision.reason {
            case .blacklist: " by the blacklist"
            case .ban: " by a ban"
            case .feed: " by a threat feed"
            case .posture: " by the posture (`defcon`)"
            case .rule(let id): names[id].map { " by rule \(id), \"\($0)\"" } ?? " by rule \(id)"
            case .byDefault: ", as the default is to block and no rule allows it"
            case .loopback, .established, .whitelist, .essential: ""
            }
        return Denial(reason: decision.reason, text: by)
    }

    private func isPosture(_ denial: Denial) -> Bool { denial.reason == .posture }

    private func remedy(_ host: IPAddress, _ denial: Denial) -> String {
        switch denial.reason {
        case .blacklist:
            "Make the blacklist entry smaller, or run `conclave-firewall whitelist add \(host)`."
        case .rule(let id): "Change or toggle rule \(id), or run `conclave-firewall whitelist add \(host)`."
        default: "Run `conclave-firewall whitelist add \(host)`."
        }
    }

    // MARK: Addresses

    /// Traffic with these goes over `lo`, which is never blocked.
    private func isLocal(_ address: IPAddress) -> Bool { isLoopback(address) || facts.ownAddresses.contains(address) }

    private func isLoopback(_ address: IPAddress) -> Bool {
        address.family == .ipv4 ? address.value >> 24 == 127 : address.value == 1
    }

    /// One of the machine's own addresses of the family.
    private func ownAddress(_ family: AddressFamily) -> IPAddress {
        facts.ownAddresses.first { $0.family == family && !isLoopback($0) }
            ?? (family == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(ipv6: 0))
    }
}
