extension FeedSource {
    /// Whether a list may be fetched from there: `https:`, or `http:` of this machine's loopback; no name or password in it.
    package static func mayFetch(_ url: String) -> Bool { isAddress(url) }

    /// Whether a server may send on to there: nobody on the internet may send us to a service of this machine.
    package static func mayFollow(_ url: String, from origin: String) -> Bool {
        mayFetch(url) && (url.hasPrefix("https://") || origin.hasPrefix("http://"))
    }

    /// Whether the list comes from this machine: then it is the administrator's own, and may name private networks.
    package var isOwn: Bool { url.hasPrefix("http://") && Self.isAddress(url) }

    /// The least seconds between two fetches without a person: publishers ask for it.
    package var leastInterval: Int { format == .spamhausDrop ? 3_600 : 300 }
}
