extension Ruleset {
    /// The same in nft's own words, as `nft -f` (1.0.6 and later) takes them. Ours goes to the kernel without nft: this is for reading, and for holding one against the other.
    package var nftText: String {
        var lines = ["table inet \(Self.table) {"]
        lines += counters.map { "    counter \($0) { }" }
        for set in sets { lines += NFTWords.set(set).map { "    \($0)" } }
        for chain in chains {
            lines.append("    chain \(chain.name) {")
            if let base = chain.base { lines.append("        \(NFTWords.base(base))") }
            lines += chain.rules.map { "        \(NFTWords.rule($0, self))" }
            lines.append("    }")
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }
}

/// nft's words for our types.
enum NFTWords {
    static func base(_ base: FirewallChain.Base) -> String {
        let hook =
            switch base.hook {
            case .prerouting: "prerouting"
            case .input: "input"
            case .forward: "forward"
            case .output: "output"
            }
        return "type filter hook \(hook) priority \(base.priority); policy accept;"
    }

    // MARK: Sets

    static func set(_ set: NamedSet) -> [String] {
        let flags =
            (set.isInterval ? ["interval"] : []) + (set.isDynamic ? ["dynamic"] : [])
            + (set.hasTimeouts ? ["timeout"] : [])
        var lines = ["\(set.isMap ? "map" : "set") \(set.name) {"]
        lines.append("    type \(type(set.key))\(set.isMap ? " : verdict" : "")")
        if !flags.isEmpty { lines.append("    flags \(flags.joined(separator: ", "))") }
        if let timeout = set.timeout { lines.append("    timeout \(timeout)ms") }
        if let size = set.size { lines.append("    size \(size)") }
        if !set.elements.isEmpty {
            let elements = set.elements.map { element($0, set.key) }
            lines.append("    elements = { \(elements.joined(separator: ",\n        ")) }")
        }
        return lines.flatMap { $0.split(separator: "\n").map(String.init) } + ["}"]
    }

    private static func type(_ key: NamedSet.Key) -> String {
        switch key {
        case .address(.ipv4): "ipv4_addr"
        case .address(.ipv6): "ipv6_addr"
        case .port: "inet_service"
        case .family: "nf_proto"
        }
    }

    static func element(_ element: NamedSet.Element, _ key: NamedSet.Key) -> String {
        var text =
            element.first == element.last
            ? self.key(element.first, key) : range(element.first, element.last, key)
        if let timeout = element.timeout { text += " timeout \(timeout)ms" }
        if let verdict = element.verdict { text += " : \(self.verdict(verdict))" }
        return text
    }

    /// As a prefix where it is one; nft 1.0.6 takes ranges of addresses too.
    private static func range(_ first: [UInt8], _ last: [UInt8], _ key: NamedSet.Key) -> String {
        guard case .address = key else { return "\(self.key(first, key))-\(self.key(last, key))" }
        let low = number(first)
        let differing = low ^ number(last)
        let isPrefix = differing & (differing &+ 1) == 0 && low & differing == 0
        guard isPrefix else { return "\(address(first))-\(address(last))" }
        return "\(address(first))/\(first.count * 8 - (128 - differing.leadingZeroBitCount))"
    }

    private static func key(_ bytes: [UInt8], _ key: NamedSet.Key) -> String {
        switch key {
        case .address: address(bytes)
        case .port: "\(number(bytes))"
        case .family: bytes == [2] ? "ipv4" : "ipv6"
        }
    }

    private static func number(_ bytes: [UInt8]) -> UInt128 { bytes.reduce(0) { $0 << 8 | UInt128($1) } }

    /// IPv6 addresses that map IPv4 are written as what they are.
    private static func address(_ bytes: [UInt8]) -> String {
        guard let address = IPAddress(bytes: bytes) else { return "" }
        return bytes.count == 16 && address.family == .ipv4 ? "::ffff:\(address)" : "\(address)"
    }

    // MARK: Rules

    static func rule(_ rule: FirewallChain.Rule, _ ruleset: Ruleset) -> String {
        var words: [String] = []
        var transport: UInt8?
        for (index, statement) in rule.statements.enumerated() {
            if case .transport(let number) = statement {
                transport = number
                // What asks for a port, a map or a type next says the protocol itself.
                if index + 1 < rule.statements.count, asksTransport(rule.statements[index + 1]) { continue }
            }
            words.append(self.statement(statement, transport, ruleset))
        }
        return words.joined(separator: " ")
    }

    private static func asksTransport(_ statement: Statement) -> Bool {
        switch statement {
        case .port, .portMap, .icmpTypes: true
        default: false
        }
    }

    private static func statement(_ statement: Statement, _ transport: UInt8?, _ ruleset: Ruleset) -> String {
        switch statement {
        case .loopback(let side): "\(side == .source ? "iif" : "oif") \"lo\""
        case .interface(let side, let name): "\(side == .source ? "iifname" : "oifname") \"\(name)\""
        case .family(let family): "meta nfproto \(family.rawValue)"
        case .transport(let number): "meta l4proto \(number)"
        case .address(let field, let prefix): "\(self.field(field)) \(prefix)"
        case .addressRange(let field, let range): "\(self.field(field)) \(range.lowerBound)-\(range.upperBound)"
        case .addressSet(let field, let name): "\(self.field(field)) @\(name)"
        case .port(let side, let ports):
            "\(self.transport(transport)) \(side == .source ? "sport" : "dport") \(self.ports(ports))"
        case .icmpTypes(let types):
            "\(transport == 58 ? "icmpv6" : "icmp") type { \(types.map { "\($0)" }.joined(separator: ", ")) }"
        case .connection(let states): "ct state \(self.states(states))"
        case .first: "ct state new ct status & confirmed == 0"
        case .trial: "meta nfproto @\(Ruleset.trialSet)"
        case .older: "meta nfproto @\(Ruleset.olderSet) tcp flags & (fin | syn | rst | ack) != syn"
        case .below(let rate, let burst): "limit rate \(rate)/second burst \(burst) packets"
        case .above(let rate, let burst): "limit rate over \(rate)/second burst \(burst) packets"
        case .meter(let field, let set, let allowed):
            "add @\(set) { \(self.field(field)) limit rate over 1/day burst \(allowed) packets }"
        case .sample(let count): "numgen random mod \(count) == 0"
        case .count(let name): "counter name \"\(name)\""
        case .log(let prefix, let group, let bytes, let together):
            "log prefix \"\(prefix)\" group \(group) snaplen \(bytes) queue-threshold \(together)"
        case .portMap(let name): "\(self.transport(transport)) dport vmap @\(name)"
        case .verdict(let verdict): self.verdict(verdict)
        case .reject: "reject with icmpx admin-prohibited"
        }
    }

    private static func transport(_ number: UInt8?) -> String { number == 17 ? "udp" : number == 6 ? "tcp" : "th" }

    private static func field(_ field: Statement.AddressField) -> String {
        let name = "\(field.family == .ipv4 ? "ip" : "ip6") \(field.side == .source ? "saddr" : "daddr")"
        guard field.prefix < field.family.bits else { return name }
        let all: UInt128 = field.family == .ipv4 ? 0xFFFF_FFFF : .max
        let mask = field.prefix == 0 ? 0 : all << UInt128(field.family.bits - field.prefix) & all
        return "\(name) & \(address(AddressIntervals.bytes(mask, field.family)))"
    }

    private static func ports(_ range: ClosedRange<UInt16>) -> String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }

    private static func states(_ states: Set<Statement.ConnectionState>) -> String {
        Statement.ConnectionState.allCases.filter { states.contains($0) }.map { "\($0)" }.joined(separator: ",")
    }

    static func verdict(_ verdict: Verdict) -> String {
        switch verdict {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        }
    }
}
