internal import CNetlink
package import Firewall

extension NFTables {
    /// Every counter of our table, by name; empty where there is no table.
    package func counters() throws(NFTablesError) -> [String: CounterValue] {
        let request = Self.dump(NFT_MSG_GETOBJ, "read the counters") { writer in
            writer.attribute(NFTA_OBJ_TABLE, text: Ruleset.table)
            writer.attribute(NFTA_OBJ_TYPE, UInt32(NFT_OBJECT_COUNTER))
        }
        let list = try ask(request, KernelReply.counter) ?? []
        return Dictionary(list, uniquingKeysWith: { $1 })
    }

    /// The element that has the key, in a set of intervals the one that contains it; `nil` where there is none, or no such set or table. Takes as long with a
    /// million elements as with one.
    package func element(set: NamedSet, key: [UInt8]) throws(NFTablesError) -> ElementState? {
        guard key.count == set.keyKind.bytes else { return nil }
        guard let start = try element(set, key, isEnd: false) else { return nil }
        guard set.isInterval else { return start.state(last: start.key, of: set) }
        // The nearest end at or above tells where it ends; without one it reaches to the top.
        let above = key.successor
        let end = try above.map { (above) throws(NFTablesError) in try element(set, above, isEnd: true) } ?? nil
        return start.state(last: end?.key.predecessor ?? [UInt8](repeating: 0xFF, count: key.count), of: set)
    }

    /// At most `limit` elements, in the kernel's order; `nil` where there is no such set. Reads no more than it hands out, by a socket of its own, of the network
    /// namespace in which the calling thread is.
    package func elements(of set: NamedSet, limit: Int) throws(NFTablesError) -> [ElementState]? {
        let request = Self.dump(NFT_MSG_GETSETELEM, "read the set \(set.name)") { writer in
            writer.attribute(NFTA_SET_ELEM_LIST_TABLE, text: Ruleset.table)
            writer.attribute(NFTA_SET_ELEM_LIST_SET, text: set.name)
        }
        var exchange = try NetlinkExchange()
        // An interval is two of the kernel's elements, and one more may belong to it.
        let most = max(0, min(limit, 1 << 24)) * (set.isInterval ? 2 : 1) + 2
        guard let elements = try exchange.first(most, of: request, KernelReply.elements) else { return nil }
        let states =
            set.isInterval ? KernelReply.pair(elements, of: set) : elements.map { $0.state(last: $0.key, of: set) }
        return Array(states.prefix(max(0, limit)))
    }

    /// What there is of our table; `nil` where there is none. Takes as long with a million elements as with none.
    package func inventory() throws(NFTablesError) -> KernelInventory? {
        for _ in 0..<10 {
            let before = try generationID()
            guard let flags = try tableFlags() else { return nil }
            let chains = try chains()
            let sets =
                try ask(
                    Self.dump(NFT_MSG_GETSET, "read the sets") {
                        $0.attribute(NFTA_SET_TABLE, text: Ruleset.table)
                    }, KernelReply.set) ?? []
            let counters = try counters()
            guard try generationID() == before else { continue }
            return KernelInventory(
                generation: before, isProtected: flags & TableFlags.owner != 0, chains: chains,
                sets: Dictionary(sets.filter { !$0.0.hasPrefix("__") }, uniquingKeysWith: { $1 }),
                counters: Set(counters.keys))
        }
        throw .changedMeanwhile
    }

    /// The number of the state of all tables of the network namespace; every change makes it higher.
    package func generationID() throws(NFTablesError) -> UInt32 {
        let request = NetlinkRequest(kind: NFT_MSG_GETGEN, isDump: false, words: "read the generation") { _ in }
        guard let number = try ask(request, KernelReply.generation)?.first else {
            throw .malformedReply("no generation")
        }
        return number
    }

    func hasTable() throws(NFTablesError) -> Bool { try tableFlags() != nil }

    // MARK: Parts

    private func tableFlags() throws(NFTablesError) -> UInt32? {
        let request = NetlinkRequest(kind: NFT_MSG_GETTABLE, isDump: false, words: "read the table") {
            $0.attribute(NFTA_TABLE_NAME, text: Ruleset.table)
        }
        return try ask(request, KernelReply.tableFlags)?.first
    }

    private func chains() throws(NFTablesError) -> [String: KernelInventory.Chain] {
        let bases =
            try ask(
                Self.dump(NFT_MSG_GETCHAIN, "read the chains") {
                    $0.attribute(NFTA_CHAIN_TABLE, text: Ruleset.table)
                }, KernelReply.chain) ?? []
        let rules =
            try ask(
                Self.dump(NFT_MSG_GETRULE, "read the rules") {
                    $0.attribute(NFTA_RULE_TABLE, text: Ruleset.table)
                }, KernelReply.rule) ?? []
        var chains: [String: KernelInventory.Chain] = [:]
        for (name, isBase) in bases {
            chains[name] = KernelInventory.Chain(isBase: isBase, rules: 0, digest: FNV.start)
        }
        for rule in rules {
            guard var chain = chains[rule.chain] else { continue }
            chain.rules += 1
            chain.digest = FNV.digest(rule.expressions, after: chain.digest)
            chains[rule.chain] = chain
        }
        return chains
    }

    private func element(_ set: NamedSet, _ key: [UInt8], isEnd: Bool) throws(NFTablesError) -> KernelReply.Element? {
        let request = NetlinkRequest(kind: NFT_MSG_GETSETELEM, isDump: false, words: "read the set \(set.name)") {
            writer in
            writer.attribute(NFTA_SET_ELEM_LIST_TABLE, text: Ruleset.table)
            writer.attribute(NFTA_SET_ELEM_LIST_SET, text: set.name)
            writer.nest(NFTA_SET_ELEM_LIST_ELEMENTS) { $0.element(key: key, isEnd: isEnd) }
        }
        return try ask(request, KernelReply.elements)?.first?.first
    }

    private func ask<Value: Sendable>(
        _ request: NetlinkRequest, _ each: (NetlinkMessages.Message) -> Value?
    ) throws(NFTablesError) -> [Value]? {
        try alone { (exchange) throws(NFTablesError) in try exchange.ask(request, each: each) }
    }

    private static func dump(
        _ kind: nf_tables_msg_types, _ words: String, _ attributes: @escaping (inout NetlinkWriter) -> Void
    ) -> NetlinkRequest {
        NetlinkRequest(kind: kind, isDump: true, words: words, attributes: attributes)
    }
}
