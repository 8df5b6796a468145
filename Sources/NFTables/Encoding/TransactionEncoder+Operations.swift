internal import CNetlink
internal import Firewall

extension TransactionEncoder {
    mutating func add(_ operation: KernelOperation) throws(NFTablesError) {
        begin()
        do {
            try encode(operation)
        } catch {
            throw .notExpressible(operation: operation.words, why: error.why)
        }
    }

    private mutating func encode(_ operation: KernelOperation) throws(NotExpressible) {
        switch operation {
        case .addTable(let isProtected): addTable(isProtected: isProtected)
        case .deleteTable: message(NFT_MSG_DELTABLE, table: NFTA_TABLE_NAME) { _ in }
        case .addCounter(let name): try addCounter(name)
        case .deleteCounter(let name): try deleteCounter(name)
        case .addSet(let set): try addSet(set)
        case .deleteSet(let name): try deleteSet(name)
        case .addElements(let set, let elements): try addElements(elements, to: set)
        case .deleteElements(let set, let elements): try deleteElements(elements, of: set)
        case .flushSet(let name): try flushSet(name)
        case .addChain(let chain): try addChain(chain)
        case .flushChain(let name): try flushChain(name)
        case .deleteChain(let name): try deleteChain(name)
        case .addRule(let chain, let rule): try addRule(rule, to: chain)
        }
    }

    private mutating func addTable(isProtected: Bool) {
        message(NFT_MSG_NEWTABLE, flags: NLM_F_CREATE, table: NFTA_TABLE_NAME) { writer in
            // Without the attribute a table that is there stays as it is.
            if isProtected { writer.attribute(NFTA_TABLE_FLAGS, TableFlags.protected) }
        }
    }

    private mutating func addCounter(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_NEWOBJ, flags: NLM_F_CREATE, table: NFTA_OBJ_TABLE) { writer in
            writer.attribute(NFTA_OBJ_NAME, text: name.text)
            writer.attribute(NFTA_OBJ_TYPE, UInt32(NFT_OBJECT_COUNTER))
            writer.nest(NFTA_OBJ_DATA) { writer in
                writer.attribute(NFTA_COUNTER_BYTES, UInt64(0))
                writer.attribute(NFTA_COUNTER_PACKETS, UInt64(0))
            }
        }
    }

    private mutating func deleteCounter(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_DELOBJ, table: NFTA_OBJ_TABLE) { writer in
            writer.attribute(NFTA_OBJ_NAME, text: name.text)
            writer.attribute(NFTA_OBJ_TYPE, UInt32(NFT_OBJECT_COUNTER))
        }
    }

    // MARK: Chains

    private mutating func addChain(_ chain: FirewallChain) throws(NotExpressible) {
        let name = try KernelName(chain.name)
        message(NFT_MSG_NEWCHAIN, flags: NLM_F_CREATE, table: NFTA_CHAIN_TABLE) { writer in
            writer.attribute(NFTA_CHAIN_NAME, text: name.text)
            guard let base = chain.base else { return }
            writer.nest(NFTA_CHAIN_HOOK) { writer in
                writer.attribute(NFTA_HOOK_HOOKNUM, base.hook.rawValue)
                writer.attribute(NFTA_HOOK_PRIORITY, base.priority)
            }
            writer.attribute(NFTA_CHAIN_POLICY, UInt32(NF_ACCEPT))
            writer.attribute(NFTA_CHAIN_TYPE, text: "filter")
        }
    }

    private mutating func flushChain(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_DELRULE, table: NFTA_RULE_TABLE) { $0.attribute(NFTA_RULE_CHAIN, text: name.text) }
    }

    private mutating func deleteChain(_ name: String) throws(NotExpressible) {
        let name = try KernelName(name)
        message(NFT_MSG_DELCHAIN, table: NFTA_CHAIN_TABLE) { $0.attribute(NFTA_CHAIN_NAME, text: name.text) }
    }

    private mutating func addRule(_ rule: FirewallChain.Rule, to chain: String) throws(NotExpressible) {
        let chain = try KernelName(chain)
        var expressions = RuleEncoder(firstSet: nextSet)
        for statement in rule.statements { try expressions.add(statement) }
        for set in expressions.anonymousSets { addAnonymousSet(set) }
        nextSet += UInt32(expressions.anonymousSets.count)
        let list = expressions.writer.bytes
        guard list.count < 60_000 else { throw NotExpressible("\(rule.statements.count) statements are too long") }
        message(NFT_MSG_NEWRULE, flags: NLM_F_CREATE | NLM_F_APPEND, table: NFTA_RULE_TABLE) { writer in
            writer.attribute(NFTA_RULE_CHAIN, text: chain.text)
            writer.nest(NFTA_RULE_EXPRESSIONS) { $0.append(list) }
        }
    }
}
