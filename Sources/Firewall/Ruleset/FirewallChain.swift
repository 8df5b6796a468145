/// A named list of rules. A base chain, one with a hook, is where packets come in.
package struct FirewallChain: Hashable, Sendable {
    package enum Hook: UInt32, Hashable, Sendable {
        // NF_INET_… of linux/netfilter.h.
        case prerouting = 0
        case input = 1
        case forward = 2
        case output = 3
    }

    package struct Base: Hashable, Sendable {
        package var hook: Hook
        package var priority: Int32

        package init(_ hook: Hook, priority: Int32) {
            self.hook = hook
            self.priority = priority
        }
    }

    package struct Rule: Hashable, Sendable {
        package var statements: [Statement]

        package init(_ statements: Statement...) { self.statements = statements }
        package init(_ statements: [Statement]) { self.statements = statements }
    }

    /// At most 31 bytes of `a-z`, `0-9`, `_`.
    package var name: String
    /// The policy of base chains is always to accept.
    package var base: Base?
    package var rules: [Rule]

    package init(_ name: String, base: Base? = nil, rules: [Rule] = []) {
        self.name = name
        self.base = base
        self.rules = rules
    }
}
