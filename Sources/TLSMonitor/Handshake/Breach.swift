/// A rule that a record breaks, and how.
struct Breach: Hashable, Sendable {
    var rule: ConformanceRule
    /// In one sentence.
    var words: String
}

/// Which rules something was held against, and which of them it broke.
struct RuleCheck {
    private(set) var checked = RuleSet()
    private(set) var breaches: [Breach] = []

    /// Breaches of one record that are told.
    private static let most = 16

    mutating func expect(_ rule: ConformanceRule, _ holds: Bool, _ words: @autoclosure () -> String) {
        checked.insert(rule)
        if !holds { fail(rule, words()) }
    }

    mutating func fail(_ rule: ConformanceRule, _ words: String) {
        checked.insert(rule)
        if breaches.count < Self.most { breaches.append(Breach(rule: rule, words: words)) }
    }

    mutating func pass(_ rules: RuleSet) { checked.formUnion(rules) }

    /// Forgets whatever depends on what was not seen.
    mutating func keepWhatStandsAlone() {
        breaches.removeAll { !$0.rule.standsAlone }
        checked.formIntersection(ConformanceRule.standingAlone)
    }
}

/// How a connection kept the rules that could be checked on it.
public struct ConformanceSummary: Hashable, Sendable {
    /// Rules that something on the connection was held against.
    public var checked = RuleSet()
    /// The first breaches, in the order in which they were seen.
    public private(set) var breakages: [Breakage] = []
    /// How many there were.
    public private(set) var breakageCount = 0

    /// A rule that was broken, and where.
    public struct Breakage: Hashable, Sendable {
        public var rule: ConformanceRule
        public var words: String
        public var direction: FlowDirection
        /// Of the record's first byte in its direction's stream.
        public var offset: Int
        /// The packet that completed the record.
        public var packet: Int

        public init(rule: ConformanceRule, words: String, direction: FlowDirection, offset: Int, packet: Int) {
            self.rule = rule
            self.words = words
            self.direction = direction
            self.offset = offset
            self.packet = packet
        }
    }

    /// Breakages of one connection that are kept.
    private static let most = 40

    public init() {}

    public private(set) var broken = RuleSet()

    /// Keeps which rules were broken, and not where.
    mutating func forgetBreakages() { breakages = [] }

    /// Rules that were checked, and not broken.
    public var kept: RuleSet {
        var rules = checked
        rules.subtract(broken)
        return rules
    }

    public mutating func add(_ breakage: Breakage) {
        checked.insert(breakage.rule)
        breakageCount += 1
        // The first of each rule is kept, whatever came before.
        if breakages.count < Self.most || !broken.contains(breakage.rule) { breakages.append(breakage) }
        broken.insert(breakage.rule)
    }
}
