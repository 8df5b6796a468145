import Firewall
import JSONText

/// What the firewall reads: files, feeds, lines of sockets, packets. What has several forms gives its input back when what was read of it,
/// written and read again, is the same.
extension FuzzedDecoder {
    static let firewall: [FuzzedDecoder] = [
        .init("JSONText", json),
        .init("PolicyFile", policy),
        .init("ControlRequest") { bytes in
            let request = try ControlRequest(parsing: bytes)
            return try ControlRequest(parsing: Array(request.line.utf8)) == request ? bytes : []
        },
        .init("ControlAnswer") { bytes in
            let answer = try ControlAnswer(parsing: bytes)
            return try ControlAnswer(parsing: Array(answer.line.utf8)).line == answer.line ? bytes : []
        },
        .init("BanState", bans),
        .init("FeedMeta") { bytes in
            let meta = try FeedMeta(parsing: bytes)
            return try FeedMeta(parsing: meta.json.pretty.utf8) == meta ? bytes : []
        },
        .init("FeedList.feodoText") { try feed(.feodoText, $0) },
        .init("FeedList.feodoCSV") { try feed(.feodoCSV, $0) },
        .init("FeedList.feodoJSON") { try feed(.feodoJSON, $0) },
        .init("FeedList.spamhausDrop") { try feed(.spamhausDrop, $0) },
        .init("FeedList.plain") { try feed(.plain, $0) },
        .init("AddressWords", words),
        .init("LoggedPacket", packet),
    ]

    private struct Unreadable: Error {}

    // MARK: JSON

    private static func json(_ bytes: [UInt8]) throws -> [UInt8] {
        let node = try JSONNode(parsing: bytes)
        let json = written(node)
        for text in [json.compact, json.pretty] {
            guard written(try JSONNode(parsing: text)) == json else { return [] }
        }
        return json.compact.contains("\n") ? [] : bytes
    }

    /// - Returns: numbers as strings, since what they mean is the reader's.
    private static func written(_ node: JSONNode) -> JSON {
        switch node.value {
        case .null: .null
        case .bool(let bool): .bool(bool)
        case .number(let text): .string(text)
        case .string(let text): .string(text)
        case .array(let nodes): .array(nodes.map(written))
        case .object(let members): .object(JSONFields(members.map { ($0.name, written($0.value)) }))
        }
    }

    // MARK: Files

    private static func policy(_ bytes: [UInt8]) throws -> [UInt8] {
        let policy = try Policy(parsing: bytes, name: "policy.json")
        guard try Policy(parsing: policy.json, name: "policy.json") == policy else { return [] }
        guard policy.changes(to: policy).isEmpty else { return [] }
        _ = (policy.lint(now: 1_700_000_000), Policy.standard.changes(to: policy), policy.changes(to: Policy()))
        return FuzzedRulesets.isWhole(policy, bytes) ? bytes : []
    }

    private static func bans(_ bytes: [UInt8]) throws -> [UInt8] {
        let state = try BanState(json: JSONNode(parsing: bytes))
        guard try BanState(json: JSONNode(parsing: state.json.compact)) == state else { return [] }
        let now = BanTime(wall: 1_700_000_000_000, steady: 5_000)
        for boot in [state.boot, "another"] {
            var book = BanBook()
            book.restore(state, now, boot: boot)
            let active = book.active(now)
            guard active.allSatisfy({ $0.until > now.wall && $0.since <= now.wall }) else { return [] }
            _ = book.expire(BanTime(wall: .max, steady: .max))
            guard book.active(BanTime(wall: .max, steady: .max)).isEmpty else { return [] }
        }
        return bytes
    }

    // MARK: Feeds

    /// As one, and in pieces as long as its bytes say.
    private static func feed(_ format: FeedSource.Format, _ bytes: [UInt8]) throws -> [UInt8] {
        var whole = FeedParser(format)
        var content: FeedContent?
        do {
            try whole.consume(bytes)
            content = try whole.finish()
        } catch {}
        var pieces = FeedParser(format)
        var parted: FeedContent?
        do {
            var rest = bytes[...]
            while let first = rest.first {
                let count = min(rest.count, Int(first) % 13 + 1)
                try pieces.consume(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            parted = try pieces.finish()
        } catch {}
        guard content == parted else { return bytes.isEmpty ? [0] : [] }
        guard let content else { throw Unreadable() }
        let list = content.list
        guard list.union(list) == list, list.joined().covered4 == list.covered4, isOrdered(list) else { return [] }
        let facts = HostFacts(ownAddresses: [IPAddress(ipv4: 0xC000_0201)], gateways: [IPAddress(ipv4: 0xC000_02FE)])
        let kept = FeedSanity(facts: facts).filter(content).list
        return facts.ownAddresses.contains { kept.contains($0) } ? [] : bytes
    }

    private static func isOrdered(_ list: FeedList) -> Bool {
        zip(list.hosts4, list.hosts4.dropFirst()).allSatisfy { $0 < $1 }
            && zip(list.ranges4, list.ranges4.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
            && zip(list.hosts6, list.hosts6.dropFirst()).allSatisfy { $0 < $1 }
            && zip(list.ranges6, list.ranges6.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound }
    }

    // MARK: Words

    /// Every line as whatever somebody may write by hand.
    private static func words(_ bytes: [UInt8]) throws -> [UInt8] {
        var prefixes: [IPPrefix] = []
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            if let prefix = IPPrefix(line) {
                guard IPPrefix("\(prefix)") == prefix, prefix.first <= prefix.last else { return [] }
                if prefixes.count < 64 { prefixes.append(prefix) }
            }
            if let address = IPAddress(line), IPAddress("\(address)") != address { return [] }
            if let ports = try? PortText.parse(line), try PortText.parse(PortText.text(ports)) != ports { return [] }
            if let span = try? TimeSpan(parsing: line), try TimeSpan(parsing: span.description) != span { return [] }
            if let time = UTCTime(line), UTCTime(time.description) != time || time.description != line { return [] }
            if let ssh = SSHConnection(String(line)), SSHConnection(ssh.description) != ssh { return [] }
            let reason = LogReason(prefix: String(line))
            guard LogReason(prefix: reason.prefix) == reason else { return [] }
            _ = NearestName.name(to: line, among: ["whitelist", "blacklist", "rules"])
        }
        return isAlgebra(prefixes) ? bytes : []
    }

    /// Whether sets out of these prefixes keep the laws of sets.
    private static func isAlgebra(_ prefixes: [IPPrefix]) -> Bool {
        let (left, right) = (
            AddressSet(prefixes.prefix(prefixes.count / 2)), AddressSet(prefixes.suffix(prefixes.count / 2))
        )
        let (both, rest) = (left.intersection(right), left.subtracting(right))
        return both.union(rest) == left && rest.intersection(right).isEmpty && left.union(right).contains(right)
            && AddressSet(left.prefixes) == left
    }

    private static func packet(_ bytes: [UInt8]) throws -> [UInt8] {
        let packet = LoggedPacket(prefix: "cfw:deny", payload: bytes[...], time: 0)
        // A slice knows its place in a larger buffer.
        let again = LoggedPacket(
            prefix: "cfw:deny", payload: ([1, 2, 3] + bytes + [4]).dropFirst(3).dropLast(), time: 0)
        guard packet == again else { return bytes.isEmpty ? [0] : [] }
        guard packet.source != nil else { throw Unreadable() }
        return bytes
    }
}
