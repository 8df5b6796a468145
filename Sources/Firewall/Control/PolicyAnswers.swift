/// How the firewall is.
package struct StatusAnswer: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        case on
        /// On, and a change waits to be confirmed.
        case trial
        /// Nothing of ours is in the kernel.
        case off
    }

    package var state: State
    package var posture: Posture
    /// Which policy since the start it is.
    package var generation: Int
    /// When the trial ends; `nil`: there is none.
    package var trialUntil: Int64?
    /// Since when the daemon runs.
    package var since: Int64
    /// Enabled rules.
    package var rules: Int
    package var bans: Int
    package var feedEntries: Int
    /// The kernel lets no other program change our table.
    package var isProtected: Bool
    /// The policy's file.
    package var policy: String
    /// Each in words, with the way out.
    package var problems: [String]

    package init(
        state: State, posture: Posture, generation: Int, trialUntil: Int64? = nil, since: Int64, rules: Int = 0,
        bans: Int = 0, feedEntries: Int = 0, isProtected: Bool = false, policy: String = "", problems: [String] = []
    ) {
        self.state = state
        self.posture = posture
        self.generation = generation
        self.trialUntil = trialUntil
        self.since = since
        self.rules = rules
        self.bans = bans
        self.feedEntries = feedEntries
        self.isProtected = isProtected
        self.policy = policy
        self.problems = problems
    }
}

/// The rules of the policy that is in force, or on trial.
package struct RulesAnswer: Hashable, Sendable {
    package var rows: [RuleRow]
    package var defaultAction: FirewallRule.Action
    package var trialUntil: Int64?

    package init(_ rows: [RuleRow], defaultAction: FirewallRule.Action, trialUntil: Int64? = nil) {
        self.rows = rows
        self.defaultAction = defaultAction
        self.trialUntil = trialUntil
    }
}

/// A rule and what it did.
package struct RuleRow: Hashable, Sendable {
    package var rule: FirewallRule
    package var packets: Int
    package var bytes: Int

    package init(_ rule: FirewallRule, packets: Int = 0, bytes: Int = 0) {
        self.rule = rule
        self.packets = packets
        self.bytes = bytes
    }
}

/// The whitelist or the blacklist.
package struct ListAnswer: Hashable, Sendable {
    package var kind: ListName
    /// ``ListEntry/until`` in seconds, as in the policy; in the JSON in milliseconds, as all times are.
    package var entries: [ListEntry]

    package init(_ kind: ListName, _ entries: [ListEntry]) {
        self.kind = kind
        self.entries = entries
    }
}

/// What a policy would do.
package struct CheckAnswer: Hashable, Sendable {
    /// Each says whom the policy would lock out. None: it may come into force.
    package var refusals: [String]
    package var warnings: [String]
    /// Against what is in force: `rule 3 “Block RDP” is new`.
    package var changes: [String]

    package init(refusals: [String] = [], warnings: [String] = [], changes: [String] = []) {
        self.refusals = refusals
        self.warnings = warnings
        self.changes = changes
    }
}

/// What a change did.
package struct ChangeAnswer: Hashable, Sendable {
    /// When it ends unless it is confirmed; `nil`: it stays.
    package var trialUntil: Int64?
    /// The rule it was about.
    package var rule: Int?
    /// `Rule 3`, `The whitelist`, `The policy`, `Posture 2`: what is on trial, or in force.
    package var subject: String
    package var changes: [String]
    package var warnings: [String]

    package init(
        _ subject: String, trialUntil: Int64? = nil, rule: Int? = nil, changes: [String] = [], warnings: [String] = []
    ) {
        self.subject = subject
        self.trialUntil = trialUntil
        self.rule = rule
        self.changes = changes
        self.warnings = warnings
    }
}
