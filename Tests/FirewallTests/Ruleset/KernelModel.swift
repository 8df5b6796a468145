import Firewall

/// What nf_tables does with transactions, and what it refuses, as far as our rulesets go.
struct KernelModel {
    struct Refusal: Error, CustomStringConvertible {
        var description: String
    }

    private(set) var hasTable = false
    private(set) var counters: Set<String> = []
    /// With their elements.
    private(set) var sets: [String: NamedSet] = [:]
    private(set) var chains: [String: FirewallChain] = [:]

    /// All of it, or nothing.
    mutating func commit(_ transaction: KernelTransaction) throws {
        var next = self
        for (index, operation) in transaction.operations.enumerated() {
            do { try next.apply(operation) } catch let refusal as Refusal {
                throw Refusal(description: "operation \(index), \(operation): \(refusal)")
            }
        }
        try next.checkWays()
        self = next
    }

    /// As one value, in order of names.
    var ruleset: Ruleset {
        Ruleset(
            counters: counters.sorted(), sets: sets.values.sorted { $0.name < $1.name },
            chains: chains.values.sorted { $0.name < $1.name })
    }

    func elements(_ set: String) -> [NamedSet.Element] { sets[set]?.elements ?? [] }

    // MARK: Operations

    private mutating func apply(_ operation: KernelOperation) throws {
        if case .addTable = operation {
            hasTable = true
            return
        }
        try require(hasTable, "no table")
        switch operation {
        case .addTable: break
        case .deleteTable: self = KernelModel()
        case .addCounter(let name):
            try requireName(name)
            counters.insert(name)
        case .deleteCounter(let name):
            try require(counters.contains(name), "no counter")
            try require(!rules.contains { $0.counters.contains(name) }, "counter in use")
            counters.remove(name)
        case .addSet(let set): try add(set)
        case .deleteSet(let name):
            guard let set = sets[name] else { throw Refusal(description: "no set") }
            try require(!set.isMap || set.elements.isEmpty, "map not flushed")
            try require(!rules.contains { $0.sets.contains(name) }, "set in use")
            sets[name] = nil
        case .addElements(let set, let elements):
            try requireSame(set)
            for element in elements { try add(element, to: set.name) }
        case .deleteElements(let set, let elements):
            try requireSame(set)
            for element in elements {
                let index = sets[set.name]?.elements.firstIndex { $0.first == element.first && $0.last == element.last }
                guard let index else { throw Refusal(description: "no element") }
                sets[set.name]?.elements.remove(at: index)
            }
        case .flushSet(let name):
            try require(sets[name] != nil, "no set")
            sets[name]?.elements = []
        case .addChain, .flushChain, .deleteChain, .addRule: try applyToChains(operation)
        }
    }

    private mutating func applyToChains(_ operation: KernelOperation) throws {
        switch operation {
        case .addChain(let chain):
            try requireName(chain.name)
            if let present = chains[chain.name] {
                try require(present.base == chain.base, "another chain of this name")
            } else {
                chains[chain.name] = FirewallChain(chain.name, base: chain.base)
            }
        case .flushChain(let name):
            try require(chains[name] != nil, "no chain")
            chains[name]?.rules = []
        case .deleteChain(let name):
            guard let chain = chains[name] else { throw Refusal(description: "no chain") }
            try require(chain.rules.isEmpty, "chain not empty")
            try require(!rules.contains { $0.targets.contains(name) }, "chain in use by a rule")
            try require(
                !sets.values.contains { $0.elements.contains { $0.verdict?.target == name } }, "chain in use by a map")
            chains[name] = nil
        case .addRule(let name, let rule):
            try require(chains[name] != nil, "no chain")
            try check(rule)
            chains[name]?.rules.append(rule)
        default: break
        }
    }

    private mutating func add(_ set: NamedSet) throws {
        try requireName(set.name)
        if sets[set.name] == nil {
            var empty = set
            empty.elements = []
            sets[set.name] = empty
        }
        try requireSame(set)
        for element in set.elements { try add(element, to: set.name) }
    }

    private mutating func add(_ element: NamedSet.Element, to name: String) throws {
        guard let set = sets[name] else { throw Refusal(description: "no set") }
        let bytes =
            switch set.key {
            case .address(let family): family.bytes
            case .port: 2
            case .family: 1
            }
        try require(element.first.count == bytes && element.last.count == bytes, "key of the wrong length")
        try require(!element.last.lexicographicallyPrecedes(element.first), "range upside down")
        try require(set.isInterval || element.first == element.last, "range in a set of single keys")
        try require(set.hasTimeouts || element.timeout == nil, "timeout in a set without")
        try require(element.timeout != 0, "timeout of nothing")
        try require((element.verdict != nil) == set.isMap, "verdict in a set, or none in a map")
        if let target = element.verdict?.target { try require(chains[target] != nil, "no chain \(target)") }
        if set.elements.contains(where: { $0.first == element.first && $0.last == element.last }) { return }
        let overlaps = set.elements.contains {
            !element.last.lexicographicallyPrecedes($0.first) && !$0.last.lexicographicallyPrecedes(element.first)
        }
        try require(!overlaps, "elements overlap")
        try require(set.size.map { set.elements.count < $0 } ?? true, "set full")
        sets[name]?.elements.append(element)
    }

    // MARK: Rules

    private var rules: [FirewallChain.Rule] { chains.values.flatMap(\.rules) }

    private func check(_ rule: FirewallChain.Rule) throws {
        var transport: UInt8?
        for (index, statement) in rule.statements.enumerated() {
            let isLast = index == rule.statements.count - 1
            switch statement {
            case .transport(let number): transport = number
            case .port, .portMap: try require(transport == 6 || transport == 17, "port without its protocol")
            case .icmpTypes: try require(transport == 1 || transport == 58, "type without its protocol")
            case .verdict, .reject: try require(isLast, "something behind the verdict")
            default: break
            }
            try checkSets(statement)
        }
        for counter in rule.counters { try require(counters.contains(counter), "no counter \(counter)") }
        for target in rule.targets { try require(chains[target] != nil, "no chain \(target)") }
    }

    private func checkSets(_ statement: Statement) throws {
        switch statement {
        case .addressSet(let field, let name):
            try require(sets[name]?.key == .address(field.family) && sets[name]?.isMap == false, "no such set \(name)")
        case .meter(let field, let name, _):
            guard let set = sets[name], set.key == .address(field.family), set.isDynamic, set.hasTimeouts else {
                throw Refusal(description: "no set for a meter: \(name)")
            }
            try require(set.size != nil && set.timeout != nil, "a meter's set without bounds")
        case .portMap(let name): try require(sets[name]?.key == .port && sets[name]?.isMap == true, "no map \(name)")
        case .trial: try require(sets[Ruleset.trialSet]?.key == .family, "no set for trials")
        case .older: try require(sets[Ruleset.olderSet]?.key == .family, "no set for older connections")
        default: break
        }
    }

    /// Nothing goes in circles, and each hook allows what can be reached from it.
    private func checkWays() throws {
        for base in chains.values {
            guard let hook = base.base?.hook else { continue }
            try walk(base.name, hook, [])
        }
    }

    private func walk(_ name: String, _ hook: FirewallChain.Hook, _ path: [String]) throws {
        try require(!path.contains(name), "a circle through \(name)")
        try require(path.count < 16, "too deep")
        for rule in chains[name]?.rules ?? [] {
            for statement in rule.statements {
                switch statement {
                case .reject: try require(hook != .prerouting, "reject in prerouting")
                case .loopback(.source), .interface(.source, _): try require(hook != .output, "input card in output")
                case .loopback(.destination), .interface(.destination, _):
                    try require(hook == .output || hook == .forward, "output card in \(hook)")
                case .connection: try require(hook != .prerouting, "connection before it is tracked")
                default: break
                }
            }
            let mapped = rule.statements.flatMap { statement -> [String] in
                guard case .portMap(let map) = statement else { return [] }
                return elements(map).compactMap { $0.verdict?.target }
            }
            for target in Set(rule.targets + mapped) { try walk(target, hook, path + [name]) }
        }
    }

    // MARK: Requirements

    private func require(_ isTrue: Bool, _ refusal: String) throws {
        if !isTrue { throw Refusal(description: refusal) }
    }

    private func requireName(_ name: String) throws {
        let isPlain = name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 95 }
        try require(isPlain && (1...31).contains(name.utf8.count), "not a name: \(name)")
    }

    private func requireSame(_ set: NamedSet) throws {
        guard var present = sets[set.name] else { throw Refusal(description: "no set \(set.name)") }
        present.elements = set.elements
        try require(present == set, "another set of this name")
    }
}

extension Verdict {
    var target: String? {
        switch self {
        case .jump(let name), .goto(let name): name
        case .accept, .drop, .return: nil
        }
    }
}

extension FirewallChain.Rule {
    var counters: [String] {
        statements.compactMap { if case .count(let name) = $0 { name } else { nil } }
    }

    var targets: [String] {
        statements.compactMap { if case .verdict(let verdict) = $0 { verdict.target } else { nil } }
    }

    var sets: [String] {
        statements.compactMap {
            switch $0 {
            case .addressSet(_, let name), .meter(_, set: let name, _), .portMap(let name): name
            case .trial: Ruleset.trialSet
            case .older: Ruleset.olderSet
            default: nil
            }
        }
    }
}
