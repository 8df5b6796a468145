import Firewall
import JSONText

/// How the feeds stand, for people and for programs.
struct StatusTable {
    let policy: Policy
    let metas: [String: FeedMeta]
    let now: Int64

    var json: JSON {
        let feeds = policy.feeds.map { source -> JSON in
            let meta = metas[source.name]
            return [
                "name": .string(source.name), "state": .string(FeedState(source, meta, now: now).rawValue),
                "direction": .string(source.direction.rawValue), "format": .string(source.format.rawValue),
                "meta": meta?.json ?? .null,
            ]
        }
        return ["feeds": .array(feeds)]
    }

    var text: String {
        guard !policy.feeds.isEmpty else { return "The policy names no feeds.\n" }
        let head = ["FEED", "ENTRIES", "CONFIRMED", "CHANGED", "STATE"]
        let rows = policy.feeds.map(row)
        let widths = head.indices.map { column in
            ([head] + rows).reduce(0) { max($0, $1[column].count) }
        }
        let lines = ([head] + rows).map { cells -> String in
            let padded = zip(cells, widths).enumerated().map { column, cell -> String in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                if column == cells.count - 1 { return cell.0 }
                return column == 1 ? space + cell.0 : cell.0 + space
            }
            return padded.joined(separator: "  ") + "\n"
        }
        return lines.joined() + notes
    }

    private func row(_ source: FeedSource) -> [String] {
        let meta = metas[source.name]
        let state = FeedState(source, meta, now: now)
        return [
            source.name, meta?.entries.map { "\($0)" } ?? "-", ago(meta?.confirmedAt), ago(meta?.changedAt),
            words(state, meta),
        ]
    }

    /// Errors and what publishers want to be said, below the table.
    private var notes: String {
        var lines: [String] = []
        for source in policy.feeds {
            guard let meta = metas[source.name], meta.url == source.url else { continue }
            if let error = meta.lastError { lines.append("\(source.name): \(error)") }
            if let held = meta.held {
                lines.append(
                    "\(source.name): \(held.change.sentence). If that is right: conclave-feeds accept \(source.name)")
            }
            if let copyright = meta.copyright {
                let date = meta.published.map { ", \(UTCTime(seconds: $0))" } ?? ""
                lines.append("\(source.name): \(copyright)\(date)")
            }
        }
        return lines.isEmpty ? "" : "\n" + lines.joined(separator: "\n") + "\n"
    }

    private func words(_ state: FeedState, _ meta: FeedMeta?) -> String {
        switch state {
        case .off: "switched off"
        case .missing: meta?.failures ?? 0 > 0 ? "no list yet, \(failures(meta))" : "no list yet"
        case .ok: "ok"
        case .failing: "ok, but \(failures(meta))"
        case .old: "old: nobody has confirmed it for a day, \(failures(meta))"
        case .expired: "too old: it no longer counts, \(failures(meta))"
        case .held: "a new list is held back"
        }
    }

    private func failures(_ meta: FeedMeta?) -> String {
        let count = meta?.failures ?? 0
        return count == 1 ? "1 failure" : "\(count) failures"
    }

    private func ago(_ time: Int64?) -> String {
        guard let time else { return "-" }
        let seconds = max(0, now - time)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) d"
        }
    }
}
