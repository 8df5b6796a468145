/// What no list may block, whoever publishes it: what the machine lives on, whom the administrator trusts, and networks so wide that
/// no list can mean them.
package struct FeedSanity: Hashable, Sendable {
    /// What is left of a list, and a sentence for everything that was taken out.
    package struct Result: Hashable, Sendable {
        package var list: FeedList
        /// At most ``FeedSanity/mostRefusals``, each naming an entry and why it is not used; then one that says how many more.
        package var refusals: [String]
        /// How many entries were refused.
        package var refused: Int
        /// Entries in private and reserved networks, which nobody may use on the internet: left out without alarm.
        package var reserved: Int
        /// The list as a whole covers more than any should: ``list`` is empty.
        package var isRefused: Bool
    }

    /// An IPv4 network of /8: the widest that was ever handed out.
    package static let widest4: UInt32 = 1 << 24
    /// An IPv6 network of /19: the widest that operators hold, but for a handful. A whole /16 such as 2001::/16 has
    /// thousands of owners.
    package static let widest6: UInt128 = 1 << 109
    /// Sentences in a result.
    package static let mostRefusals = 20
    /// IPv4 addresses that a list may cover in all: a sixteenth. Those in use cover far less than a hundredth.
    package static let most4: UInt64 = 1 << 28
    /// Networks of 64 bits that a list may cover in all: as many as a /12 has, a registry's whole stock.
    package static let most6: UInt128 = 1 << 52

    /// Addresses that must not be cut, and why.
    private struct Guarded: Hashable, Sendable {
        var range: ClosedRange<IPAddress>
        var reason: String

        init(_ range: ClosedRange<IPAddress>, _ reason: String) {
            self.range = range
            self.reason = reason
        }
    }

    private let guarded: [Guarded]
    /// All that ``guarded`` holds, to be asked quickly.
    private let untouchable: FeedList
    private let reserved: FeedList

    /// - Parameters:
    ///   - facts: what the machine lives on.
    ///   - whitelist: whom nothing blocks.
    ///   - keepsReserved: whether private networks may be listed: for a list of one's own, not for one that strangers publish.
    package init(facts: HostFacts, whitelist: [ListEntry] = [], keepsReserved: Bool = false) {
        var all = Self.loopback.map { Guarded($0.range, "it covers loopback") }
        all += facts.ownAddresses.map { Guarded($0...$0, "it covers this machine's address \($0)") }
        all += facts.gateways.map { Guarded($0...$0, "it covers the gateway \($0)") }
        all += facts.dnsServers.map { Guarded($0...$0, "it covers the DNS server \($0)") }
        all += whitelist.map { Guarded($0.prefix.range, "it covers \($0.prefix), which is on the whitelist") }
        if let ssh = facts.ssh {
            all.append(Guarded(ssh.client...ssh.client, "an administrator is connected from \(ssh.client)"))
        }
        all += facts.connectedPeers.map {
            Guarded($0...$0, "\($0) is connected at present; if it is no friend, block it by hand")
        }
        guarded = all
        untouchable = FeedList(all.map(\.range))
        reserved = keepsReserved ? FeedList() : FeedList(Self.reservedNetworks.map(\.range))
    }

    /// What of a list may be loaded. A list that is given away is not copied.
    package func filter(_ content: consuming FeedContent) -> Result {
        var refusals = content.tooWide.map { "\($0) is not used: it is too wide for any list" }
        var refused = content.tooWideCount
        var reservedCount = 0
        func keeps(_ isReserved: Bool, _ isMixed: Bool, _ isGuarded: Bool, _ range: () -> ClosedRange<IPAddress>)
            -> Bool
        {
            if isReserved { reservedCount += 1 }
            guard !isReserved, isMixed || isGuarded else { return !isReserved }
            refused += 1
            if refusals.count < Self.mostRefusals {
                let range = range()
                let reason = guarded.first { $0.range.overlaps(range) }?.reason
                refusals.append(
                    "\(Self.words(range)) is not used: \(reason ?? "it covers private or reserved networks")")
            }
            return false
        }
        var list = FeedList()
        swap(&list, &content.list)
        list.filter(
            ipv4: { range in
                keeps(reserved.contains(range), reserved.overlaps(range), untouchable.overlaps(range)) {
                    IPAddress(ipv4: range.lowerBound)...IPAddress(ipv4: range.upperBound)
                }
            },
            ipv6: { range in
                keeps(reserved.contains(range), reserved.overlaps(range), untouchable.overlaps(range)) {
                    IPAddress(ipv6: range.lowerBound)...IPAddress(ipv6: range.upperBound)
                }
            })
        if refused > refusals.count { refusals.append("\(refused - refusals.count) more entries are not used") }
        guard list.covered4 <= Self.most4, list.covered6 <= Self.most6 else {
            refusals.append(
                "the list is not used at all: it covers more of the internet than any list of attackers can mean")
            return Result(
                list: FeedList(), refusals: refusals, refused: refused, reserved: reservedCount, isRefused: true)
        }
        return Result(list: list, refusals: refusals, refused: refused, reserved: reservedCount, isRefused: false)
    }

    /// The same, for a list without more words about it.
    package func filter(_ list: FeedList) -> Result { filter(FeedContent(list: list, entries: list.count)) }

    /// A range as a network where it is one.
    private static func words(_ range: ClosedRange<IPAddress>) -> String {
        let prefixes = IPPrefix.covering(range)
        return prefixes.count == 1 ? "\(prefixes[0])" : "\(range.lowerBound)-\(range.upperBound)"
    }

    private static let loopback = ["127.0.0.0/8", "::1"].compactMap { IPPrefix($0) }

    /// Networks that nobody has on the internet (RFC 6890), as far as somebody may have them at home. Those for
    /// documentation are not among them: nobody has them, and examples use them.
    private static let reservedNetworks = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3",
        // All but 2000::/3: loopback, NAT64, private, link-local, multicast.
        "::/3", "4000::/2", "8000::/1",
    ].compactMap { IPPrefix($0) }
}
