extension Policy {
    /// What a new installation begins with: everything is allowed but five ports that are attacked all the time, with two lists of known
    /// attackers and the rate limit.
    package static let standard: Policy = {
        var policy = Policy()
        let ports: [(String, UInt16)] = [
            ("Block Telnet", 23), ("Block MS RPC", 135), ("Block NetBIOS", 139), ("Block SMB", 445),
            ("Block RDP", 3389),
        ]
        policy.rules = ports.enumerated().map { index, port in
            FirewallRule(id: index + 1, name: port.0, action: .block, ports: [port.1...port.1])
        }
        policy.feeds = [
            FeedSource(
                name: "feodo", url: "https://feodotracker.abuse.ch/downloads/ipblocklist.txt", format: .feodoText,
                direction: .out),
            FeedSource(
                name: "spamhaus-drop-v4", url: "https://www.spamhaus.org/drop/drop_v4.json", format: .spamhausDrop,
                interval: 12 * 3_600),
            FeedSource(
                name: "spamhaus-drop-v6", url: "https://www.spamhaus.org/drop/drop_v6.json", format: .spamhausDrop,
                interval: 12 * 3_600),
        ]
        return policy
    }()
}
