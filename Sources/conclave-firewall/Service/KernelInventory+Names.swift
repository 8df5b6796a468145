import Firewall
import NFTables

/// What names in the kernel say: an earlier process made them by the same rules.
extension KernelInventory {
    /// Numbers of policy generations.
    var generations: [Int] { (Array(chains.keys) + Array(sets.keys)).compactMap { Self.generation(of: $0) } }

    var feedSets: [String] { sets.keys.filter { Self.feedGeneration(of: $0) != nil }.sorted() }
    var feedGenerations: [Int] { sets.keys.compactMap { Self.feedGeneration(of: $0) } }

    /// Whether all is there that generations share.
    var hasShared: Bool {
        SharedSet.all.allSatisfy { sets[$0.name] != nil }
            && Ruleset.hooks.allSatisfy { chains[Ruleset.baseChain($0).name] != nil }
            && [Ruleset.feedIn, Ruleset.feedOut].allSatisfy { chains[$0] != nil }
    }

    /// All policy generations that are there, as one, to be put out of force for another.
    func generation(besides new: PolicyGeneration) -> PolicyGeneration {
        let rates = sets.keys.filter { $0.hasPrefix("rate") }.sorted().map { name in
            new.rateSets.first { $0.name == name } ?? NamedSet(name, key: .address(.ipv4))
        }
        // NFT_SET_MAP of linux/netfilter/nf_tables.h.
        let own = sets.filter { Self.generation(of: $0.key) != nil }.sorted { $0.key < $1.key }
            .map { NamedSet($0.key, key: .port, isMap: $0.value & 0x8 != 0) }
        return PolicyGeneration(
            number: generations.max() ?? 0, counters: counters.sorted(), rateSets: rates, sets: own,
            chains: chains.keys.filter { Self.generation(of: $0) != nil }.sorted().map { FirewallChain($0) })
    }

    /// The same with those sets alone.
    func filtered(_ isMeant: (String) -> Bool) -> KernelInventory {
        var copy = self
        copy.sets = sets.filter { isMeant($0.key) }
        return copy
    }

    /// `in_3` → 3; the names that generations share do not end in a number behind `_`.
    private static func generation(of name: String) -> Int? {
        guard !name.hasPrefix("rate"), feedGeneration(of: name) == nil, let mark = name.lastIndex(of: "_") else {
            return nil
        }
        return Int(name[name.index(after: mark)...])
    }

    /// `f7_both_4h` → 7.
    static func feedGeneration(of name: String) -> Int? {
        let parts = name.split(separator: "_")
        guard parts.count == 3, parts[0].first == "f" else { return nil }
        return Int(parts[0].dropFirst())
    }
}
