/// What became of a report or of a wish to ban.
package enum BanOutcome: Hashable, Sendable {
    /// These addresses are to be kept out until then: the ban is new, longer than before, or covers more of the host. The kernel's elements for all of its targets have
    /// to be set again, as some may be there with less time.
    case banned(Ban)
    /// The host is banned already, and the report changes nothing.
    case standing(Ban)
    /// It counts, and is not enough yet: of `needed` thousandths of a point there are `points`.
    case strike(points: Int, needed: Int)
    case refused(BanRefusal)
}

/// Why somebody is not banned, whatever is reported.
package enum BanRefusal: Hashable, Sendable, CustomStringConvertible {
    case whitelisted(IPAddress, IPPrefix)
    /// Loopback, unspecified, link-local IPv6, multicast, broadcast: no host on the network.
    case notAHost(IPAddress)
    case own(IPAddress)
    case gateway(IPAddress)
    case nameServer(IPAddress)
    /// The evidence can be forged, and a member uses the address.
    case trusted(IPAddress)
    /// More than a host: a matter for the blacklist.
    case network(IPPrefix)
    case noAddress

    package var description: String {
        switch self {
        case .whitelisted(let address, let prefix):
            address.description == prefix.description
                ? "\(address) is on the whitelist, which always wins"
                : "\(address) is on the whitelist (\(prefix)), which always wins"
        case .notAHost(let address): "\(address) is not the address of a host on the network"
        case .own(let address): "\(address) belongs to this machine, or shares its IPv6 network of 64 bits"
        case .gateway(let address):
            "\(address) is, or shares 64 bits with, the gateway: a ban would cut this machine off"
        case .nameServer(let address): "\(address) is, or shares 64 bits with, a name server of this machine"
        case .trusted(let address):
            "\(address) was used by a member within a day, and the evidence could be forged by somebody else"
        case .network(let prefix):
            "\(prefix) is more than a host; for networks use: conclave-firewall blacklist add \(prefix)"
        case .noAddress: "no address is named"
        }
    }
}

/// Somebody authenticated.
package struct BanAdmission: Hashable, Sendable {
    /// Whose connections are welcome.
    package var addresses: [IPAddress]
    /// For so long, in milliseconds.
    package var lifetime: Int64
    /// Bans that rested on evidence that could be forged, and are lifted by this.
    package var lifted: [Ban]
}
