import JSONText

extension RateLimit {
    init(_ node: JSONNode, path: String, file: String) throws(PolicyError) {
        let keys = ["connections", "seconds", "ipv6Prefix", "globalPerSecond"]
        let reader = try PolicyReader(node, path: path, file: file, keys: keys)
        self.init()
        connections = try reader.int("connections", in: PolicyLimits.connections) ?? connections
        seconds = try reader.int("seconds", in: PolicyLimits.rateSeconds) ?? seconds
        ipv6Prefix = try reader.int("ipv6Prefix", in: PolicyLimits.ipv6Prefix) ?? ipv6Prefix
        globalPerSecond = try reader.int("globalPerSecond", in: PolicyLimits.globalPerSecond) ?? globalPerSecond
    }
}

extension LogPolicy {
    init(_ node: JSONNode, path: String, file: String) throws(PolicyError) {
        let keys = ["blockedPerSecond", "allowedOneIn", "retainDays", "maximumMiB", "blockedGroup", "allowedGroup"]
        let reader = try PolicyReader(node, path: path, file: file, keys: keys)
        self.init()
        blockedPerSecond = try reader.int("blockedPerSecond", in: PolicyLimits.blockedPerSecond) ?? blockedPerSecond
        allowedSample = try reader.int("allowedOneIn", in: PolicyLimits.allowedSample) ?? allowedSample
        retainDays = try reader.int("retainDays", in: PolicyLimits.retainDays) ?? retainDays
        maximumMiB = try reader.int("maximumMiB", in: PolicyLimits.maximumMiB) ?? maximumMiB
        blockedGroup = UInt16(clamping: try reader.int("blockedGroup", in: PolicyLimits.logGroups) ?? Int(blockedGroup))
        allowedGroup = UInt16(clamping: try reader.int("allowedGroup", in: PolicyLimits.logGroups) ?? Int(allowedGroup))
        guard blockedGroup != allowedGroup else {
            throw reader.error(
                reader.node("allowedGroup") ?? reader.node("blockedGroup") ?? node, reader.path("allowedGroup"),
                "both groups are \(allowedGroup)", "write two different numbers, as what is blocked is read apart")
        }
    }
}

extension SafetyPolicy {
    init(_ node: JSONNode, path: String, file: String) throws(PolicyError) {
        let reader = try PolicyReader(node, path: path, file: file, keys: ["confirmSeconds", "protect"])
        self.init()
        confirmSeconds = try reader.int("confirmSeconds", in: PolicyLimits.confirmSeconds) ?? confirmSeconds
        isProtected = try reader.bool("protect") ?? isProtected
    }
}

extension FeedSource {
    init(_ node: JSONNode, path: String, file: String) throws(PolicyError) {
        let keys = ["name", "url", "format", "direction", "interval", "maximumAge", "enabled"]
        let reader = try PolicyReader(node, path: path, file: file, keys: keys)
        let name = try reader.required("name", remedy: "write \"name\": and a short word such as \"feodo\"")
        let url = try reader.required("url", remedy: "write \"url\": and the address of the list, \"https://…\"")
        let formats = Format.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        _ = try reader.required("format", remedy: "write \"format\": and one of \(formats)")
        let interval = try reader.span("interval", in: PolicyLimits.feedInterval) ?? 3_600
        let age = try reader.span("maximumAge", in: 0...PolicyLimits.maximumAge)
        self.init(
            name: try reader.text("name") ?? "", url: try reader.text("url") ?? "",
            format: try reader.choice("format", Format.self) ?? .plain,
            direction: try reader.choice("direction", FirewallRule.Direction.self) ?? .both, interval: interval,
            maximumAge: age ?? max(7 * 86_400, interval), isEnabled: try reader.bool("enabled") ?? true)
        guard Self.isName(self.name) else {
            throw reader.unexpected(
                name, reader.path("name"), "write 1 to 32 of a-z, 0-9 and -, beginning with a letter or a digit")
        }
        guard Self.isAddress(self.url) else {
            throw reader.unexpected(
                url, reader.path("url"),
                "write https:// and the rest, without a name or password in it; http:// is for this machine alone")
        }
        guard maximumAge >= interval else {
            throw reader.error(
                reader.node("maximumAge") ?? node, reader.path("maximumAge"),
                "\(TimeSpan(seconds: Int64(maximumAge))) is less than the interval",
                "write at least \(TimeSpan(seconds: Int64(interval)))")
        }
    }

    /// It becomes a file's name.
    static func isName(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
            }
    }

    /// Whether it is an `https:` address, or an `http:` one of this machine.
    static func isAddress(_ text: String) -> Bool {
        guard text.utf8.count <= 2_000,
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) })
        else { return false }
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { return false }
        let authority = text.dropFirst(isSecure ? 8 : 7).prefix { !"/?#".contains($0) }
        guard !authority.contains("@"), let host = host(authority) else { return false }
        return isSecure || isLoopback(host)
    }

    /// What comes before the port; `nil` if there is none, or the port is none.
    private static func host(_ authority: Substring) -> Substring? {
        var (host, rest) = (authority, authority.suffix(0))
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            rest = authority[authority.index(after: end)...]
            guard IPAddress(host) != nil, rest.isEmpty || rest.hasPrefix(":") else { return nil }
        } else if let colon = authority.firstIndex(of: ":") {
            (host, rest) = (authority[..<colon], authority[colon...])
        }
        let isPort = rest.isEmpty || (try? PortText.range(rest.dropFirst()).count == 1) ?? false
        return host.isEmpty || !isPort ? nil : host
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        if host == "localhost" { return true }
        guard let address = IPAddress(host) else { return false }
        return address.family == .ipv4 ? address.value >> 24 == 127 : address.value == 1
    }
}
