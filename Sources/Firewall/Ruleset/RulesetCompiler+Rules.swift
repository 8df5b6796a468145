extension RulesetCompiler {
    enum Way: String {
        case `in`
        case out

        func holds(_ direction: FirewallRule.Direction) -> Bool {
            direction == .both || direction.rawValue == rawValue
        }
    }

    /// What the policy's rules of one direction become.
    struct CompiledRules {
        /// What stands in the chain of rules, in order.
        var linear: [FirewallChain.Rule] = []
        /// A chain for each rule: what it does.
        var chains: [FirewallChain] = []
        var maps: [NamedSet] = []
    }

    /// Rules that ask for ports alone and follow each other become one verdict map a protocol, so that their number costs nothing; others become rules of the chain.
    func rules(_ way: Way) -> CompiledRules {
        var result = CompiledRules()
        var run: [FirewallRule] = []
        var runs = 0
        for rule in policy.rules where rule.isEnabled && way.holds(rule.direction) {
            if rule.asksForPortsAlone {
                run.append(rule)
            } else {
                let matches = self.matches(of: rule, way, maps: &result.maps)
                guard !matches.isEmpty else { continue }
                close(&run, &runs, way, into: &result)
                result.linear += matches.map { .init($0) }
            }
            result.chains.append(action(of: rule, way))
        }
        close(&run, &runs, way, into: &result)
        return result
    }

    /// The sets of rules with several sources or destinations.
    func addressSets() -> [NamedSet] {
        policy.rules.filter(\.isEnabled).flatMap { rule in
            families(of: rule).flatMap { family -> [NamedSet] in
                guard let family else { return [] }
                return [(Statement.Side.source, rule.sources), (.destination, rule.destinations)].compactMap {
                    let prefixes = $1.filter { $0.family == family }
                    guard prefixes.count > 1 else { return nil }
                    return NamedSet(
                        addressSetName(rule, $0, family), key: .address(family), isInterval: true,
                        elements: AddressIntervals(prefixes, family: family).elements(now: now))
                }
            }
        }
    }

    // MARK: Runs of ports

    private func close(_ run: inout [FirewallRule], _ runs: inout Int, _ way: Way, into result: inout CompiledRules) {
        guard !run.isEmpty else { return }
        for (name, number) in [("tcp", UInt8(6)), ("udp", 17)] {
            let segments = PortSegments(
                run.filter { $0.transport == .any || $0.transport.rawValue == name }.map { ($0.id, $0.ports) })
            guard !segments.segments.isEmpty else { continue }
            let map = NamedSet(
                named("\(name)_\(way.rawValue)\(runs)"), key: .port, isInterval: true, isMap: true,
                elements: segments.elements { actionName($0, way) })
            result.maps.append(map)
            result.linear.append(.init(.transport(number), .portMap(map.name)))
        }
        run = []
        runs += 1
    }

    // MARK: Single rules

    func actionName(_ id: Int, _ way: Way) -> String { named("r\(id)_\(way.rawValue)") }

    /// What a rule does. Inbound it drops, as nobody outside need know; outbound it rejects, so that programs here need not wait.
    private func action(of rule: FirewallRule, _ way: Way) -> FirewallChain {
        let counter = FirewallCounter.rule(rule.id)
        let name = actionName(rule.id, way)
        switch (rule.action, way) {
        case (.block, .in):
            return FirewallChain(name, rules: ending(counter, "cfw:rule \(rule.id)", .verdict(.drop)))
        case (.block, .out):
            return FirewallChain(name, rules: ending(counter, "cfw:rule \(rule.id)", .reject))
        case (.allow, .in):
            return FirewallChain(name, rules: [.init(.count(counter), .verdict(.goto(passName)))])
        case (.allow, .out):
            let passed = FirewallCounter.passedOut.rawValue
            return FirewallChain(name, rules: [.init(.count(counter), .count(passed), .verdict(.accept))])
        }
    }

    /// The families for which a rule can fit; `nil` for both without asking.
    private func families(of rule: FirewallRule) -> [AddressFamily?] {
        if rule.sources.isEmpty, rule.destinations.isEmpty, rule.transport != .icmp { return [nil] }
        return AddressFamily.allCases.filter { family in
            [rule.sources, rule.destinations].allSatisfy { list in
                list.isEmpty || list.contains { $0.family == family }
            }
        }
    }

    /// Each way in which a rule can fit, with the way to its action.
    private func matches(of rule: FirewallRule, _ way: Way, maps: inout [NamedSet]) -> [[Statement]] {
        let ends = portEnds(of: rule, way, maps: &maps)
        return families(of: rule).flatMap { family -> [[Statement]] in
            var beginning: [Statement] = []
            if let name = rule.card { beginning.append(.interface(way == .in ? .source : .destination, name)) }
            if let family {
                beginning.append(.family(family))
                beginning += addresses(of: rule, .source, family) + addresses(of: rule, .destination, family)
            }
            return transports(of: rule, family).flatMap { transport in
                ends.map { beginning + (transport.map { [.transport($0)] } ?? []) + $0 }
            }
        }
    }

    private func transports(of rule: FirewallRule, _ family: AddressFamily?) -> [UInt8?] {
        switch rule.transport {
        case .tcp: [6]
        case .udp: [17]
        case .icmp: [family == .ipv4 ? 1 : 58]
        case .any: rule.ports.isEmpty ? [nil] : [6, 17]
        }
    }

    private func addresses(of rule: FirewallRule, _ side: Statement.Side, _ family: AddressFamily) -> [Statement] {
        let prefixes = (side == .source ? rule.sources : rule.destinations).filter { $0.family == family }
        guard let first = prefixes.first else { return [] }
        if prefixes.count > 1 { return [.addressSet(.init(side, family), addressSetName(rule, side, family))] }
        return first.length == 0 ? [] : [.address(.init(side, family), in: first)]
    }

    /// `src7_4_3`.
    private func addressSetName(_ rule: FirewallRule, _ side: Statement.Side, _ family: AddressFamily) -> String {
        named("\(side == .source ? "src" : "dst")\(rule.id)_\(family.digit)")
    }

    /// How a rule asks for its ports: not at all, for one range, or through a map.
    private func portEnds(of rule: FirewallRule, _ way: Way, maps: inout [NamedSet]) -> [[Statement]] {
        let target = actionName(rule.id, way)
        let ports = rule.transport == .icmp ? [] : PortSegments.merged(rule.ports)
        guard let first = ports.first else { return [[.verdict(.goto(target))]] }
        if ports.count == 1 { return [[.port(.destination, first), .verdict(.goto(target))]] }
        guard !families(of: rule).isEmpty else { return [] }
        let map = NamedSet(
            named("p\(rule.id)_\(way.rawValue)"), key: .port, isInterval: true, isMap: true,
            elements: PortSegments([(rule.id, ports)]).elements { _ in target })
        maps.append(map)
        return [[.portMap(map.name)]]
    }
}

extension FirewallRule {
    /// Whether only the protocol and the destination port decide if it fits.
    var asksForPortsAlone: Bool {
        !ports.isEmpty && transport != .icmp && sources.isEmpty && destinations.isEmpty && card == nil
    }

    /// The card's name, or how it begins; `nil` for all cards, which `*` means too.
    var card: String? { interface == "*" ? nil : interface }
}
