package import JSONText

extension Policy {
    /// Reads a rules file; `name` is what errors call it. Everything in it has to be known and right.
    /// - Throws: ``PolicyError`` with line, field and remedy, for the first thing that is not.
    package init(parsing bytes: some Sequence<UInt8>, name: String) throws(PolicyError) {
        let root: JSONNode
        do throws(JSONTextError) {
            root = try JSONNode(
                parsing: bytes, limit: JSONLimits(bytes: PolicyLimits.fileBytes, depth: 8, values: 4 << 20))
        } catch {
            let (problem, remedy) = error.parts
            throw PolicyError(
                file: name, line: error.line, column: error.column, problem: "column \(error.column): \(problem)",
                remedy: remedy)
        }
        try self.init(root, name: name)
    }

    /// Reads a rules file's text; see ``init(parsing:name:)``.
    package init(parsing text: String, name: String) throws(PolicyError) {
        try self.init(parsing: text.utf8, name: name)
    }

    /// Reads the value in a rules file.
    package init(_ root: JSONNode, name: String) throws(PolicyError) {
        self.init()
        let keys = [
            "version", "defaultPolicy", "rules", "whitelist", "blacklist", "rateLimit", "threatIntel", "log", "safety",
            "statistics",
        ]
        let file = try PolicyReader(root, path: "", file: name, keys: keys)
        let version = try file.required("version", remedy: "write \"version\": \(PolicyLimits.version)")
        guard version.int == PolicyLimits.version else {
            throw file.unexpected(version, "version", "write \(PolicyLimits.version): this program knows no other")
        }
        if let action = try file.choice("defaultPolicy", FirewallRule.Action.self) { defaultAction = action }
        rules = try Self.rules(file)
        whitelist = try Self.entries(.whitelist, file)
        blacklist = try Self.entries(.blacklist, file)
        if let node = file.node("rateLimit") {
            rateLimit = node.isNull ? nil : try RateLimit(node, path: "rateLimit", file: name)
        }
        if let node = file.node("threatIntel") { feeds = try Self.feeds(node, name) }
        if let node = file.node("log") { log = try LogPolicy(node, path: "log", file: name) }
        if let node = file.node("safety") { safety = try SafetyPolicy(node, path: "safety", file: name) }
        if let node = file.node("statistics") {
            let reader = try PolicyReader(node, path: "statistics", file: name, keys: ["seconds"])
            statisticsSeconds = try reader.int("seconds", in: PolicyLimits.statisticsSeconds) ?? statisticsSeconds
        }
    }

    private static func rules(_ file: PolicyReader) throws(PolicyError) -> [FirewallRule] {
        var rules: [FirewallRule] = []
        var lines: [Int: Int] = [:]
        for (node, path) in try file.list("rules", limit: PolicyLimits.rules) {
            let rule = try FirewallRule(node, path: path, file: file.file)
            let place = node["id"] ?? node
            if let line = lines.updateValue(place.line, forKey: rule.id) {
                throw file.error(
                    place, path + ".id", "\(rule.id) is already the id of the rule in line \(line)",
                    "write another one; each rule has its own")
            }
            rules.append(rule)
        }
        return rules
    }

    private static func entries(_ list: ListName, _ file: PolicyReader) throws(PolicyError) -> [ListEntry] {
        var entries: [ListEntry] = []
        var lines: [IPPrefix: Int] = [:]
        for (node, path) in try file.list(list.rawValue, limit: PolicyLimits.entries) {
            let entry = try ListEntry(node, path: path, file: file)
            if let line = lines.updateValue(node.line, forKey: entry.prefix) {
                throw file.error(
                    node, path, "\(entry.prefix) is already in the \(list.rawValue), in line \(line)",
                    "remove one of them")
            }
            entries.append(entry)
        }
        return entries
    }

    private static func feeds(_ node: JSONNode, _ name: String) throws(PolicyError) -> [FeedSource] {
        let reader = try PolicyReader(node, path: "threatIntel", file: name, keys: ["feeds"])
        var feeds: [FeedSource] = []
        for (node, path) in try reader.list("feeds", limit: PolicyLimits.feeds) {
            let feed = try FeedSource(node, path: path, file: name)
            if feeds.contains(where: { $0.name == feed.name }) {
                throw reader.error(
                    node["name"] ?? node, path + ".name", "\(Quoted.text(feed.name)) is the name of an earlier feed",
                    "write another one; each feed has its own")
            }
            feeds.append(feed)
        }
        return feeds
    }
}

extension ListEntry {
    /// `"192.0.2.0/24"`, or `{"addr": …, "until": …, "note": …}`.
    fileprivate init(_ node: JSONNode, path: String, file: PolicyReader) throws(PolicyError) {
        if node.string != nil {
            self.init(try file.prefix(node, path))
            return
        }
        guard node.members != nil else {
            throw file.unexpected(
                node, path, "write an address such as \"192.0.2.0/24\", or {\"addr\": …, \"until\": …, \"note\": …}")
        }
        let reader = try PolicyReader(node, path: path, file: file.file, keys: ["addr", "until", "note"])
        let address = try reader.required("addr", remedy: "write \"addr\": \"192.0.2.0/24\"")
        self.init(try reader.prefix(address, reader.path("addr")))
        if let until = reader.node("until"), !until.isNull {
            guard let text = until.string, let time = UTCTime(text) else {
                throw reader.unexpected(
                    until, reader.path("until"),
                    "write a time in UTC such as \"2026-12-31T18:00:00Z\", or null for one that does not end")
            }
            self.until = time.seconds
        }
        note = try reader.text("note") ?? ""
        let entry = self
        try reader.checking { () throws(PolicyError) in try entry.check() }
    }
}
