/// What the daemon says to a ``ControlRequest``: one line of JSON, `{"ok":true,"answer":"status",…}` or ``ControlFailure``'s. All times in it are milliseconds since 1970.
package enum ControlAnswer: Hashable, Sendable {
    case status(StatusAnswer)
    case rules(RulesAnswer)
    case list(ListAnswer)
    case bans([BanRow])
    /// While somebody follows: one for each time that something came.
    case logs([PacketRow])
    case statistics(StatisticsAnswer)
    case threats([FeedRow])
    case why(WhyAnswer)
    case posture(Posture)
    case check(CheckAnswer)
    /// To all changes of the policy, `confirm` and `revert`.
    case change(ChangeAnswer)
    /// To ban: who is kept out now.
    case banned(BanRow)
    /// To what has nothing more to tell: in words, one sentence.
    case done(String)
    case failure(ControlFailure)
}

/// Why something was not done.
package struct ControlFailure: Error, Hashable, Sendable {
    /// What the program exits with; sysexits(3) but for 1 and 3.
    package enum Status: Int, Hashable, Sendable, CaseIterable {
        case runtime = 1
        /// The check says that the change would lock somebody out.
        case refused = 3
        case usage = 64
        case missingFile = 66
        case unavailable = 69
        case permission = 77
        case configuration = 78
    }

    package var status: Status
    /// What happened and what to do.
    package var message: String
    /// Each thing that speaks against it: the check's refusals.
    package var reasons: [String]

    package init(_ status: Status, _ message: String, reasons: [String] = []) {
        self.status = status
        self.message = message
        self.reasons = reasons
    }
}
