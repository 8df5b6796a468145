import ControlSocket
import Firewall

/// One request, one answer.
extension Engine {
    func answer(_ request: ControlRequest, _ now: BanTime) -> ControlAnswer {
        do throws(ControlFailure) {
            return try decide(request, now)
        } catch {
            return .failure(error)
        }
    }

    private func decide(_ request: ControlRequest, _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        switch request {
        case .status: .status(status(now))
        case .rules: .rules(try rules())
        case .list(let kind): .list(list(kind, now))
        case .bans: .bans(banRows(now))
        case .logs(let query): .logs(try logs(query))
        case .statistics: .statistics(try statisticsAnswer(now))
        case .threats: .threats(feeds.rows(policy.feeds, now))
        case .why(let question): .why(try why(question, now))
        case .posture: .posture(pending?.posture ?? state.posture)
        case .check(let text, let connection): .check(try check(text: text, connection, now))
        case .ban(let addresses, let seconds, let detail): try ban(addresses, seconds: seconds, detail: detail, now)
        case .unban(let prefix): try unban(prefix, now)
        case .acceptThreats(let feed): try acceptThreats(feed, now)
        case .report(let report): self.report(report, now)
        case .authenticated(let addresses): try authenticated(addresses, now)
        case .addRule, .removeRule, .toggleRule, .addToList, .removeFromList, .apply, .setPosture, .confirm, .revert,
            .off:
            try change(request, now)
        }
    }
}
