import Firewall
import NFTables

/// Threat lists, from the cache into the kernel.
extension Engine {
    func loadFeeds(_ need: FeedDesk.Need, _ now: BanTime) {
        guard enforcement.isOn else { return }
        let sources = state.posture == .open ? [] : policy.feeds
        let seconds = now.wall / 1_000
        feeds.load(
            FeedDesk.Request(
                sources: sources, whitelist: policy.whitelist, number: enforcement.nextFeeds(), now: seconds),
            if: need, sources: sources, whitelist: policy.whitelist, now: seconds)
    }

    /// Lets the rules ask what was filled.
    func takeFeeds(_ now: BanTime) {
        guard let outcome = feeds.take(), enforcement.isOn else { return }
        do throws(NFTablesError) {
            if let failure = outcome.failure { throw failure }
            try enforcement.activate(outcome.generation)
            feeds.count(outcome.reading)
            problems["feeds"] = nil
            keep(outcome.reading, now)
            let entries = feeds.entries
            if entries > 0 {
                ServiceLog.info(
                    "\(entries) entries of \(outcome.reading.feeds.feeds.count) threat feeds are in force, after \(outcome.duration) ms."
                )
            }
        } catch {
            // Something newer comes: it was asked for, or our table was changed, is made anew, and its lists with it.
            guard feeds.isNewest(outcome.request), (try? enforcement.isUntouched()) != false else { return }
            problems["feeds"] = "The threat feeds could not be loaded: \(error)"
            ServiceLog.error("The threat feeds could not be loaded: \(error)")
            feeds.retryLater()
        }
    }

    private func keep(_ reading: FeedReading, _ now: BanTime) {
        for (name, facts) in reading.facts.sorted(by: { $0.key < $1.key }) {
            if let failure = facts.failure { ServiceLog.error("The feed \(name) does not count: \(failure)") }
            for refusal in facts.refusals { ServiceLog.warning("The feed \(name): \(refusal)") }
        }
        for feed in reading.feeds.feeds { store.replaceThreats(of: feed.name, at: now.wall / 1_000, feed.list.entries) }
    }

    func acceptThreats(_ feed: String, _ now: BanTime) throws(ControlFailure) -> ControlAnswer {
        guard policy.feeds.contains(where: { $0.name == feed }) else {
            throw ControlFailure(
                .usage, "the policy has no feed \(feed); it has \(policy.feeds.map(\.name).joined(separator: ", "))")
        }
        do throws(FeedReadingError) {
            try FeedCache.accept(feed, in: options.feeds)
        } catch {
            throw ControlFailure(.runtime, error.words)
        }
        loadFeeds(.changed, now)
        return .done(
            "The list of \(feed) that was held back is read, and counts if it is in order; conclave-firewall threats shows it."
        )
    }
}
