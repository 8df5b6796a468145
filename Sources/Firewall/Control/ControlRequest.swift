/// What somebody asks of the daemon: one line of JSON, `{"op":"status"}`. Each gets one ``ControlAnswer``; ``LogQuery/follows`` gets many.
package enum ControlRequest: Hashable, Sendable {
    // MARK: What is so

    case status
    /// The rules with their hits.
    case rules
    case list(ListName)
    case bans
    case logs(LogQuery)
    case statistics
    case threats
    case why(WhyQuestion)
    case posture
    /// Whether a policy may come into force: `text`, or the file on the disk when `nil`.
    case check(text: String?, SSHConnection?)

    // MARK: Changes of the policy

    /// The rule's id is 0; the answer tells the one it gets.
    case addRule(FirewallRule, RulePosition, PolicyChange)
    case removeRule(Int, PolicyChange)
    case toggleRule(Int, PolicyChange)
    /// One that is there gets a new end and note. Checked, then at once in force.
    case addToList(ListName, IPPrefix, seconds: Int?, note: String, PolicyChange)
    case removeFromList(ListName, IPPrefix, PolicyChange)
    /// A whole policy: `text`, or the file on the disk when `nil`.
    case apply(text: String?, PolicyChange)
    case setPosture(Posture, PolicyChange)
    /// What is on trial stays, and is written to the disk.
    case confirm
    /// What is on trial ends now.
    case revert
    /// Everything of ours leaves the kernel.
    case off

    // MARK: Facts

    /// All addresses are the same host. `seconds`: `nil` for as long as an offence of this rank lasts.
    case ban([IPAddress], seconds: Int?, detail: String)
    case unban(IPPrefix)
    /// A list that is held back, as it changed too much at once, shall count.
    case acceptThreats(feed: String)
    case report(Report)
    /// They have proven who they are: the door stays open for them while the posture closes it for others.
    case authenticated([IPAddress])
}

/// Where a new rule goes; the first that fits a packet decides.
package enum RulePosition: Hashable, Sendable {
    case end
    /// Before the rule that is in this place, from 1; behind all where there are fewer.
    case place(Int)
}

/// For how long a change is on trial.
package enum Trial: Hashable, Sendable {
    /// As long as the policy says (``SafetyPolicy/confirmSeconds``).
    case standard
    /// `5...3_600`.
    case seconds(Int)
    /// At once for good, where the check finds nothing.
    case none
}

/// How a change of the policy is made.
package struct PolicyChange: Hashable, Sendable {
    package var trial: Trial
    /// Made although the check says that it locks somebody out.
    package var isForced: Bool
    /// The connection over which it is asked for, as it must live on.
    package var connection: SSHConnection?

    package init(trial: Trial = .standard, isForced: Bool = false, connection: SSHConnection? = nil) {
        self.trial = trial
        self.isForced = isForced
        self.connection = connection
    }
}

/// What is asked about one packet.
package struct WhyQuestion: Hashable, Sendable {
    /// The other end: where the packet comes from (`in`) or goes to (`out`).
    package var address: IPAddress
    /// The destination's port; `nil`: of a new connection to no port in particular.
    package var port: UInt16?
    package var transport: FirewallRule.TransportProtocol
    package var isOutbound: Bool

    package init(
        _ address: IPAddress, port: UInt16? = nil, transport: FirewallRule.TransportProtocol = .tcp,
        isOutbound: Bool = false
    ) {
        self.address = address
        self.port = port
        self.transport = transport
        self.isOutbound = isOutbound
    }
}
