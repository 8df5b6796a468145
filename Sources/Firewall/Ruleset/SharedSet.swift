/// The sets that no policy owns: they, and what is in them, outlive every reload.
package enum SharedSet {
    /// Families for which the policy on trial is in force.
    package static let trial = NamedSet(Ruleset.trialSet, key: .family, hasTimeouts: true, size: 2)
    /// Families whose connections may be older than the table.
    package static let older = NamedSet(Ruleset.olderSet, key: .family, hasTimeouts: true, size: 2)
    /// How long after the table was made that is so, in milliseconds: who is silent for longer begins anew.
    package static let olderTime: UInt64 = 300_000
    /// Banned hosts.
    package static let ban4 = NamedSet("ban4", key: .address(.ipv4), hasTimeouts: true, size: 1 << 20)
    /// Banned networks, by their first 64 bits.
    package static let ban6 = NamedSet("ban6", key: .address(.ipv6), hasTimeouts: true, size: 1 << 20)
    /// Hosts from which a member has authenticated.
    package static let auth4 = NamedSet("auth4", key: .address(.ipv4), hasTimeouts: true, size: 1 << 16)
    /// Networks from which a member has authenticated, by their first 64 bits.
    package static let auth6 = NamedSet("auth6", key: .address(.ipv6), hasTimeouts: true, size: 1 << 16)

    /// In the order in which they are created.
    package static let all = [trial, older, ban4, ban6, auth4, auth6]

    package static func ban(_ family: AddressFamily) -> NamedSet { family == .ipv4 ? ban4 : ban6 }
    package static func authenticated(_ family: AddressFamily) -> NamedSet { family == .ipv4 ? auth4 : auth6 }

    /// Bits by which IPv6 hosts are told apart in bans and authentication: what a provider gives to one household.
    package static let hostBits6 = 64

    /// The field under which bans and authenticated sources are looked up.
    package static func hostField(_ side: Statement.Side, _ family: AddressFamily) -> Statement.AddressField {
        Statement.AddressField(side, family, prefix: family == .ipv4 ? 32 : hostBits6)
    }

    /// What is put into a set of hosts: an IPv4 host, or the first address of an IPv6 network of 64 bits. `nil` for
    /// networks that are larger: they belong on the blacklist.
    package static func hostKey(_ prefix: IPPrefix) -> IPAddress? {
        switch prefix.family {
        case .ipv4: prefix.isHost ? prefix.first : nil
        case .ipv6: prefix.length >= hostBits6 ? IPPrefix(prefix.first, length: hostBits6).first : nil
        }
    }
}
