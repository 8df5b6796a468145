import Firewall

/// What a policy becomes, whatever it says: nothing is referred to that is not there, and every packet is decided.
enum FuzzedRulesets {
    /// - Parameter bytes: what packets are made up of.
    static func isWhole(_ policy: Policy, _ bytes: [UInt8]) -> Bool {
        Posture.allCases.allSatisfy { posture in
            let compiler = RulesetCompiler(policy: policy, posture: posture, generation: 1, now: 1_700_000_000_000)
            let feeds = FeedGeneration(number: 2, counts: [.init(.in, .hosts4): 1, .init(.both, .ranges6): 2])
            let ruleset = Ruleset(current: compiler.compile(), feeds: feeds)
            return hasAll(ruleset) && decidesAll(ruleset, bytes)
        }
    }

    static func hasAll(_ ruleset: Ruleset) -> Bool {
        let (counters, sets) = (Set(ruleset.counters), Set(ruleset.sets.map(\.name)))
        let chains = Set(ruleset.chains.map(\.name))
        guard counters.count == ruleset.counters.count, sets.count == ruleset.sets.count,
            chains.count == ruleset.chains.count
        else { return false }
        func has(_ verdict: Verdict?) -> Bool {
            switch verdict {
            case .jump(let chain), .goto(let chain): chains.contains(chain)
            default: true
            }
        }
        let statements = ruleset.chains.flatMap(\.rules).flatMap(\.statements)
        return statements.allSatisfy { statement in
            switch statement {
            case .addressSet(_, let set), .meter(_, let set, _), .portMap(let set): sets.contains(set)
            case .count(let counter): counters.contains(counter)
            case .verdict(let verdict): has(verdict)
            default: true
            }
        }
            && ruleset.sets.allSatisfy { set in
                set.elements.allSatisfy { has($0.verdict) && !$0.last.lexicographicallyPrecedes($0.first) }
                    && (!set.isInterval
                        || zip(set.elements, set.elements.dropFirst()).allSatisfy {
                            $0.last.lexicographicallyPrecedes($1.first)
                        })
            }
    }

    private static func decidesAll(_ ruleset: Ruleset, _ bytes: [UInt8]) -> Bool {
        let evaluator = RulesetEvaluator(ruleset)
        let states = Statement.ConnectionState.allCases
        for start in stride(from: 0, to: min(bytes.count, 320), by: 20) {
            let part = (0..<20).map { start + $0 < bytes.count ? bytes[start + $0] : 0 }
            let address = { (place: Int) in
                part[19] & 1 == 0
                    ? IPAddress(bytes: part[place..<place + 4])
                    : IPAddress(bytes: [0x20, 1, 0x0D, 0xB8] + part[4..<16])
            }
            guard let source = address(0), let target = address(8) else { return false }
            for path in PacketFacts.Path.allCases {
                let packet = PacketFacts(
                    path, from: source, to: target, transport: [6, 17, 1, 58, part[16]][Int(part[17]) % 5],
                    destinationPort: UInt16(part[17]) << 8 | UInt16(part[18]), icmpType: part[18],
                    inputInterface: "eth0", connection: states[Int(part[16]) % states.count])
                let decision = evaluator.decide(packet) { _, address in address.bytes.last.map { $0 & 1 == 1 } ?? false
                }
                guard ruleset.chains.contains(where: { $0.name == decision.chain }) || decision.chain.isEmpty else {
                    return false
                }
            }
        }
        return true
    }
}
