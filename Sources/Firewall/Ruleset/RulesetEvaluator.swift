/// Says what a ruleset does with a packet, and by what, without a kernel. It reads the same value that the kernel is given.
///
/// Limits count as not reached and samples as not taken, as both depend on what came before; the limits are named.
package struct RulesetEvaluator: Sendable {
    /// Whether an address, masked as the rule asks for it, is in a set whose elements the ruleset does not carry: bans, feeds, …
    package typealias MembershipTest = (_ set: String, _ address: IPAddress) throws -> Bool

    package let ruleset: Ruleset
    private let chains: [String: FirewallChain]
    private let sets: [String: NamedSet]

    package init(_ ruleset: Ruleset) {
        self.ruleset = ruleset
        chains = Dictionary(ruleset.chains.map { ($0.name, $0) }) { first, _ in first }
        sets = Dictionary(ruleset.sets.map { ($0.name, $0) }) { first, _ in first }
    }

    /// With nobody banned, authenticated, or on a feed.
    package func decide(_ packet: PacketFacts) -> Decision { decide(packet) { _, _ in false } }

    /// - Throws: What `isMember` throws, nothing else.
    package func decide(
        _ packet: PacketFacts, isMember: MembershipTest
    ) rethrows -> Decision {
        var walk = Walk(packet: packet)
        var decision: Decision?
        for hook in Self.hooks(packet.path) {
            walk.reason = .byDefault
            let decided = try run(Ruleset.baseChain(hook).name, &walk, isMember)
            guard decided.outcome == .accept else { return decided }
            // What prerouting says about a whitelisted source is what counts, also where input says it again.
            let isKept = decision.map { $0.reason == .whitelist || $0.reason == .loopback } ?? false
            if !isKept { decision = decided }
        }
        guard var decision else { return walk.decision(.accept, chain: "", ruleIndex: -1) }
        decision.chains = walk.chains
        decision.lookups = walk.lookups
        decision.limits = walk.limits
        return decision
    }

    private static func hooks(_ path: PacketFacts.Path) -> [FirewallChain.Hook] {
        switch path {
        case .input: [.prerouting, .input]
        case .forward: [.prerouting, .forward]
        case .output: [.output]
        }
    }

    // MARK: Walking

    private struct Walk {
        let packet: PacketFacts
        var reason = Decision.Reason.byDefault
        var chains: [String] = []
        var lookups: [Decision.Lookup] = []
        var limits: [Decision.Limit] = []

        func decision(_ outcome: Decision.Outcome, chain: String, ruleIndex: Int) -> Decision {
            Decision(
                outcome: outcome, reason: reason, chain: chain, ruleIndex: ruleIndex, chains: chains,
                lookups: lookups, limits: limits)
        }
    }

    private enum Step {
        case next
        case leave(Verdict)
        case reject
    }

    /// A chain and the rule in it that comes next.
    private struct Place {
        var chain: FirewallChain
        var index = 0
    }

    /// Chains that jump in circles, which the kernel refuses, end after so many steps.
    private static let mostSteps = 100_000

    private func run(_ base: String, _ walk: inout Walk, _ isMember: MembershipTest) rethrows -> Decision {
        guard var place = chains[base].map({ Place(chain: $0) }) else {
            return walk.decision(.accept, chain: base, ruleIndex: -1)
        }
        walk.chains.append(base)
        var callers: [Place] = []
        for _ in 0..<Self.mostSteps {
            guard place.index < place.chain.rules.count else {
                guard let caller = callers.popLast() else { break }
                place = caller
                continue
            }
            let index = place.index
            place.index += 1
            switch try step(place.chain.rules[index], &walk, isMember) {
            case .next: continue
            case .leave(.accept): return walk.decision(.accept, chain: place.chain.name, ruleIndex: index)
            case .leave(.drop): return walk.decision(.drop, chain: place.chain.name, ruleIndex: index)
            case .reject: return walk.decision(.reject, chain: place.chain.name, ruleIndex: index)
            case .leave(.return):
                guard let caller = callers.popLast() else {
                    return walk.decision(.accept, chain: place.chain.name, ruleIndex: index)
                }
                place = caller
            case .leave(.jump(let name)):
                callers.append(place)
                enter(name, &place, &walk)
            case .leave(.goto(let name)): enter(name, &place, &walk)
            }
        }
        return walk.decision(.accept, chain: place.chain.name, ruleIndex: -1)
    }

    private func enter(_ name: String, _ place: inout Place, _ walk: inout Walk) {
        walk.chains.append(name)
        place = Place(chain: chains[name] ?? FirewallChain(name))
    }

    private func step(
        _ rule: FirewallChain.Rule, _ walk: inout Walk, _ isMember: MembershipTest
    ) rethrows -> Step {
        for statement in rule.statements {
            switch statement {
            case .verdict(let verdict):
                explain(rule, verdict, &walk)
                return .leave(verdict)
            case .reject: return .reject
            case .portMap(let name):
                if let verdict = mapped(name, walk.packet) { return .leave(verdict) }
            case .count(let name): explain(counter: name, &walk)
            case .log: continue
            case .addressSet(let field, let name):
                guard try isIn(name, field, &walk, isMember) else { return .next }
            case .meter(let field, let set, let allowed):
                if address(field, walk.packet) != nil { walk.limits.append(.perSource(set: set, allowed: allowed)) }
                return .next
            case .above(let rate, _):
                walk.limits.append(.global(perSecond: rate))
                return .next
            case .sample: return .next
            default: guard fits(statement, walk.packet) else { return .next }
            }
        }
        return .next
    }

    // MARK: What fits

    private func fits(_ statement: Statement, _ packet: PacketFacts) -> Bool {
        switch statement {
        case .loopback(let side): return interface(side, packet) == "lo"
        case .interface(let side, let pattern): return Self.fits(interface(side, packet), pattern)
        case .family(let family): return packet.source.family == family
        case .transport(let number): return packet.transport == number
        case .address(let field, let prefix): return address(field, packet).map { prefix.contains($0) } ?? false
        case .addressRange(let field, let range): return address(field, packet).map { range.contains($0) } ?? false
        case .port(let side, let ports):
            return (side == .source ? packet.sourcePort : packet.destinationPort).map { ports.contains($0) } ?? false
        case .icmpTypes(let types): return packet.icmpType.map { types.contains($0) } ?? false
        case .connection(let states): return states.contains(packet.connection)
        case .first: return packet.connection == .new
        case .trial: return packet.isTrial
        // What is asked about opens a connection, or belongs to one that is known.
        case .older: return false
        case .below: return true
        default: return false
        }
    }

    private func interface(_ side: Statement.Side, _ packet: PacketFacts) -> String? {
        side == .source ? packet.inputInterface : packet.outputInterface
    }

    private static func fits(_ name: String?, _ pattern: String) -> Bool {
        guard let name else { return false }
        return pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
    }

    /// The address that a field means, masked; `nil` for packets of the other family.
    private func address(_ field: Statement.AddressField, _ packet: PacketFacts) -> IPAddress? {
        let address = field.side == .source ? packet.source : packet.destination
        return address.family == field.family ? IPPrefix(address, length: field.prefix).first : nil
    }

    private func mapped(_ name: String, _ packet: PacketFacts) -> Verdict? {
        guard let port = packet.destinationPort, let map = sets[name] else { return nil }
        return Self.element(of: map, holding: [UInt8(port >> 8), UInt8(port & 0xFF)])?.verdict
    }

    private func isIn(
        _ name: String, _ field: Statement.AddressField, _ walk: inout Walk, _ isMember: MembershipTest
    ) rethrows -> Bool {
        guard let address = address(field, walk.packet) else { return false }
        var element: NamedSet.Element?
        let found: Bool
        if let set = sets[name], !set.elements.isEmpty {
            element = Self.element(of: set, holding: address.bytes)
            found = element != nil
        } else {
            found = try isMember(name, address)
        }
        walk.lookups.append(.init(set: name, address: address, isMember: found, element: element))
        return found
    }

    private static func element(of set: NamedSet, holding key: [UInt8]) -> NamedSet.Element? {
        set.elements.first { element in
            !key.lexicographicallyPrecedes(element.first) && !element.last.lexicographicallyPrecedes(key)
        }
    }

    // MARK: Why

    /// What counts a packet says what it is; the rule of the policy that let it in goes on saying so behind it.
    private func explain(counter: String, _ walk: inout Walk) {
        if let id = FirewallCounter.ruleID(counter) {
            walk.reason = .rule(id)
            return
        }
        switch FirewallCounter(rawValue: counter) {
        case .loopback: walk.reason = .loopback
        case .whitelist: walk.reason = .whitelist
        case .established: walk.reason = .established
        case .essential: walk.reason = .essential
        case .blacklist, .blacklistOut: walk.reason = .blacklist
        case .ban: walk.reason = .ban
        case .feed, .feedOut: walk.reason = .feed
        case .posture: walk.reason = .posture
        case .rate, .global, .defaultBlock, .passed, .passedOut, nil: return
        }
    }

    /// Rules that accept without counting: what they ask for says why.
    private func explain(_ rule: FirewallChain.Rule, _ verdict: Verdict, _ walk: inout Walk) {
        guard verdict == .accept else { return }
        for statement in rule.statements {
            switch statement {
            case .loopback: walk.reason = .loopback
            case .connection: walk.reason = .established
            case .addressSet(_, let name) where name.hasPrefix("allow"): walk.reason = .whitelist
            case .addressSet(_, let name) where name.hasPrefix("auth"): walk.reason = .posture
            default: continue
            }
        }
    }
}
