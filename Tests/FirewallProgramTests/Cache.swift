import Firewall
import Foundation

/// What conclave-feeds would have left behind.
extension RunningFirewall {
    /// A feed of plain lines in the cache, as fetched just now.
    func cache(_ feed: FeedSource, _ lines: [String]) throws {
        let now = Int64(Date().timeIntervalSince1970)
        var meta = FeedMeta(url: feed.url)
        let text = lines.joined(separator: "\n") + "\n"
        meta.checkedAt = now
        meta.confirmedAt = now
        meta.fetchedAt = now
        meta.changedAt = now
        meta.entries = lines.count
        meta.bytes = text.utf8.count
        let path = "\(statePath)/feeds/\(feed.name)"
        try text.write(toFile: path + ".body", atomically: true, encoding: .utf8)
        try (meta.json.compact + "\n").write(toFile: path + ".json", atomically: true, encoding: .utf8)
    }
}

extension FeedSource {
    /// Of lines as the tests write them. Nobody fetches it.
    static func plain(_ name: String, _ direction: FirewallRule.Direction = .both) -> FeedSource {
        FeedSource(name: name, url: "http://127.0.0.1:9/\(name)", format: .plain, direction: direction)
    }
}
