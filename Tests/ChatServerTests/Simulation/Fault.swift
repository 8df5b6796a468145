/// A mistake that a server could have. None is in the server: the doubles around it make them, to see whether they are found.
enum Fault: CaseIterable {
    /// A tick's frames are sent before its writes are stored.
    case acknowledgesEarly
    /// A tick's messages set out to other loops before its writes are stored.
    case forwardsEarly
    /// When one tick is stored, all that wait are thought to be.
    case releasesAll
    /// What waits goes to whoever has the connection's slot by then.
    case sendsBySlot
    /// A crash loses what was reported as stored last.
    case losesStored
    /// A crash keeps a part of a tick.
    case cutsTicks
    /// Messages between loops overtake one another.
    case overtakes
    /// Messages between loops arrive twice.
    case repeats
    /// Messages between loops are lost.
    case loses
    /// A server that starts again knows no tokens.
    case forgetsTokens

    /// Whether a broken rule is what this leads to.
    func isSeen(by rule: Violation.Rule) -> Bool {
        let rules: [Violation.Rule] =
            switch self {
            case .acknowledgesEarly, .forwardsEarly, .releasesAll: [.durability]
            case .sendsBySlot: [.answers, .members, .noGap, .durability]
            case .losesStored: [.acknowledged, .placeOnce, .tokenOnce, .durability]
            case .cutsTicks: [.recovery, .placeOnce, .sameForAll]
            case .overtakes, .repeats, .loses: [.answers, .noGap]
            case .forgetsTokens: [.refusals, .tokenOnce]
            }
        return rules.contains(rule)
    }
}
